"""What Microsoft.Authorization and Microsoft.PolicyInsights share: api-versions, scopes, filters, who changed what."""

import re

from sandbox.arm.azure import Azure, Reply, Request
from sandbox.arm.errors import ArmError, bad_request
from sandbox.arm.ids import ResourceId
from sandbox.arm.policy.scopes import Hierarchy, hierarchy_of, management_group_name
from sandbox.arm.words import words

POLICY_VERSIONS = words(
    """
    2015-10-01-preview 2016-04-01 2016-12-01 2017-06-01-preview 2018-03-01 2018-05-01 2019-01-01 2019-06-01
    2019-09-01 2020-03-01 2020-08-01 2020-09-01 2021-06-01 2022-06-01 2023-04-01 2024-04-01 2024-05-01 2025-01-01
    2025-03-01 2025-11-01 2025-12-01-preview 2026-01-01-preview 2026-06-01 2026-07-01
    """
)
ROLE_VERSIONS = words(
    """
    2015-05-01-preview 2015-06-01 2015-07-01 2017-10-01-preview 2018-01-01-preview 2018-05-01-preview
    2018-07-01 2018-09-01-preview 2020-03-01-preview 2020-04-01-preview 2020-08-01-preview 2020-10-01-preview
    2022-01-01-preview 2022-04-01 2022-05-01-preview
    """
)


def check_scope(azure: Azure, resource_id: ResourceId) -> Hierarchy:
    """Check that everything an id hangs on exists, its management group included; return the management groups.

    Raises ArmError (404): ManagementGroupNotFound, SubscriptionNotFound, ResourceGroupNotFound or ResourceNotFound.
    """
    azure.check_parents(resource_id)
    hierarchy = hierarchy_of(azure.store)
    name = management_group_name(resource_id.text)
    if name is not None and name not in hierarchy.groups:
        raise ArmError(
            404,
            "ManagementGroupNotFound",
            f"The management group '{name}' could not be found. In the local Azure, management groups are those in the "
            "managementGroupAncestorsChain of the seeded subscriptions.",
        )
    return hierarchy


def check_listed_scope(azure: Azure, scope: ResourceId | None) -> Hierarchy:
    """Check that the scope of a list exists; None is the tenant."""
    if scope is None:
        return hierarchy_of(azure.store)
    hierarchy = check_scope(azure, scope)
    if management_group_name(scope.text) is None:
        azure.existing(scope)
    return hierarchy


def delete_assignment(request: Request) -> Reply:
    """Answer a DELETE of a policy or role assignment: 200 with what it was, 204 where there was nothing."""
    check_scope(request.azure, request.resource_id)
    found = request.azure.store.get(request.resource_id)
    if found is None:
        return Reply(204)
    request.azure.remove(found.id)
    return Reply(200, request.azure.present(found))


def unsupported_filter(text: str, modelled: str) -> ArmError:
    """Return the refusal of a filter that the local Azure does not model."""
    return bad_request(
        "InvalidFilterInQueryString",
        f"The filter '{text}' in the query string is not supported by the local Azure. It models: {modelled}.",
    )


def quoted(pattern: str, text: str) -> str | None:
    """Return the quoted value in `text` where it is of the form `pattern 'value'` (or `pattern('value')`), or None."""
    found = re.fullmatch(rf"\s*{pattern}\s*\(?\s*'([^']*)'\s*\)?\s*", text, re.IGNORECASE)
    return found.group(1) if found else None

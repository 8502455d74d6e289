"""The inventory as Azure has it now: Resource Graph, asked page by page with the user's own login.

Needs the optional packages `azure-identity` and `azure-mgmt-resourcegraph` (the extra `azure`), which are imported only
here. azure-core waits and asks again where the service throttles.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, cast

from patching.faults import NOTHING, Findings, Found, found
from patching.inventory_file import QUERY, SUBSCRIPTIONS_QUERY, Page
from patching.limits import Environment
from patching.plain_data import as_list, as_map

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

SOURCE = "azure"
_PAGE_SIZE = 1000
"""The most rows of one answer. Source: Microsoft Learn, "Azure Resource Graph: paging results"."""
_MOST_SUBSCRIPTIONS = 1000
"""The most subscriptions of one query. Source: Microsoft Learn, "Azure Resource Graph: run queries", its limits."""
_PACKAGES = "azure-identity azure-mgmt-resourcegraph"


@dataclass(frozen=True, slots=True)
class _Cloud:
    """A cloud's names: of azure-core's `AzureClouds`, and of azure-identity's `AzureAuthorityHosts`."""

    name: str
    authority: str


_CLOUDS = {
    Environment.PUBLIC: _Cloud("AZURE_PUBLIC_CLOUD", "AZURE_PUBLIC_CLOUD"),
    Environment.US_GOVERNMENT: _Cloud("AZURE_US_GOVERNMENT", "AZURE_GOVERNMENT"),
    Environment.CHINA: _Cloud("AZURE_CHINA_CLOUD", "AZURE_CHINA"),
}


def machines_on_azure(
    subscriptions: Sequence[str],
    environment: Environment,
    findings: Findings,
    *,
    credential: "TokenCredential | None" = None,
    **client_options: Any,
) -> list[Page]:
    """The machines of some subscriptions, and the subscriptions' own rows, which name their management groups.

    Resource Graph leaves out what the login may not read and says nothing: a subscription without a row of its own is a
    warning. The arguments are those of `ask_resource_graph`.
    """
    pages = ask_resource_graph(
        (QUERY, SUBSCRIPTIONS_QUERY), subscriptions, environment, findings, credential=credential, **client_options
    )
    seen = {str(columns.get("id")).lower() for page in pages for row in page.rows if (columns := as_map(row))}
    for subscription in subscriptions if not findings.faults else ():
        if f"/subscriptions/{subscription.lower()}" not in seen:
            expected = "a subscription that the login may read: none of its machines is known"
            findings.warn(SOURCE, subscription, expected, "give the login the role Reader there")
    return pages


def ask_resource_graph(
    queries: Sequence[str],
    subscriptions: Sequence[str] | None,
    environment: Environment,
    findings: Findings,
    *,
    credential: "TokenCredential | None" = None,
    **client_options: Any,
) -> list[Page]:
    """Every page of the answers to some queries; none, and a fault, where Azure does not answer.

    Without subscriptions, all are asked that the login may read. Without a credential, azure-identity's
    `DefaultAzureCredential` finds one: `az login` is enough. `client_options` are azure-core's, such as `transport`.
    """
    try:
        from azure.core import AzureClouds  # noqa: PLC0415 (an optional package)
        from azure.core.exceptions import AzureError  # noqa: PLC0415
        from azure.identity import AzureAuthorityHosts, DefaultAzureCredential  # noqa: PLC0415
        from azure.mgmt.resourcegraph import ResourceGraphClient  # noqa: PLC0415
    except ImportError as error:
        got = Found(f"no package {error.name or 'of Azure'}", literal=False)
        findings.fault(SOURCE, got, "the packages that ask Azure", f"run `pip install {_PACKAGES}`")
        return []
    cloud = _CLOUDS[environment]
    if credential is None:
        credential = DefaultAzureCredential(authority=getattr(AzureAuthorityHosts, cloud.authority))
    client = ResourceGraphClient(credential, cloud_setting=AzureClouds[cloud.name], **client_options)
    pages: list[Page] = []
    try:
        with client:
            for query, some in product(queries, _some_at_a_time(subscriptions)):
                pages += _every_page(client, some, query)
    except AzureError as error:
        _refused(error, findings)
        return []
    return pages


def _some_at_a_time(subscriptions: Sequence[str] | None) -> list[list[str] | None]:
    if subscriptions is None:
        return [None]
    starts = range(0, len(subscriptions), _MOST_SUBSCRIPTIONS)
    return [list(subscriptions[start : start + _MOST_SUBSCRIPTIONS]) for start in starts]


def _every_page(client: Any, subscriptions: list[str] | None, query: str) -> list[Page]:
    from azure.mgmt.resourcegraph.models import QueryRequest, QueryRequestOptions  # noqa: PLC0415 (an optional package)

    pages: list[Page] = []
    token: str | None = None
    while True:
        options = QueryRequestOptions(top=_PAGE_SIZE, skip_token=token, result_format="objectArray")
        answer: Any = client.resources(QueryRequest(query=query, subscriptions=subscriptions, options=options))
        pages.append(Page(SOURCE, as_list(answer.data) or ()))
        token = answer.skip_token
        if not token:
            return pages


def _refused(error: Exception, findings: Findings) -> None:
    """Azure's refusal in its own words, the first line of them."""
    from azure.core.exceptions import ClientAuthenticationError, HttpResponseError  # noqa: PLC0415

    message = next(iter(str(cast("Any", error).message or error).splitlines()), "")
    if isinstance(error, ClientAuthenticationError):
        expected, fix = "a login that Azure takes", "run `az login`, or set AZURE_CLIENT_ID and its like"
    elif isinstance(error, HttpResponseError):
        status = f"status {error.status_code}: " if error.status_code else ""
        message, expected = f"{status}{message}", "an answer of Resource Graph"
        fix = "see that the login may read every subscription of the stack"
    else:
        expected, fix = "an answer of Resource Graph", "see that Azure can be reached from here"
    findings.fault(SOURCE, found(message) if message else NOTHING, expected, fix)

"""The words of a policy of the stack file that are its own: the identity it acts as, and a definition's version."""

import re

from patching.arm_ids import ArmIdError, parse_resource_id
from patching.settings.values import Refused, text

_IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"
_IDENTITY_EXAMPLE = (
    f"/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-identities/providers/{_IDENTITY}/patching"
)
_VERSION = re.compile(r"\d+\.(\*\.\*|\d+\.(\*|\d+))")
"""Source: learn.microsoft.com/azure/governance/policy/concepts/assignment-structure, policy definition version."""


def user_assigned_identity(value: object) -> str:
    """The ARM id of a user-assigned identity."""
    written = text(value)
    expected = "the ARM id of a user-assigned identity"
    try:
        parsed = parse_resource_id(written)
    except ArmIdError as error:
        raise Refused(f"{expected} ({error})", "copy its id from Azure", _IDENTITY_EXAMPLE) from error
    named = f"{parsed.provider}/{parsed.resource_type}"
    if named.lower() != _IDENTITY.lower():
        raise Refused(f"{expected}, which {named} is not", "copy its id from Azure", _IDENTITY_EXAMPLE)
    return written


def definition_version(value: object) -> str:
    """The version of a policy definition, or a pattern of versions: `4.*.*`, `4.10.*`."""
    written = text(value)
    if not is_definition_version(written):
        raise Refused("a version with three parts, the last ones possibly *", "write it as Azure does", "4.*.*")
    return written


def is_definition_version(written: str) -> bool:
    """Whether a text has the form of a definition's version, or of a pattern of versions."""
    return bool(_VERSION.fullmatch(written))

"""Managed identities of resources: a principal for each system-assigned one, that stays as long as it is assigned."""

import uuid
from typing import Any

from sandbox.arm.azure import TENANT_ID
from sandbox.arm.bodies import mapping_at
from sandbox.arm.errors import bad_request
from sandbox.arm.store import Resource

_KINDS = {
    "none": "None",
    "systemassigned": "SystemAssigned",
    "userassigned": "UserAssigned",
    "systemassigned,userassigned": "SystemAssigned, UserAssigned",
}


def identity_of(given: dict[str, Any] | None, found: Resource | None) -> dict[str, Any] | None:
    """Return the identity that a resource has after a write, None for none.

    Raises ArmError (400 InvalidIdentity) for a type that is none.
    """
    if not given:
        return None
    kind = _KINDS.get(str(given.get("type") or "").replace(" ", "").lower())
    if kind is None:
        raise bad_request("InvalidIdentity", f"The identity type '{given.get('type')}' is not valid.")
    if kind == "None":
        return None
    earlier: dict[str, Any] = (found.document.get("identity") if found else None) or {}
    identity: dict[str, Any] = {"type": kind}
    if kind.startswith("SystemAssigned"):
        identity |= {"principalId": earlier.get("principalId") or str(uuid.uuid4()), "tenantId": TENANT_ID}
    if kind.endswith("UserAssigned"):
        empty: dict[str, Any] = {}
        identity["userAssignedIdentities"] = dict.fromkeys(mapping_at(given, "userAssignedIdentities"), empty)
    return identity

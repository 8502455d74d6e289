"""Checks a policy assignment as Azure does when it is made, before anything is stored.

The codes are those on record in public issues (Azure/azure-powershell 8992 and 11996,
Azure/enterprise-azure-policy-as-code 58, 246, 753 and 1076, salesforce/cloud-guardrails 53, MicrosoftDocs/azure-docs
119057); the limits are those of learn.microsoft.com/azure/governance/policy/concepts/assignment-structure.
"""

import re
from collections.abc import Mapping
from typing import Any, cast

from sandbox.arm.bodies import Shape, check, without_nulls
from sandbox.arm.errors import ArmError, bad_request
from sandbox.arm.ids import ResourceId, parse
from sandbox.arm.policy.assignments import read_assignment
from sandbox.arm.policy.definitions import (
    EFFECT_NAMES,
    REMEDIABLE,
    REQUIRED,
    Definition,
    DefinitionSet,
    Parameter,
    find_definition,
)
from sandbox.arm.policy.scopes import MANAGEMENT_GROUPS
from sandbox.arm.words import words

_NAME = re.compile(r"[^<>%&:\\?/]*[^<>%&:\\?/ ]")
_LONGEST_NAME = 64
_LONGEST_NAME_AT_MANAGEMENT_GROUPS = 24
_LONGEST = {"displayName": 128, "description": 512}
_LONGEST_METADATA_VALUE = 1024
_MOST = {"notScopes": 400, "resourceSelectors": 10, "overrides": 10}
_MOST_SELECTOR_VALUES = 50
_KINDS: Mapping[str, type] = {"string": str, "array": list, "object": dict}
_JSON_TYPES = {
    "bool": "Boolean",
    "int": "Integer",
    "float": "Float",
    "str": "String",
    "list": "Array",
    "dict": "Object",
}
_SELECTOR = {"kind": str, "in": [str], "notIn": [str]}
_SELECTOR_KINDS = words(
    "policyDefinitionReferenceId resourceLocation resourceType resourceWithoutLocation userPrincipalId groupPrincipalId"
)
_SHAPE: Shape = {
    "location": str,
    "identity": {"type": frozenset({"SystemAssigned", "UserAssigned", "None"}), "userAssignedIdentities": {}},
    "properties": {
        "displayName": str,
        "description": str,
        "metadata": {},
        "policyDefinitionId": str,
        "definitionVersion": str,
        "notScopes": [str],
        "parameters": {str: {}},
        "enforcementMode": frozenset({"Default", "DoNotEnforce", "Enroll"}),
        "nonComplianceMessages": [{"message": str, "policyDefinitionReferenceId": str}],
        "resourceSelectors": [{"name": str, "selectors": [_SELECTOR]}],
        "overrides": [
            {"kind": frozenset({"policyEffect", "definitionVersion"}), "value": str, "selectors": [_SELECTOR]}
        ],
    },
}


def invalid_request(message: str) -> ArmError:
    """Return Azure's general refusal of a policy assignment."""
    return bad_request("InvalidCreatePolicyAssignmentRequest", f"The policy assignment request is invalid. {message}")


def _invalid_shape(path: str, reason: str) -> ArmError:
    return invalid_request(f"'{path}' {reason}.")


def check_name(assignment_id: ResourceId) -> None:
    """Check an assignment's name.

    Raises ArmError (400 InvalidPolicyAssignmentName).
    """
    name = assignment_id.name
    at_group = parse(assignment_id.scope).is_type(MANAGEMENT_GROUPS)
    longest = _LONGEST_NAME_AT_MANAGEMENT_GROUPS if at_group else _LONGEST_NAME
    if len(name) > longest:
        raise bad_request(
            "InvalidPolicyAssignmentName",
            f"The policy assignment name '{name}' is invalid. "
            f"The policy assignment name length must not exceed '{longest}' characters.",
        )
    if not _NAME.fullmatch(name):
        raise bad_request(
            "InvalidPolicyAssignmentName",
            f"The policy assignment name '{name}' is invalid. "
            "It must not hold any of <>%&:\\?/ and must not end in a space.",
        )


def check_assignment(assignment_id: ResourceId, body: Mapping[str, Any]) -> None:
    """Check everything about an assignment but its identity, its name, and what needs the store.

    Raises ArmError: 400 with the code of the fault, 404 PolicyDefinitionNotFound or PolicySetDefinitionNotFound.
    """
    check(body, _SHAPE, refuse=_invalid_shape)
    properties: Mapping[str, Any] = without_nulls(body.get("properties") or {})
    _check_lengths(properties)
    assigned = _assigned(properties.get("policyDefinitionId"))
    if isinstance(properties.get("definitionVersion"), str):
        effective_version(assigned, properties["definitionVersion"])
    check_parameters(assignment_id.name, assigned, properties.get("parameters") or {})
    for scope in properties.get("notScopes") or ():
        parse(scope)
    for message in properties.get("nonComplianceMessages") or ():
        _check_message(assigned, message)
    for group in (*(properties.get("resourceSelectors") or ()), *(properties.get("overrides") or ())):
        for selector in group.get("selectors") or ():
            _check_selector(selector)


def _check_lengths(properties: Mapping[str, Any]) -> None:
    for key, longest in _LONGEST.items():
        if len(properties.get(key) or "") > longest:
            raise invalid_request(f"'{key}' has {len(properties[key])} characters; the maximum is {longest}.")
    for key, most in _MOST.items():
        if len(properties.get(key) or ()) > most:
            raise invalid_request(f"'{key}' has {len(properties[key])} entries; the maximum is {most}.")
    metadata: Mapping[str, object] = properties.get("metadata") or {}
    for key, value in metadata.items():
        if isinstance(value, str) and len(value) > _LONGEST_METADATA_VALUE:
            raise invalid_request(
                f"The metadata property '{key}' has {len(value)} characters; the maximum is {_LONGEST_METADATA_VALUE}."
            )


def _assigned(definition_id: object) -> Definition | DefinitionSet:
    if not isinstance(definition_id, str) or not definition_id:
        raise invalid_request("The property 'policyDefinitionId' is missing.")
    definition = parse(definition_id)
    is_set = definition.is_type("Microsoft.Authorization/policySetDefinitions")
    if not is_set and not definition.is_type("Microsoft.Authorization/policyDefinitions"):
        raise invalid_request(f"'{definition_id}' is not the id of a policy definition or a policy set definition.")
    found = find_definition(definition_id)
    if found is None:
        code, kind = (
            ("PolicySetDefinitionNotFound", "set definition") if is_set else ("PolicyDefinitionNotFound", "definition")
        )
        raise ArmError(
            404,
            code,
            f"The policy {kind} '{definition.name}' could not be found. "
            "The local Azure has the built-in definitions of Azure Update Manager only.",
        )
    return found


def effective_version(assigned: Definition | DefinitionSet, wanted: str | None) -> str:
    """Return the newest published version that a pin such as `4.*.*` or `4.10.*` allows; None is the newest major.

    Raises ArmError: 400 for a pin of another form, 404 where no version fits.
    """
    if wanted is None:
        return assigned.versions[0]
    if not re.fullmatch(r"\d+\.(\*\.\*|\d+\.(\*|\d+))(-preview)?", wanted, re.IGNORECASE):
        raise invalid_request(f"The definition version '{wanted}' is not of the form '1.*.*', '1.2.*' or '1.2.3'.")
    pattern = re.escape(wanted.lower()).replace(r"\*", r"\d+")
    for version in assigned.versions:
        if re.fullmatch(pattern, version):
            return version
    raise ArmError(
        404,
        "PolicyDefinitionVersionNotFound",
        f"The version '{wanted}' of '{assigned.name}' could not be found. It has: {', '.join(assigned.versions)}.",
    )


def check_parameters(name: str, assigned: Definition | DefinitionSet, given: Mapping[str, Mapping[str, Any]]) -> None:
    """Check the parameter values of an assignment: none unknown, none missing, each of its type and allowed.

    Raises ArmError (400): UndefinedPolicyParameter, MissingPolicyParameter, InvalidPolicyParameterType or
    PolicyParameterValueNotAllowed. Allowed values are compared with case, names of parameters without.
    """
    known = {key.lower(): (key, one) for key, one in assigned.parameters.items()}
    unknown = sorted(key for key in given if key.lower() not in known)
    kind = "policy set definition" if isinstance(assigned, DefinitionSet) else "policy definition"
    if unknown:
        raise bad_request(
            "UndefinedPolicyParameter",
            f"The policy assignment '{name}' is attempting to assign the parameter(s) '{','.join(unknown)}' "
            f"which are not defined in the {kind} '{assigned.name}'.",
        )
    present = {key.lower() for key, one in given.items() if one.get("value") is not None}
    missing = sorted(
        key for key, one in assigned.parameters.items() if one.default is REQUIRED and key.lower() not in present
    )
    if missing:
        raise bad_request(
            "MissingPolicyParameter",
            f"The policy assignment '{name}' is missing the parameter(s) '{','.join(missing)}' "
            f"as defined in the {kind} '{assigned.name}'.",
        )
    for key, one in given.items():
        if "value" not in one:
            raise invalid_request(f"The parameter '{key}' has no 'value'.")
        spelling, parameter = known[key.lower()]
        _check_value(spelling, parameter, one["value"], f"{kind} '{assigned.name}'")


def _check_value(key: str, parameter: Parameter, value: object, where: str) -> None:
    kind = _KINDS[parameter.kind.lower()]
    if not isinstance(value, kind):
        raise bad_request(
            "InvalidPolicyParameterType",
            f"The policy parameter '{key}' value does not match the expected parameter type defined in the {where}. "
            f"Details: the expected policy parameter type is '{parameter.kind}', "
            f"the actual policy parameter type is '{_JSON_TYPES.get(type(value).__name__, 'Null')}'.",
        )
    if parameter.allowed is None:
        return
    for one in cast("list[object]", value) if isinstance(value, list) else [value]:
        if one not in parameter.allowed:
            raise bad_request(
                "PolicyParameterValueNotAllowed",
                f"The value '{one}' is not allowed for policy parameter '{key}' in {where}. "
                f"The allowed values are '{', '.join(parameter.allowed)}'.",
            )


def _check_message(assigned: Definition | DefinitionSet, message: Mapping[str, Any]) -> None:
    if not message.get("message"):
        raise invalid_request("A non-compliance message has no 'message'.")
    reference = message.get("policyDefinitionReferenceId")
    if not reference:
        return
    known = {one.reference.lower() for one in assigned.members} if isinstance(assigned, DefinitionSet) else set[str]()
    if str(reference).lower() not in known:
        raise invalid_request(
            "The following policy definition reference IDs used in non-compliance messages do not exist "
            f"in the assigned policy set definition: '{reference}'."
        )


def _check_selector(selector: Mapping[str, Any]) -> None:
    if selector.get("kind") not in _SELECTOR_KINDS:
        raise invalid_request(
            f"The selector kind '{selector.get('kind')}' is not one of {', '.join(sorted(_SELECTOR_KINDS))}."
        )
    if bool(selector.get("in")) == bool(selector.get("notIn")) and selector["kind"] != "resourceWithoutLocation":
        raise invalid_request(f"A selector of kind '{selector['kind']}' must have exactly one of 'in' and 'notIn'.")
    if len(selector.get("in") or selector.get("notIn") or ()) > _MOST_SELECTOR_VALUES:
        raise invalid_request(f"A selector has more than {_MOST_SELECTOR_VALUES} values.")


def check_identity(assignment_id: ResourceId, document: Mapping[str, Any]) -> None:
    """Check that what needs an identity has one, and that an identity has a location.

    Raises ArmError (400): ResourceIdentityRequired or LocationRequired. That an identity exists is not checked here.
    """
    identity: Mapping[str, Any] = document.get("identity") or {}
    kind = str(identity.get("type") or "None").lower()
    effects = {part.effect for part in read_assignment(assignment_id, document).parts}
    if kind == "none":
        for effect in sorted(effects & REMEDIABLE):
            raise bad_request(
                "ResourceIdentityRequired",
                f"The policy assignment '{assignment_id.name}' request is invalid. Policy assignments must include "
                f"a resource identity when assigning '{EFFECT_NAMES[effect]}' policy definitions.",
            )
        return
    if str(document.get("location") or "").strip().lower() in ("", "global"):
        raise bad_request(
            "LocationRequired",
            f"The policy assignment '{assignment_id.name}' request is invalid. "
            "The location of its identity must be given, and must be a region, not 'global'.",
        )
    users: Mapping[str, Any] = identity.get("userAssignedIdentities") or {}
    if (kind == "userassigned") != (len(users) == 1):
        raise invalid_request(
            "An identity of type 'UserAssigned' must name exactly one user-assigned identity, one of another type none."
        )

"""Rules on assignments of Update Manager's built-in policies: identity, parameters, and a message."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, cast

from patching.arm_ids import MachineKind
from patching.machines import AssessmentMode, OperatingSystem
from patching.policy_definitions import PolicyDefinition, PolicyKind, definitions_of, plan_assignments
from patching.scopes import TagOperator
from policies.rules.planned import POLICY
from policies.rules.rule import UNKNOWN, Plain, Resource, Rule, a_map, at, last_part

_ASSIGNMENTS = "https://learn.microsoft.com/azure/governance/policy/concepts/assignment-structure"
_AT_SCALE = "https://learn.microsoft.com/azure/update-manager/periodic-assessment-at-scale"
_CONFIGURATION = "maintenanceConfigurationResourceId"
_ALLOWED: Mapping[str, tuple[str, ...]] = {
    "assessmentMode": tuple(AssessmentMode),
    "osType": tuple(OperatingSystem),
    "operatingSystemTypes": tuple(OperatingSystem),
    "tagOperator": tuple(TagOperator),
}
_SHAPES: Mapping[type, str] = {
    str: "text",
    list: "a list",
    dict: 'an object of tags, such as {"env": "prod"}',
}
_PAIRS = 'a list of pairs, such as [{"key": "env", "value": "prod"}]'


def definition_of(policy: Resource) -> tuple[PolicyKind, PolicyDefinition] | None:
    """Which of Update Manager's built-in definitions is assigned; None for any other."""
    written = policy.props.get("policyDefinitionId")
    return _definitions().get(last_part(written)) if isinstance(written, str) else None


@cache
def _definitions() -> Mapping[str, tuple[PolicyKind, PolicyDefinition]]:
    return {one.name: (kind, one) for kind in PolicyKind for one in definitions_of(kind)}


@cache
def _parameters(name: str) -> Mapping[str, object]:
    """The parameters of a definition, each with a value of the right shape: as the core plans an assignment of it."""
    kind, _ = _definitions()[name]
    plans = plan_assignments(
        kind,
        operating_systems=tuple(OperatingSystem),
        machines=tuple(MachineKind),
        configuration_id="id" if kind is PolicyKind.RECURRING_UPDATES else None,
        tags={"env": "prod"},
    )
    return next(one.parameters for one in plans if one.definition.name == name)


def _identity(resource: Resource, _: Plain) -> Iterator[str]:
    identity, location = resource.props.get("identity"), resource.props.get("location")
    found = definition_of(resource)
    kind = at(resource.props, "identity", "type") if identity is not None else None
    has_one = isinstance(kind, str) and kind.lower() not in {"none", ""}
    if identity is None and found and found[1].roles:
        yield (
            f'It assigns "{found[1].display_name}", which changes machines and needs an identity: set identity to '
            '{"type": "SystemAssigned"}, and a location.'
        )
    if has_one and (location is None or (isinstance(location, str) and location.lower() == "global")):
        was = "no location" if location is None else 'the location "global"'
        yield (
            f"It has an identity, but {was}, and Azure refuses that: set location to a region, such as "
            "westeurope, where the identity is to be kept."
        )


def _shape(resource: Resource, _: Plain) -> Iterator[str]:
    found, given = definition_of(resource), resource.props.get("parameters")
    if given is UNKNOWN or found is None:
        return
    right = _parameters(found[1].name)
    parameters = a_map(given)
    for name, parameter in parameters.items():
        if parameter is UNKNOWN:
            continue
        if not isinstance(parameter, dict) or "value" not in parameter:
            yield f'Parameter {name} is not wrapped, and Azure refuses it: write {{"{name}": {{"value": …}}}}.'
            continue
        yield from _fault(name, cast("Plain", parameter)["value"], right, found[1])
    if _CONFIGURATION in right and _CONFIGURATION not in parameters:
        yield f"Parameter {_CONFIGURATION} is missing: set it to the maintenance configuration's id."


def _fault(name: str, value: Any, right: Mapping[str, object], definition: PolicyDefinition) -> Iterator[str]:
    if value is UNKNOWN:
        return
    if name not in right:
        others = {other: one for other in _definitions() if name in (one := _parameters(other))}
        if others:
            known = ", ".join(right) or "none of these"
            yield f'"{definition.display_name}" has no parameter {name}: it takes {known}. Rename or remove it.'
        return
    shape = type(right[name])
    if not isinstance(value, shape):
        wanted = _PAIRS if name == "tagValues" and shape is list else _SHAPES[shape]
        yield f"Parameter {name} has the wrong shape, and Azure refuses it: this definition takes {wanted}."
        return
    allowed = _ALLOWED.get(name, ())
    for one in cast("list[Any]", value) if isinstance(value, list) else [value]:
        if allowed and isinstance(one, str) and one.lower() not in map(str.lower, allowed):
            yield f'Parameter {name} has "{one}", but the definition takes {" or ".join(allowed)}: write one of these.'
        if name == "tagValues" and isinstance(value, list) and one is not UNKNOWN and not _is_pair(one):
            yield f"Parameter tagValues has an item that is no pair: this definition takes {_PAIRS}."


def _is_pair(one: Any) -> bool:
    return isinstance(one, dict) and {"key", "value"} <= set(cast("Plain", one))


def _message(resource: Resource, _: Plain) -> list[str]:
    if definition_of(resource) is None or resource.props.get("nonComplianceMessages"):
        return []
    unhelpful = "It has no nonComplianceMessages, so that a machine's owner reads only the definition's name"
    return [f"{unhelpful}: set one that says what to do and whom to ask."]


RULES = (
    Rule(
        name="policy-identity-accepted",
        description="A policy assignment that changes machines has an identity, and an identity has a location.",
        severity="critical",
        url=_ASSIGNMENTS,
        refused=True,
        kinds=(POLICY,),
        judge=_identity,
    ),
    Rule(
        name="policy-parameters-accepted",
        description="An assignment of an Update Manager policy has that definition's parameters, in their shape.",
        severity="critical",
        url=_AT_SCALE,
        refused=True,
        kinds=(POLICY,),
        judge=_shape,
    ),
    Rule(
        name="policy-message-set",
        description="An assignment of an Update Manager policy tells the owner of a machine what is wrong with it.",
        severity="low",
        url=_ASSIGNMENTS,
        kinds=(POLICY,),
        judge=_message,
    ),
)

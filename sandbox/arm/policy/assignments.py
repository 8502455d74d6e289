"""A policy assignment as evaluation needs it: where it applies, what it assigns with which values, as whom it acts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.arm.ids import ResourceId
from sandbox.arm.policy.definitions import (
    DEFINITIONS,
    DISABLED,
    REQUIRED,
    Definition,
    DefinitionSet,
    Parameter,
    find_definition,
)
from sandbox.arm.policy.machines import Machine
from sandbox.arm.policy.scopes import Hierarchy
from sandbox.arm.regions import normalised
from sandbox.arm.store import Resource

POLICY_ASSIGNMENTS = "Microsoft.Authorization/policyAssignments"


@dataclass(frozen=True)
class Part:
    """One definition that an assignment assigns: itself, or one member of its initiative.

    `values` holds a value for every parameter, by the definition's spelling; `effect` is in lower case.
    """

    definition: Definition
    values: Mapping[str, Any]
    effect: str
    reference: str | None = None


@dataclass(frozen=True)
class Selector:
    """One condition of a resource selector: `values` are compared without case, locations in their short form."""

    kind: str
    values: frozenset[str]
    negated: bool

    def takes(self, machine: Machine) -> bool:
        """Tell whether the machine passes; kinds about others than resources and their locations take nothing."""
        if self.kind == "resourcelocation":
            found = normalised(machine.location) in {normalised(one) for one in self.values}
        elif self.kind == "resourcetype":
            found = machine.id.type.lower() in self.values
        else:
            return False
        return found != self.negated


@dataclass(frozen=True)
class Assignment:
    """One policy assignment. `identity` is the document's, `selectors` an any-of of all-ofs."""

    id: ResourceId
    scope: str
    not_scopes: tuple[str, ...]
    enforced: bool
    parts: tuple[Part, ...]
    identity: Mapping[str, Any]
    selectors: tuple[tuple[Selector, ...], ...]
    messages: tuple[Mapping[str, Any], ...]
    document: Mapping[str, Any]

    @property
    def is_set(self) -> bool:
        """Tell whether an initiative is assigned."""
        return any(part.reference is not None for part in self.parts)

    def reaches(self, machine: Machine, hierarchy: Hierarchy) -> bool:
        """Tell whether a machine is in scope: below it, not excluded, and let through by the resource selectors."""
        resource_id = machine.id.text
        return (
            hierarchy.covers(self.scope, resource_id)
            and not any(hierarchy.covers(one, resource_id) for one in self.not_scopes)
            and (not self.selectors or any(all(one.takes(machine) for one in group) for group in self.selectors))
        )

    def part(self, reference: str | None) -> Part | None:
        """Return the part of a reference id in any case (None: the only one), or None."""
        wanted = reference.lower() if reference else None
        return next((one for one in self.parts if (one.reference.lower() if one.reference else None) == wanted), None)

    def message_for(self, part: Part) -> str | None:
        """Return the non-compliance message for a part: its own, else the one for all."""
        by_reference = {
            (one.get("policyDefinitionReferenceId") or "").lower(): one.get("message") for one in self.messages
        }
        return by_reference.get((part.reference or "").lower()) or by_reference.get("")


def assignment_of(resource: Resource) -> Assignment:
    """Return the assignment that a stored resource is; it was checked when it was stored."""
    return read_assignment(resource.id, resource.document)


def read_assignment(assignment_id: ResourceId, document: Mapping[str, Any]) -> Assignment:
    """Return the assignment that a checked document describes."""
    properties: Mapping[str, Any] = document.get("properties") or {}
    return Assignment(
        id=assignment_id,
        scope=assignment_id.scope,
        not_scopes=tuple(properties.get("notScopes") or ()),
        enforced=str(properties.get("enforcementMode") or "Default").lower() == "default",
        parts=_parts(properties),
        identity=document.get("identity") or {},
        selectors=tuple(_selector_group(one) for one in properties.get("resourceSelectors") or ()),
        messages=tuple(properties.get("nonComplianceMessages") or ()),
        document=document,
    )


def _parts(properties: Mapping[str, Any]) -> tuple[Part, ...]:
    assigned = find_definition(str(properties.get("policyDefinitionId")))
    parameters: Mapping[str, Mapping[str, Any]] = properties.get("parameters") or {}
    given = {name.lower(): one["value"] for name, one in parameters.items()}
    overrides: list[Mapping[str, Any]] = properties.get("overrides") or []
    if isinstance(assigned, DefinitionSet):
        return tuple(
            _part(DEFINITIONS[member.definition], member.values, overrides, member.reference)
            for member in assigned.members
        )
    if assigned is None:
        return ()
    values = {name: given[name.lower()] for name in assigned.parameters if name.lower() in given}
    return (_part(assigned, values, overrides, None),)


def _part(
    definition: Definition, given: Mapping[str, Any], overrides: list[Mapping[str, Any]], reference: str | None
) -> Part:
    values = {name: given.get(name, _default(one)) for name, one in definition.parameters.items()}
    effect = definition.effect or str(values.get("effect") or DISABLED)
    for override in overrides:
        if str(override.get("kind")).lower() == "policyeffect" and _overrides(override, reference):
            effect = str(override.get("value"))
    return Part(definition, values, effect.lower(), reference)


def _overrides(override: Mapping[str, Any], reference: str | None) -> bool:
    """Tell whether an override is for the part; of its selectors only those by reference id are modelled."""
    wanted = (reference or "").lower()
    for selector in override.get("selectors") or ():
        if str(selector.get("kind")).lower() != "policydefinitionreferenceid":
            continue
        if selector.get("in") and wanted not in {str(one).lower() for one in selector["in"]}:
            return False
        if selector.get("notIn") and wanted in {str(one).lower() for one in selector["notIn"]}:
            return False
    return True


def _default(parameter: Parameter) -> Any:
    return None if parameter.default is REQUIRED else parameter.default


def _selector_group(group: Mapping[str, Any]) -> tuple[Selector, ...]:
    return tuple(
        Selector(
            str(one.get("kind")).lower(),
            frozenset(str(value).lower() for value in one.get("in") or one.get("notIn") or ()),
            negated="notIn" in one and not one.get("in"),
        )
        for one in group.get("selectors") or ()
    )

"""What to do about the operations a killed run left pending: a plan, and the deployment mended by it.

The engine notes an operation before it asks Azure, and forgets the note when it has the answer. A run killed in between
leaves the note: of a resource being created nobody knows whether it is there. It is put into the state under the id it
would have, and a refresh of it then drops what never came to be. Of anything else pending the state has a resource
already, which a refresh brings up to date.

Where the engine lived on but the answer was lost, there is no note: that is `patching.lost_creates`.

Pure: `patching.recover` asks the engine.
"""

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from patching.resource_ids import ID_TEMPLATES

Deployment = dict[str, Any]
"""What `pulumi stack export` prints: `{"version": 3, "deployment": {"resources": […], "pending_operations": […]}}`."""

_PLACE = re.compile(r"\{(\w+)\}")


class UnreadableDeploymentError(ValueError):
    """What was exported is no deployment of the shape this engine writes."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """A resource that was being created: it is put into the state under `id`; a refresh says whether it is there."""

    urn: str
    id: str


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A resource that the state has: it was being changed or deleted, and a refresh says what became of it."""

    urn: str
    operation: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """An operation whose note is only taken away: the next run makes the resource as if nothing had been."""

    urn: str
    operation: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A resource that was being created and whose id cannot be worked out; somebody has to look."""

    urn: str
    reason: str


Step = Adopted | Refreshed | Dropped | Unknown


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do, a step for each pending operation, and the deployment to import in the place of the exported one.

    The engine forgets everything pending when it imports, so that a plan with an `Unknown` must not be carried out.
    """

    steps: tuple[Step, ...]
    deployment: Deployment

    @property
    def to_refresh(self) -> tuple[str, ...]:
        """The URNs whose real state only Azure can tell."""
        return tuple(step.urn for step in self.steps if isinstance(step, Adopted | Refreshed))

    @property
    def adopted_inputs(self) -> dict[str, dict[str, Any]]:
        """The inputs that each adopted resource was being created with, by URN."""
        adopted = {step.urn for step in self.steps if isinstance(step, Adopted)}
        resources: list[dict[str, Any]] = self.deployment["deployment"].get("resources") or []
        return {str(one["urn"]): one["inputs"] for one in resources if one["urn"] in adopted and not one.get("delete")}


def plan_recovery(exported: Deployment) -> Plan:
    """Works out what to do about a deployment's pending operations; the given deployment stays as it is.

    Raises:
        UnreadableDeploymentError: it has not the shape that the engine writes.
    """
    mended = copy.deepcopy(exported)
    try:
        deployment: dict[str, Any] = mended["deployment"]
        resources: list[dict[str, Any]] = deployment.get("resources") or []
        pending: list[dict[str, Any]] = deployment.pop("pending_operations", None) or []
        unverified = tuple(_unverified(resources, {str(one["resource"]["urn"]) for one in pending}))
        steps = (*_steps(pending, resources), *unverified)
    except (KeyError, TypeError, AttributeError) as error:
        raise UnreadableDeploymentError(f"the exported deployment has an unknown shape: {error}") from error
    if resources:
        deployment["resources"] = in_order(resources)
    return Plan(steps, mended)


def _steps(pending: list[dict[str, Any]], resources: list[dict[str, Any]]) -> Iterator[Step]:
    for operation in pending:
        resource: dict[str, Any] = operation["resource"]
        urn, kind = str(resource["urn"]), str(operation["type"])
        known = [one for one in resources if one["urn"] == urn]
        if kind != "creating":
            yield Refreshed(urn, kind) if known else Dropped(urn, kind, "the state does not have it")
        elif not resource.get("custom"):
            yield Dropped(urn, kind, "a component is nothing in Azure")
        elif str(resource["type"]).startswith("pulumi:"):
            yield Dropped(urn, kind, "a provider is nothing in Azure")
        else:
            yield _adopt(resource, resources)


def _unverified(resources: list[dict[str, Any]], pending: set[str]) -> Iterator[Step]:
    """What an earlier recovery put into the state, and was killed before it asked Azure."""
    for one in resources:
        settled = one.get("outputs") or one.get("delete") or str(one["urn"]) in pending
        if one.get("id") and not settled and str(one["type"]) in ID_TEMPLATES:
            yield Refreshed(str(one["urn"]), "adopted by a run that was killed")


def _adopt(resource: dict[str, Any], resources: list[dict[str, Any]]) -> Step:
    try:
        return put_into_state(resource, resource_id(resource, resources), resources)
    except LookupError as error:
        return Unknown(str(resource["urn"]), str(error.args[0]))


def put_into_state(resource: dict[str, Any], identifier: str, resources: list[dict[str, Any]]) -> Adopted | Refreshed:
    """Adds a resource that may be there to the state's `resources`, in place; a refresh has to say whether it is."""
    urn = str(resource["urn"])
    for one in [one for one in resources if one["urn"] == urn]:
        if str(one.get("id", "")).lower() == identifier.lower() and not one.get("delete"):
            one.pop("pendingReplacement", None)
            return Refreshed(urn, "creating")
        if one.get("pendingReplacement"):
            resources.remove(one)
        else:
            one["delete"] = True
    adopted = {**resource, "id": identifier}
    adopted.setdefault("outputs", {})
    resources.append(adopted)
    return Adopted(urn, identifier)


def in_order(resources: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A state's resources, each after those it refers to, as the engine demands; otherwise in the order they had.

    What takes the place of a resource that was deleted to be replaced is referred to by those that wait for it.
    """
    by_urn: dict[str, dict[str, Any]] = {}
    for one in resources:
        by_urn.setdefault(str(one["urn"]), one)
    ordered: list[dict[str, Any]] = []
    begun: set[int] = set()

    def place(resource: dict[str, Any]) -> None:
        if id(resource) in begun:
            return
        begun.add(id(resource))
        for urn in _references(resource):
            if urn in by_urn:
                place(by_urn[urn])
        ordered.append(resource)

    for one in resources:
        place(one)
    return ordered


def _references(resource: Mapping[str, Any]) -> Iterator[str]:
    """The URNs of the resources that must come before one in a state."""
    provider_urn = str(resource.get("provider") or "").rpartition("::")[0]
    yield from (str(urn) for urn in (resource.get("parent"), provider_urn, resource.get("deletedWith")) if urn)
    yield from resource.get("dependencies") or ()
    by_property: Mapping[str, list[str] | None] = resource.get("propertyDependencies") or {}
    for urns in by_property.values():
        yield from urns or ()


def resource_id(resource: dict[str, Any], resources: list[dict[str, Any]]) -> str:
    """The id that a resource would have; its provider, which knows the subscription, is among the state's `resources`.

    Raises:
        LookupError: it cannot be worked out; the message says why.
    """
    token = str(resource["type"])
    template = ID_TEMPLATES.get(token)
    if template is None:
        raise LookupError(f"{token} is no type that this project declares")
    inputs: Mapping[str, Any] = resource.get("inputs") or {}

    def value(match: re.Match[str]) -> str:
        name = match[1]
        found = _subscription(resource, resources) if name == "subscriptionId" else inputs.get(name)
        if not isinstance(found, str) or not found:
            raise LookupError(f"its {name} is not known")
        return found.strip("/")

    return _PLACE.sub(value, template)


def short_name(urn: str) -> str:
    """A resource's type and name, out of its URN."""
    *_, types, name = urn.split("::", 3)
    return f"{types.rpartition('$')[2]} {name}"


def _subscription(resource: dict[str, Any], resources: list[dict[str, Any]]) -> str | None:
    provider_urn = str(resource.get("provider", "")).rpartition("::")[0]
    provider = next((one for one in resources if one["urn"] == provider_urn), None)
    inputs: Mapping[str, Any] = (provider or {}).get("inputs") or {}
    subscription = inputs.get("subscriptionId")
    return subscription if isinstance(subscription, str) else None

"""What the next update would create although it is there: a plan to adopt it, from the engine's own preview.

Where the engine lives on but Azure's answer to a create is lost, the engine forgets the resource and notes nothing, and
every later update ends with `cannot create already existing resource`. Then only the program knows which resources
those may be. Each one that a preview would create is put into the state under the id it would have, with the parents
and the provider it needs; a refresh of it drops what is not there.

One preview does not tell all: an input that is another resource's output is known only when that one is in the state
and is not to be changed. So it takes rounds. Each looks for the resources whose inputs are known now, and brings what
an earlier one found into agreement with the program, where only Azure's own defaults are between them.

Pure: `patching.recover` asks the engine.
"""

import copy
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from patching.agreement import has_gap, settle, told
from patching.recovery import Deployment, UnreadableDeploymentError, in_order, put_into_state, resource_id, short_name

PlannedStep = Mapping[str, Any]
"""One of the `steps` that `pulumi preview --json` prints: `{"op": "create", "urn": …, "newState": {…}, …}`."""

_MADE = ("create", "replace")
_PROVIDER = "pulumi:providers:"
_RANDOM_NAME = "__createBeforeDelete"
"""Set by azure-native among the inputs of what it named itself (`applyDefaults` in its `provider.go`)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A resource that the next update would create under `id`; a refresh says whether it is there already."""

    urn: str
    id: str


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """A resource that the next update would create and that is not looked for, so that somebody has to."""

    urn: str
    reason: str


@dataclass(frozen=True, slots=True)
class Adoption:
    """A round: what to look for, what not, and the deployment to import in the place of the exported one.

    `settled` are the resources found earlier that have the program's inputs now, `to_replace` those of them that the
    next update would delete and make anew.
    """

    candidates: tuple[Candidate, ...]
    left_alone: tuple[LeftAlone, ...]
    settled: tuple[str, ...]
    to_replace: tuple[str, ...]
    deployment: Deployment


def plan_adoption(
    exported: Deployment,
    steps: Sequence[PlannedStep],
    looked_for: Collection[str] = (),
    found: Collection[str] = (),
) -> Adoption:
    """Works out a round from a preview's `steps`, which are in its order; the given deployment stays as it is.

    What the state has is left as it is, but for what was `found`, and for the mark of a replacement whose old resource
    is deleted already.

    Args:
        exported: the stack's deployment.
        steps: what the next update would do.
        looked_for: URNs of earlier rounds, which are passed over.
        found: those of them that are in the state now.

    Raises:
        UnreadableDeploymentError: one of them has not the shape that the engine writes.
    """
    mended = copy.deepcopy(exported)
    try:
        deployment: dict[str, Any] = mended["deployment"]
        resources: list[dict[str, Any]] = deployment.get("resources") or []
        of_found = [step for step in steps if step["urn"] in found and "inputs" in step.get("newState", {})]
        settled = settle(resources, {str(step["urn"]): step["newState"]["inputs"] for step in of_found})
        to_replace = tuple(str(step["urn"]) for step in of_found if step["op"] == "replace")
        planned: dict[str, dict[str, Any]] = {
            str(step["urn"]): step["newState"] for step in steps if step["op"] in _MADE
        }
        clear, with_gaps = _ours(planned, looked_for)
        results = list(_search(clear, planned, resources))
        # A later preview may fill the gaps, while there is one to come.
        if not settled and not any(isinstance(one, Candidate) for one in results):
            results += _search(with_gaps, planned, resources)
    except (KeyError, TypeError, AttributeError) as error:
        raise UnreadableDeploymentError(
            f"the preview or the exported deployment has an unknown shape: {error}"
        ) from error
    deployment["resources"] = in_order(resources)
    return Adoption(
        tuple(one for one in results if isinstance(one, Candidate)),
        tuple(one for one in results if isinstance(one, LeftAlone)),
        settled,
        to_replace,
        mended,
    )


def _ours(
    planned: Mapping[str, dict[str, Any]], looked_for: Collection[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The resources of Azure that are left to look for: those whose inputs are all known, and the others."""
    ours = [
        one
        for urn, one in planned.items()
        if urn not in looked_for and one.get("custom") and str(one["type"]).startswith("azure-native:")
    ]
    with_gaps = [one for one in ours if has_gap(one.get("inputs") or {})]
    return [one for one in ours if one not in with_gaps], with_gaps


def _search(
    some: Iterable[dict[str, Any]], planned: Mapping[str, dict[str, Any]], resources: list[dict[str, Any]]
) -> Iterator[Candidate | LeftAlone]:
    for resource in some:
        urn = str(resource["urn"])
        try:
            identifier = _look_for(resource, planned, resources)
        except LookupError as error:
            yield LeftAlone(urn, str(error.args[0]))
        else:
            if identifier is not None:
                yield Candidate(urn, identifier)


def _look_for(
    resource: dict[str, Any], planned: Mapping[str, dict[str, Any]], resources: list[dict[str, Any]]
) -> str | None:
    """Puts a resource into the state, and returns its id; None where it is replaced in its own place.

    Raises:
        LookupError: it is not to be adopted, or its id cannot be worked out; the message says why.
    """
    urn = str(resource["urn"])
    inputs: Mapping[str, Any] = resource.get("inputs") or {}
    if inputs.get(_RANDOM_NAME):
        raise LookupError("each update makes up a new name for it: whether an earlier one left some, Azure has to say")
    entry = _placed(resource, planned, resources)
    identifier = resource_id(entry, resources)
    live = _live(urn, resources)
    if live is not None and not live.get("pendingReplacement"):
        if str(live.get("id", "")).lower() == identifier.lower():
            return None
        raise LookupError(f"it is to be replaced: if its new one, {identifier}, is there already, delete that")
    for one in resources:
        if one is not live and str(one.get("id", "")).lower() == identifier.lower():
            whose = "marked to be deleted" if one.get("delete") else f"as {short_name(str(one['urn']))}"
            raise LookupError(f"the state has {identifier} already, {whose}")
    put_into_state(entry, identifier, resources)
    return identifier


def _placed(
    resource: dict[str, Any], planned: Mapping[str, dict[str, Any]], resources: list[dict[str, Any]]
) -> dict[str, Any]:
    """The state entry of a planned resource, whose provider and parents are in the state then.

    Raises:
        LookupError: one of these cannot be put there.
    """
    entry = {key: value for key, value in resource.items() if key not in {"stackTrace", "deletedWith", "replaceWith"}}
    if parent := resource.get("parent"):
        _put_beneath(str(parent), planned, resources)
    if provider := resource.get("provider"):
        provider_urn = str(provider).rpartition("::")[0]
        entry["provider"] = f"{provider_urn}::{_put_beneath(provider_urn, planned, resources)['id']}"
    if "inputs" in resource:
        entry["inputs"] = told(resource["inputs"])
    there = {one["urn"] for one in resources}
    if "dependencies" in resource:
        entry["dependencies"] = [urn for urn in resource["dependencies"] if urn in there]
    by_property: Mapping[str, list[str] | None] = resource.get("propertyDependencies") or {}
    entry["propertyDependencies"] = {
        name: [urn for urn in urns or () if urn in there] for name, urns in by_property.items()
    }
    return entry


def _put_beneath(urn: str, planned: Mapping[str, dict[str, Any]], resources: list[dict[str, Any]]) -> dict[str, Any]:
    """The state's entry of a component or a provider, put there where it is only planned.

    Raises:
        LookupError: it is neither there nor planned, or cannot be put there.
    """
    live = _live(urn, resources)
    if live is not None:
        return live
    name = short_name(urn)
    resource = planned.get(urn)
    if resource is None:
        raise LookupError(f"it needs {name}, which neither the state nor the preview has")
    is_provider = str(resource["type"]).startswith(_PROVIDER)
    if resource.get("custom") and not is_provider:
        raise LookupError(f"it needs {name}, which is not in the state")
    entry = _placed(resource, planned, resources)
    if is_provider:
        if entry["inputs"] != resource["inputs"]:
            raise LookupError(
                f"its provider is not in the state, and has a secret: `pulumi up --target '{urn}'` puts it there"
            )
        entry["id"] = str(uuid4())
        entry["outputs"] = {key: value for key, value in entry["inputs"].items() if not key.startswith("__")}
    resources.append(entry)
    return entry


def _live(urn: str, resources: list[dict[str, Any]]) -> dict[str, Any] | None:
    return next((one for one in resources if one["urn"] == urn and not one.get("delete")), None)

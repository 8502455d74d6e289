"""ARM resource ids: parsing them from request paths, comparing them without case, walking to their parents."""

from dataclasses import dataclass
from functools import cached_property

from sandbox.arm.errors import bad_request

SUBSCRIPTION = "Microsoft.Resources/subscriptions"
RESOURCE_GROUP = "Microsoft.Resources/resourceGroups"
PROVIDER = "Microsoft.Resources/providers"
OPERATION_RESULT = "Microsoft.Resources/operationResults"
TENANT = "Microsoft.Resources/tenants"
RESOURCE_GRAPH = "Microsoft.ResourceGraph/resources"
VIRTUAL_MACHINE = "Microsoft.Compute/virtualMachines"
ARC_MACHINE = "Microsoft.HybridCompute/machines"
MACHINE_TYPES = (VIRTUAL_MACHINE, ARC_MACHINE)
"""What Update Manager patches."""

_PROVIDER_ACTIONS = frozenset({"register", "unregister"})


@dataclass(frozen=True)
class ResourceId:
    """One ARM id: what it hangs on (`scope`), its full type, and a name for each part of the type.

    `scope` is the text of an id: empty for the tenant, a subscription, a resource group, or any resource for an
    extension resource such as a configuration assignment on a machine.
    """

    scope: str
    type: str
    names: tuple[str, ...]

    @property
    def name(self) -> str:
        """The last name."""
        return self.names[-1]

    @cached_property
    def text(self) -> str:
        """The id in the case in which it was given."""
        if self.type == SUBSCRIPTION:
            return f"/subscriptions/{self.name}"
        if self.type == RESOURCE_GROUP:
            return f"{self.scope}/resourceGroups/{self.name}"
        if self.type == OPERATION_RESULT:
            return f"{self.scope}/operationresults/{self.name}"
        if self.type == PROVIDER:
            return f"{self.scope}/providers/{self.name}"
        namespace, *types = self.type.split("/")
        pairs = "".join(f"/{part}/{name}" for part, name in zip(types, self.names, strict=True))
        return f"{self.scope}/providers/{namespace}{pairs}"

    @cached_property
    def key(self) -> str:
        """The id as ARM compares it: without case."""
        return self.text.lower()

    @cached_property
    def subscription(self) -> str | None:
        """The subscription's id (a GUID), or None at tenant and management-group level."""
        parts = self.text.split("/")
        return parts[2] if len(parts) > 2 and parts[1].lower() == "subscriptions" else None  # noqa: PLR2004

    @cached_property
    def resource_group(self) -> str | None:
        """The resource group's name, or None outside of any group."""
        parts = self.text.split("/")
        return parts[4] if len(parts) > 4 and parts[3].lower() == "resourcegroups" else None  # noqa: PLR2004

    @property
    def parent(self) -> "ResourceId | None":
        """What must exist before this: the enclosing resource of a child, otherwise the scope; None for the tenant."""
        if len(self.names) > 1:
            return ResourceId(self.scope, self.type.rsplit("/", 1)[0], self.names[:-1])
        return parse(self.scope) if self.scope else None

    def is_type(self, resource_type: str) -> bool:
        """Tell whether this is of the given type, without regard to case."""
        return self.type.lower() == resource_type.lower()


@dataclass(frozen=True)
class Target:
    """What a request path points at: a resource, or what follows one (a collection, or an action on it).

    `id` is the resource, or the one that the last word follows (None for the tenant). `tail` is that last, unpaired
    word (None for a resource), and `collection` the resource type it names if it is a collection.
    """

    id: ResourceId | None
    tail: str | None = None
    collection: str | None = None


def parse(text: str) -> ResourceId:
    """Parse the id of a resource.

    Raises ArmError (400 InvalidResourceId) where the text is not the id of one.
    """
    target = parse_path(text)
    if target.id is None or target.tail is not None:
        raise bad_request("InvalidResourceId", f"'{text}' is not the id of a resource.")
    return target.id


def parse_path(path: str) -> Target:
    """Parse the path of a request: `/scope/providers/namespace/type/name…`, any number of providers nested.

    Raises ArmError (400 InvalidResourceId) where it is none of ARM's forms.
    """
    segments = [segment for segment in path.split("/") if segment]
    found: ResourceId | None = None
    while segments:
        target = _step(found, segments)
        if target is None:
            raise bad_request("InvalidResourceId", f"'{path}' is not a path of Azure Resource Manager.")
        if target.tail is not None or target.id is None:
            return target
        found = target.id
    return Target(found)


def _step(found: ResourceId | None, segments: list[str]) -> Target | None:  # noqa: PLR0911
    """Take the next resource, or the unpaired last word, off the front of the segments."""
    word = segments[0].lower()
    scope = found.text if found else ""
    if word == "subscriptions" and found is None:
        return _pair(None, SUBSCRIPTION, segments)
    if word == "resourcegroups" and found is not None and found.type == SUBSCRIPTION:
        return _pair(found, RESOURCE_GROUP, segments)
    if word == "operationresults" and found is not None and found.type == SUBSCRIPTION:
        return _pair(found, OPERATION_RESULT, segments)
    if word == "providers" and len(segments) <= 2:  # noqa: PLR2004
        return _pair(found, PROVIDER, segments)
    if word == "providers" and len(segments) == 3 and segments[2].lower() in _PROVIDER_ACTIONS:  # noqa: PLR2004
        target = Target(ResourceId(scope, PROVIDER, (segments[1],)), segments[2])
    elif word == "providers":
        return _provider_part(found, segments)
    elif len(segments) == 1 and found is not None:
        target = Target(found, segments[0])
    elif segments == ["tenants"]:
        target = Target(None, segments[0], TENANT)
    else:
        return None
    segments.clear()
    return target


def _pair(found: ResourceId | None, resource_type: str, segments: list[str]) -> Target:
    """Take `word/name` off the segments, or a last word alone: the collection of that type."""
    word, *names = segments[:2]
    del segments[:2]
    if not names:
        return Target(found, word, resource_type)
    return Target(ResourceId(found.text if found else "", resource_type, (names[0],)))


def _provider_part(found: ResourceId | None, segments: list[str]) -> Target:
    """Take `providers/namespace/type/name…` off the segments, up to the next `providers`."""
    namespace, rest = segments[1], segments[2:]
    end = next((at for at in range(2, len(rest), 2) if rest[at].lower() == "providers"), len(rest))
    del segments[: 2 + end]
    types, names = rest[0:end:2], rest[1:end:2]
    scope = found.text if found else ""
    inner = ResourceId(scope, "/".join([namespace, *types[: len(names)]]), tuple(names)) if names else found
    if len(types) == len(names):
        return Target(inner)
    collection = "/".join([namespace, *types])
    if inner is None and collection.lower() == RESOURCE_GRAPH.lower():
        inner = ResourceId("", RESOURCE_GRAPH, ("all",))  # an action of the tenant, whose path names no resource
    return Target(inner, types[-1], collection)

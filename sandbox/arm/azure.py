"""The local Azure that a request meets: its store, its clock, its resource types, and what happens when time passes."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from sandbox.arm.bodies import Shape
from sandbox.arm.clock import Clock
from sandbox.arm.errors import ArmError, bad_request, resource_not_found
from sandbox.arm.ids import RESOURCE_GROUP, SUBSCRIPTION, ResourceId
from sandbox.arm.quirks import ON_BY_DEFAULT
from sandbox.arm.store import Resource, Store
from sandbox.arm.throttling import Budgets
from sandbox.arm.times import instant

_log = logging.getLogger(__name__)
TENANT_ID = "99999999-9999-4999-8999-999999999999"
CALLER_ID = "88888888-8888-4888-8888-888888888888"
"""The principal that may do everything: who asks without a token, and every application but the limited one."""
LIMITED_CLIENT_ID = "77777777-7777-4777-8777-777777777777"
"""An application that may do what roles assigned to it allow, and nothing else; the id of its principal, too."""


@dataclass(frozen=True)
class Settings:
    """What a user of the local Azure may set.

    The delays are seconds, by the local Azure's clock; a webhook has so many `webhook_seconds` of real time to answer
    (30, as Event Grid gives it). `quirks` are the names, in `sandbox.arm.quirks.QUIRKS`, of those
    that are on.
    """

    machine_delay: float = 0.3
    operation_delay: float = 0.2
    page_size: int = 200
    webhook_seconds: float = 30.0
    quirks: frozenset[str] = ON_BY_DEFAULT


@dataclass(frozen=True)
class Request:
    """One request: where it points, and what it carries.

    `id` is the resource; for a collection or an action it is what the path's last word follows (None for the tenant).
    `type` is the resource type that is asked for. `limited_to` is the principal whose roles decide what is allowed;
    None where everything is.
    """

    azure: "Azure"
    method: str
    id: ResourceId | None
    type: "ResourceType"
    api_version: str
    body: dict[str, Any]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    base_url: str
    url: str = ""
    limited_to: str | None = None

    @property
    def resource_id(self) -> ResourceId:
        """The resource that the request names; only for handlers that are given one."""
        if self.id is None:
            raise bad_request("InvalidResourceId", "The request names no resource.")
        return self.id


@dataclass(frozen=True)
class Reply:
    """One answer: a status, a JSON body (None for none) and headers."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


Handler = Callable[[Request], Reply]


class Present(Protocol):
    """Turns a stored resource into what the service answers."""

    def __call__(self, resource: Resource, /) -> dict[str, Any]:
        """Return the JSON that a GET answers with."""
        ...


@dataclass(frozen=True)
class ResourceType:
    """One resource type: its name in Azure's case, the api-versions it answers, and a handler for each verb.

    A verb without a handler is answered 405. `actions` are what follows a resource of this type, by verb and
    lower-cased last word (`POST start`, `GET instanceview`). `due` is called when a resource's time has come, and must
    either clear or move its `due`. `removed` is called after a resource is gone, by a DELETE or with what enclosed it;
    `in_use` names what keeps one from being deleted. `quirks` does to an answer what the service oddly does, given the
    names of the quirks that are on. A `tracked` type is listed among a group's resources. `shape` is that of its
    properties, which an inventory is held to when it is loaded.
    """

    name: str
    api_versions: frozenset[str]
    get: Handler | None = None
    put: Handler | None = None
    patch: Handler | None = None
    delete: Handler | None = None
    list: Handler | None = None
    actions: Mapping[str, Handler] = field(default_factory=dict[str, Handler])
    due: "Callable[[Azure, Resource], None] | None" = None
    present: Present | None = None
    removed: "Callable[[Azure, Resource], None] | None" = None
    in_use: "Callable[[Azure, Resource], InUse | None] | None" = None
    quirks: Callable[[frozenset[str], dict[str, Any]], dict[str, Any]] | None = None
    tracked: bool = False
    shape: Shape | None = None

    @property
    def is_served(self) -> bool:
        """Whether requests can be made of it; some types are the local Azure's own notes."""
        return any((self.get, self.put, self.list, self.actions))


@dataclass(frozen=True)
class InUse:
    """Why a resource cannot be deleted: what uses it, and the refusal of a DELETE of the resource alone."""

    by: tuple[ResourceId, ...]
    refusal: ArmError


WriteHook = Callable[["Azure", Resource, str], Resource]


class Azure:
    """One local Azure: what a provider's handlers work on."""

    def __init__(
        self,
        store: Store,
        types: Iterable[ResourceType],
        clock: Callable[[], float] = time.time,
        settings: Settings | None = None,
    ) -> None:
        """Serve the given resource types from the store; `clock` gives seconds since the epoch."""
        self.store = store
        self.clock = Clock(store, clock)
        self.now: Callable[[], float] = self.clock
        self.settings = settings or Settings()
        self.types = {one.name.lower(): one for one in types}
        self.write_hooks: list[WriteHook] = []
        self.passing: list[Callable[[Azure], None]] = []
        self.budgets = Budgets(clock)

    def resource_type(self, name: str) -> ResourceType:
        """Return a resource type by its name in any case.

        Raises ArmError (404 InvalidResourceType) where the local Azure does not serve it.
        """
        found = self.types.get(name.lower())
        if found is None:
            namespace, _, rest = name.partition("/")
            served = ", ".join(sorted(one.name for one in self.types.values() if one.is_served))
            raise ArmError(
                404,
                "InvalidResourceType",
                f"The resource type '{rest}' could not be found in the namespace '{namespace}' of this local Azure. "
                f"It serves: {served}.",
            )
        return found

    def canonical(self, resource_id: ResourceId) -> ResourceId:
        """Return the id with its type in Azure's case, where the type is served."""
        found = self.types.get(resource_id.type.lower())
        return replace(resource_id, type=found.name) if found else resource_id

    def existing(self, resource_id: ResourceId) -> Resource:
        """Return a resource that must exist.

        Raises ArmError: 404 SubscriptionNotFound, ResourceGroupNotFound or ResourceNotFound, as ARM does.
        """
        self.check_parents(resource_id)
        found = self.store.get(resource_id)
        if found is None:
            raise self._missing(resource_id)
        return found

    def check_parents(self, resource_id: ResourceId) -> None:
        """Check that everything that encloses an id exists.

        Raises ArmError (404) for the outermost that does not. Management groups are not checked here.
        """
        chain: list[ResourceId] = []
        parent = resource_id.parent
        while parent is not None:
            chain.append(parent)
            parent = parent.parent
        for one in reversed(chain):
            if not one.is_type("Microsoft.Management/managementGroups") and self.store.get(one) is None:
                raise _missing_parent(one) if _encloses(one, resource_id) else self._missing(one)

    def _missing(self, resource_id: ResourceId) -> ArmError:
        if resource_id.type == SUBSCRIPTION:
            return ArmError(404, "SubscriptionNotFound", f"The subscription '{resource_id.name}' could not be found.")
        if resource_id.type == RESOURCE_GROUP:
            return ArmError(404, "ResourceGroupNotFound", f"Resource group '{resource_id.name}' could not be found.")
        return resource_not_found(resource_id.type, "/".join(resource_id.names), resource_id.resource_group)

    def write(self, resource: Resource, api_version: str) -> Resource:
        """Store what a client wrote, after the hooks (policy effects) have seen it. Return what is stored."""
        for hook in self.write_hooks:
            resource = hook(self, resource, api_version)
        return self.store.put(resource, self.now())

    def remove(self, resource_id: ResourceId) -> None:
        """Delete a resource and everything below it, and let each one's provider clear up after it."""
        first = self.store.get(resource_id)
        gone = [*([first] if first else []), *self.store.under(resource_id.text)]
        self.store.delete(resource_id)
        for one in gone:
            resource_type = self.types.get(one.id.type.lower())
            if resource_type and resource_type.removed:
                resource_type.removed(self, one)

    def settle(self) -> None:
        """Let everything happen whose time has come. Called before each request: the world moves when looked at."""
        self.settle_due()
        for happening in self.passing:
            happening(self)

    def settle_due(self) -> None:
        """Let happen what is due to a resource, the earliest first."""
        now = self.now()
        while due := self.store.due(now):
            for one in due:
                # Read again: what came before it may have changed, moved or removed it.
                resource = self.store.get(one.id)
                if resource is None or resource.due is None or resource.due > now:
                    continue
                handler = self.resource_type(resource.id.type).due
                if handler is None:
                    self.store.put(replace(resource, due=None), now)
                else:
                    self._settle_one(resource, handler)

    def _settle_one(self, resource: Resource, handler: "Callable[[Azure, Resource], None]") -> None:
        """Let one resource's time come. What is refused then has nobody to be told; it must not come again for ever."""
        try:
            handler(self, resource)
        except ArmError:
            _log.exception("What was due for %s was refused.", resource.id.text)
            found = self.store.get(resource.id)
            if found and found.due is not None and found.due <= self.now():
                self.store.put(replace(found, due=None), self.now())

    def present(self, resource: Resource) -> dict[str, Any]:
        """Return a stored resource as the service answers it."""
        resource_type = self.resource_type(resource.id.type)
        answer = resource_type.present(resource) if resource_type.present else envelope(resource)
        return resource_type.quirks(self.settings.quirks, answer) if resource_type.quirks else answer


def _encloses(parent: ResourceId, child: ResourceId) -> bool:
    return parent.scope == child.scope and len(parent.names) < len(child.names)


def _missing_parent(parent: ResourceId) -> ArmError:
    return ArmError(
        404,
        "ParentResourceNotFound",
        f"Can not perform requested operation on nested resource. Parent resource '{parent.name}' not found.",
    )


def system_data(resource: Resource, caller_type: str) -> dict[str, str]:
    """Return who created and changed a resource, and when; there is one caller, whose type each provider names."""
    return {
        "createdBy": CALLER_ID,
        "createdByType": caller_type,
        "createdAt": instant(resource.created),
        "lastModifiedBy": CALLER_ID,
        "lastModifiedByType": caller_type,
        "lastModifiedAt": instant(resource.changed),
    }


def envelope(resource: Resource) -> dict[str, Any]:
    """Return a resource in ARM's common shape: id, name, type, then its document."""
    return {
        "id": resource.id.text,
        "name": resource.id.name,
        "type": resource.id.type,
        **resource.document,
    }


def get_resource(request: Request) -> Reply:
    """Answer a GET of one resource."""
    found = request.azure.existing(request.resource_id)
    return Reply(200, request.azure.present(found), {"ETag": f'"{found.etag}"'} if found.etag else {})


def list_resources(request: Request) -> Reply:
    """Answer a GET of a collection: everything of the type below the scope."""
    azure = request.azure
    if request.id is not None:
        azure.existing(request.id)
    found = azure.store.under(request.id.text if request.id else "", request.type.name)
    return Reply(200, {"value": [azure.present(one) for one in found]})


def delete_resource(request: Request) -> Reply:
    """Answer a DELETE: 200 where there was something, 204 where there was nothing."""
    resource_id = request.resource_id
    request.azure.check_parents(resource_id)
    found = request.azure.store.get(resource_id)
    if found is None:
        return Reply(204)
    check_not_in_use(request.azure, found)
    request.azure.remove(resource_id)
    return Reply(200)


def check_not_in_use(azure: Azure, resource: Resource) -> None:
    """Check that nothing keeps a resource from being deleted.

    Raises ArmError with its provider's own refusal where something does.
    """
    in_use = azure.resource_type(resource.id.type).in_use
    found = in_use(azure, resource) if in_use else None
    if found:
        raise found.refusal

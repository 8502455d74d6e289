"""Asynchronous operations: what a client polls after a 201 or 202, answered by the local Azure's clock.

An operation lives beside the subscription's resources, ends at a time that is known when it begins, and is forgotten a
day later. Its end and that of the resource it works on are the same instant, so that they are settled together.
"""

import uuid
from dataclasses import replace
from typing import Any

from sandbox.arm.azure import Azure, Reply, Request, ResourceType
from sandbox.arm.errors import ArmError
from sandbox.arm.ids import OPERATION_RESULT, ResourceId, parse
from sandbox.arm.store import Resource
from sandbox.arm.times import instant

_KEPT_SECONDS = 24 * 3600
_RETRY_AFTER = {"Retry-After": "1"}


def begin(request: Request, location: str, delay: float, output: object = None) -> dict[str, str]:
    """Begin an operation on the resource of a request; return the headers by which the client follows it.

    It ends well after `delay` seconds, with `output` as its result, unless `fail` is called on it before.
    """
    azure = request.azure
    namespace = request.type.name.split("/")[0]
    scope = f"/subscriptions/{request.resource_id.subscription}"
    operation = ResourceId(scope, f"{namespace}/locations/operations", (location, str(uuid.uuid4())))
    _keep(azure, operation, delay, output)
    url = f"{request.base_url}{operation.text}?api-version={request.api_version}"
    return {"Azure-AsyncOperation": url, "Location": f"{url}&monitor=true", **_RETRY_AFTER}


def begin_open(request: Request, location: str) -> tuple[ResourceId, dict[str, str]]:
    """Begin an operation that goes on until `end` is called on it: its id, and the headers.

    What nobody ends in a day is forgotten.
    """
    headers = begin(request, location, _KEPT_SECONDS)
    path = headers["Azure-AsyncOperation"].removeprefix(request.base_url).partition("?")[0]
    return parse(path), headers


def end(azure: Azure, operation: ResourceId, error: ArmError | None = None) -> None:
    """Let an operation end now, with an error where there is one."""
    found = azure.store.get(operation)
    if found:
        azure.store.put(replace(found, private={**found.private, "ends": azure.now()}), azure.now())
    if error:
        fail(azure, operation, error)


def begin_result(request: Request, delay: float) -> tuple[ResourceId, dict[str, str]]:
    """Begin an operation of Azure Resource Manager itself: its id, and the headers (a Location only)."""
    scope = f"/subscriptions/{request.resource_id.subscription}"
    operation = ResourceId(scope, OPERATION_RESULT, (uuid.uuid4().hex,))
    _keep(request.azure, operation, delay, None)
    url = f"{request.base_url}{operation.text}?api-version={request.api_version}"
    return operation, {"Location": url, **_RETRY_AFTER}


def fail(azure: Azure, operation: ResourceId, error: ArmError) -> None:
    """Make an operation end with an error."""
    found = azure.store.get(operation)
    if found:
        private = {**found.private, "error": error.body()["error"], "status": error.status}
        azure.store.put(replace(found, private=private), azure.now())


def _keep(azure: Azure, operation: ResourceId, delay: float, output: object) -> None:
    now = azure.now()
    private: dict[str, Any] = {"ends": now + delay, "output": output}
    azure.store.put(Resource(operation, {}, private, due=now + delay + _KEPT_SECONDS), now)


def _existing(request: Request) -> Resource:
    found = request.azure.store.get(request.resource_id)
    if found is None:
        raise ArmError(404, "NotFound", f"The operation '{request.resource_id.name}' could not be found.")
    return found


def _get_operation(request: Request) -> Reply:
    """Answer a poll: the status of the operation, or, at its Location, its result."""
    operation = _existing(request)
    private = operation.private
    ended = request.azure.now() >= private["ends"]
    if request.query.get("monitor") == "true":
        if not ended:
            return Reply(202, None, {"Location": request.url, **_RETRY_AFTER})
        if "error" in private:
            return Reply(private["status"], {"error": private["error"]})
        return Reply(200, private["output"])
    body: dict[str, Any] = {"startTime": instant(operation.created), "name": operation.id.name}
    if not ended:
        return Reply(200, {**body, "status": "InProgress"}, _RETRY_AFTER)
    body["endTime"] = instant(private["ends"])
    if "error" in private:
        return Reply(200, {**body, "status": "Failed", "error": private["error"]})
    output = {} if private["output"] is None else {"properties": {"output": private["output"]}}
    return Reply(200, {**body, "status": "Succeeded", **output})


def _get_result(request: Request) -> Reply:
    private = _existing(request).private
    if request.azure.now() < private["ends"]:
        return Reply(202, None, {"Location": request.url, **_RETRY_AFTER})
    if "error" in private:
        return Reply(private["status"], {"error": private["error"]})
    return Reply(200)


def _forget(azure: Azure, operation: Resource) -> None:
    azure.store.delete(operation.id)


def operations_type(namespace: str, api_versions: frozenset[str]) -> ResourceType:
    """Return the type under which a namespace's operations are polled."""
    return ResourceType(f"{namespace}/locations/operations", api_versions, get=_get_operation, due=_forget)


def results_type(api_versions: frozenset[str]) -> ResourceType:
    """Return the type under which Azure Resource Manager's own operations are polled."""
    return ResourceType(OPERATION_RESULT, api_versions, get=_get_result, due=_forget)

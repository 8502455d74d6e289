"""ARM over HTTP: one request with its retries, and operations that go on after the answer.

As azure-native does it over azcore (`provider/pkg/azure/client_azcore.go`), but for the waiting: what is local is done
within milliseconds, so retries and polls begin with those. `Retry-After` decides where ARM throttles (429, 503, …); on
a poll it is advice in whole seconds, which would make up most of a run, and is passed over.
"""

import json
import threading
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from sandbox.engine.versions import AZURE_NATIVE
from sandbox.plugin.errors import ArmError, CancelledError, PluginError, UnfinishedError
from sandbox.plugin.values import Properties, is_object

USER_AGENT: Final = f"pulumi-azure-native/{AZURE_NATIVE} azure-sandbox"

_TRIES: Final = 4
_RETRIED: Final = frozenset({408, 429, 500, 502, 503, 504})
_FIRST_DELAY: Final = 0.05
_LONGEST_DELAY: Final = 2.0
_REQUEST_TIMEOUT: Final = 60.0
_OPERATION_TIMEOUT: Final = 120 * 60.0
_SUCCEEDED: Final = "succeeded"
_FAILED: Final = frozenset({"failed", "canceled", "cancelled"})
_TOKENS: Final = "/common/oauth2/v2.0/token"
_SECRET: Final = "local-azure"  # noqa: S105 - the local Azure's public secret of every application


def http_client(url: str) -> httpx.Client:
    """Return a client for the ARM endpoint `url`, to be shared by all providers of a host."""
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=32)
    headers = {"User-Agent": USER_AGENT, "Accept": "application/json"}
    return httpx.Client(base_url=url, headers=headers, limits=limits, timeout=_REQUEST_TIMEOUT, trust_env=False)


class ArmClient:
    """ARM for one provider, which can be cancelled."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        """End what is waiting, and refuse what comes."""
        self._cancelled.set()

    def get(self, identifier: str, api_version: str) -> Properties:
        """Return the resource `identifier`. Raises ArmError for any status but 200."""
        answer = self._send("GET", identifier, api_version)
        if answer.status_code != HTTPStatus.OK:
            raise _arm_error(answer)
        return _json_object(answer)

    def refuse_existing(self, identifier: str, api_version: str) -> None:
        """Return if there is no resource `identifier`; raises PluginError if there is, or if ARM does not say."""
        answer = self._send("GET", identifier, api_version)
        match answer.status_code:
            case HTTPStatus.NOT_FOUND | HTTPStatus.NO_CONTENT:
                return
            case HTTPStatus.OK:
                if _json_object(answer):
                    raise PluginError(f"cannot create already existing resource '{identifier}'")
            case status:
                raise PluginError(
                    f"cannot check existence of resource '{identifier}': status code {status}, {answer.text}"
                )

    def put(
        self,
        identifier: str,
        api_version: str,
        body: Mapping[str, Any],
        query: Mapping[str, str],
        *,
        asynchronous: bool,
        timeout: float = 0,
    ) -> Properties:
        """Create or update a resource, wait until that has ended, and return the resource.

        `timeout` is in seconds, 0 for the default of two hours. Raises ArmError where ARM refuses, UnfinishedError
        where it accepts and then fails.
        """
        deadline = _deadline(timeout)
        answer = self._send("PUT", identifier, api_version, body=body, query=query)
        if answer.status_code not in {HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED}:
            raise _arm_error(answer)
        if not asynchronous and answer.status_code != HTTPStatus.ACCEPTED:
            return _json_object(answer)
        try:
            self._wait(answer, identifier, api_version, deadline)
            return self.get(identifier, api_version)
        except PluginError as error:
            raise UnfinishedError(str(error)) from error

    def delete(self, identifier: str, api_version: str, *, asynchronous: bool, timeout: float = 0) -> None:
        """Delete a resource and wait until it is gone; one that is gone already is fine. Raises ArmError."""
        deadline = _deadline(timeout)
        try:
            answer = self._send("DELETE", identifier, api_version)
            if answer.status_code not in {HTTPStatus.OK, HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT}:
                raise _arm_error(answer)
            if asynchronous:
                self._wait(answer, identifier, api_version, deadline)
        except ArmError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise

    def _wait(self, answer: httpx.Response, identifier: str, api_version: str, deadline: float) -> None:
        """Poll until the operation that `answer` began has ended, the way its headers say."""
        monitor = answer.headers.get("Azure-AsyncOperation")
        location = answer.headers.get("Location")
        deleting = answer.request.method == "DELETE"
        if monitor:
            self._poll(monitor, api_version, deadline, by_status=True)
        elif location and answer.status_code == HTTPStatus.ACCEPTED:
            self._poll(location, api_version, deadline, by_status=False)
        elif not deleting and _provisioning_state(answer) not in {"", _SUCCEEDED}:
            self._poll(identifier, api_version, deadline, by_status=True)

    def _poll(self, url: str, api_version: str, deadline: float, *, by_status: bool) -> None:
        """Ask `url` until it says that the operation is done: in its body if `by_status`, else by not answering 202."""
        delay = _FIRST_DELAY
        while True:
            answer = self._send("GET", _path_of(url), api_version)
            if answer.status_code >= HTTPStatus.BAD_REQUEST:
                raise _arm_error(answer)
            state = _operation_state(answer) if by_status else ""
            if state in _FAILED:
                raise _arm_error(answer)
            if state == _SUCCEEDED or (not state and answer.status_code != HTTPStatus.ACCEPTED):
                return
            if time.monotonic() >= deadline:
                raise PluginError("operation timed out")
            self._pause(delay)
            delay = min(delay * 2, _LONGEST_DELAY)

    def token(self, client: str, resource: str) -> str:
        """Return an access token for an application, made out to a resource. Raises PluginError."""
        form = {
            "grant_type": "client_credentials",
            "client_id": client,
            "client_secret": _SECRET,
            "scope": f"{resource}/.default",
        }
        try:
            answer = self._http.post(_TOKENS, data=form)
        except httpx.TransportError as error:
            raise PluginError(f"POST {_TOKENS}: the local Azure does not answer: {error}") from error
        if answer.status_code != HTTPStatus.OK:
            raise PluginError(f"could not acquire access token: {answer.text}")
        return str(_json_object(answer).get("access_token"))

    def _send(
        self,
        method: str,
        identifier: str,
        api_version: str,
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send one request; what azcore retries is retried, a connection that drops included."""
        url = httpx.URL(identifier)
        parameters = {**(query or {}), "api-version": url.params.get("api-version", api_version)}
        url = url.copy_merge_params(parameters)
        delay = _FIRST_DELAY
        for remaining in reversed(range(_TRIES)):
            if self._cancelled.is_set():
                raise CancelledError
            try:
                answer = self._http.request(method, url, json=body)
            except httpx.TransportError as error:
                if not remaining:
                    raise PluginError(f"{method} {identifier}: the local Azure does not answer: {error}") from error
            else:
                if not remaining or not _is_retried(answer):
                    return answer
                delay = _retry_after(answer) or delay
            self._pause(delay)
            delay = min(delay * 2, _LONGEST_DELAY)
        raise AssertionError

    def _pause(self, seconds: float) -> None:
        if self._cancelled.wait(seconds):
            raise CancelledError


def _deadline(timeout: float) -> float:
    return time.monotonic() + (timeout if timeout > 0 else _OPERATION_TIMEOUT)


def _path_of(url: str) -> str:
    """Return path and query of a polling URL: it is asked for at the endpoint that is known, wherever it points."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _is_retried(answer: httpx.Response) -> bool:
    if answer.status_code == HTTPStatus.CONFLICT:
        return _arm_error(answer).code == "AnotherOperationInProgress"
    return answer.status_code in _RETRIED


def _retry_after(answer: httpx.Response) -> float:
    """Return the seconds in `Retry-After`, 0 where there are none."""
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else 0


def _json_object(answer: httpx.Response) -> Properties:
    if not answer.content:
        return {}
    try:
        value = answer.json()
    except json.JSONDecodeError as error:
        raise PluginError(
            f"unexpected response from Azure: '{answer.text}', HTTP status: {answer.status_code}"
        ) from error
    return value if is_object(value) else {}


def _provisioning_state(answer: httpx.Response) -> str:
    properties = _json_object(answer).get("properties")
    state = properties.get("provisioningState") if is_object(properties) else None
    return state.lower() if isinstance(state, str) else ""


def _operation_state(answer: httpx.Response) -> str:
    status = _json_object(answer).get("status")
    return status.lower() if isinstance(status, str) else _provisioning_state(answer)


def _arm_error(answer: httpx.Response) -> ArmError:
    try:
        body = _json_object(answer)
    except PluginError:
        body = {}
    error = body.get("error")
    details = error if is_object(error) else {}
    code = answer.headers.get("x-ms-error-code") or details.get("code") or ""
    return ArmError(answer.status_code, str(code), str(details.get("message") or answer.text))

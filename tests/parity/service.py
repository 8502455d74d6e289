"""One side of the comparison: an Azure Resource Manager that is asked, and what it answered, without what is its own.

Nothing here knows whether the other end is Azure or a local Azure.
"""

import dataclasses
import datetime as dt
import json
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

RECORDED = Path(__file__).parent / "recorded"
CONFIGURATION = "Microsoft.Maintenance/maintenanceConfigurations"
ASSIGNMENT = "Microsoft.Maintenance/configurationAssignments"
POLICY_ASSIGNMENT = "Microsoft.Authorization/policyAssignments"
_GROUPS = "2022-09-01"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
_COMPARED_HEADERS = ("retry-after", "etag")
_OWN_HEADERS = {"retry-after": "<seconds>", "etag": "<etag>"}
_PEOPLE = ("createdBy", "createdByType", "lastModifiedBy", "lastModifiedByType", "updatedBy")
_ENDED = frozenset({200, 204, 404})


@dataclasses.dataclass
class Service:
    """An Azure Resource Manager, the subscription to work in, and a resource group of the run's own in it.

    `token` gives a bearer token; None asks without one.
    """

    http: httpx.Client
    subscription: str
    location: str = "westeurope"
    token: Callable[[], str] | None = None
    run: str = dataclasses.field(default_factory=lambda: uuid.uuid4().hex[:8])
    answers: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    made: list[tuple[str, str]] = dataclasses.field(default_factory=list)

    @property
    def scope(self) -> str:
        return f"/subscriptions/{self.subscription}"

    @property
    def group(self) -> str:
        """The resource group's id; the capitals show who lower-cases."""
        return f"{self.scope}/resourceGroups/rg-Parity-{self.run}"

    def configuration(self, name: str) -> str:
        return f"{self.group}/providers/{CONFIGURATION}/{name}"

    def ask(self, step: str, method: str, path: str, version: str, body: Any = None, **headers: str) -> httpx.Response:
        """Send one request of a statement, and keep the answer; what it makes is removed in the end."""
        answer = self._send(method, path, version, body, headers)
        if method == "PUT" and answer.is_success:
            self.made.append((path, version))
        self.answers.append(
            {
                "step": step,
                "method": method,
                "path": self._neutral(path),
                "apiVersion": version,
                "status": answer.status_code,
                "headers": {name: _OWN_HEADERS[name] for name in _COMPARED_HEADERS if name in answer.headers},
                "body": self._neutral(_json(answer)),
            }
        )
        return answer

    def _send(self, method: str, path: str, version: str, body: Any, headers: dict[str, str]) -> httpx.Response:
        own = {"Authorization": f"Bearer {self.token()}"} if self.token else {}
        query = {"api-version": version}
        return self.http.request(method, path, params=query, json=body, headers={**own, **headers})

    def _neutral(self, value: Any) -> Any:
        """The same without what is of one run, one subscription, one caller or one moment."""
        if isinstance(value, dict):
            return {
                key: f"<{key}>" if key in _PEOPLE and item is not None else self._neutral(item)
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self._neutral(item) for item in value]
        if isinstance(value, str):
            text = value.replace(self.run, "<run>").replace(self.subscription, "<subscription>")
            text = text.replace(self.location, "<location>")
            return _INSTANT.sub("<instant>", _GUID.sub("<guid>", text))
        return value

    @contextmanager
    def own_group(self) -> Iterator[None]:
        """Hold the resource group for the time of the block, and remove it and everything else that was made."""
        body = {"location": self.location, "tags": {"purpose": "parity of azure-patching's local Azure"}}
        answer = self._send("PUT", self.group, _GROUPS, body, {})
        assert answer.is_success, answer.text
        try:
            yield
        finally:
            self._clean_up()

    def _clean_up(self) -> None:
        left = [path for path, version in reversed(self.made) if not self._gone(path, version)]
        if not self._gone(self.group, _GROUPS):
            left.append(self.group)
        assert not left, f"not removed, please do it: {', '.join(left)}"

    def _gone(self, path: str, version: str) -> bool:
        answer = self._send("DELETE", path, version, None, {})
        return answer.status_code in _ENDED or answer.status_code == httpx.codes.ACCEPTED

    def missing_registrations(self) -> list[str]:
        """The namespaces that the subscription has to be registered for, and is not."""
        wanted = ("Microsoft.Maintenance", "Microsoft.PolicyInsights")
        states = {
            one: _json(self._send("GET", f"{self.scope}/providers/{one}", _GROUPS, None, {})) or {} for one in wanted
        }
        return [one for one, answer in states.items() if answer.get("registrationState") != "Registered"]


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json() if answer.content else None
    except ValueError:
        return answer.text


def record(folder: Path, name: str, service: Service, host: str) -> None:
    """Keep what a statement's requests were answered, with the day and whose answers they are."""
    snapshot = {
        "statement": name,
        "recorded": dt.datetime.now(dt.UTC).date().isoformat(),
        "host": host,
        "answers": service.answers,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(snapshot, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def recorded(folder: Path, name: str) -> dict[str, Any] | None:
    """The snapshot of a statement; None where it was never recorded."""
    file = folder / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None


_NOTHING = object()


def differences(theirs: Any, ours: Any, path: str = "$") -> list[str]:
    """Where two answers differ. The wording of a message is free, whether there is one is not."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return [
            fault
            for key in sorted(theirs.keys() | ours.keys())
            for fault in differences(theirs.get(key, _NOTHING), ours.get(key, _NOTHING), f"{path}.{key}")
        ]
    if isinstance(theirs, list) and isinstance(ours, list):
        lengths = [] if len(theirs) == len(ours) else [f"{path}: Azure has {len(theirs)}, the local Azure {len(ours)}"]
        pairs = enumerate(zip(theirs, ours, strict=False))
        return lengths + [
            fault for number, (one, other) in pairs for fault in differences(one, other, f"{path}[{number}]")
        ]
    worded = path.endswith(".message") and isinstance(theirs, str) and isinstance(ours, str)
    if theirs == ours or (worded and theirs and ours):
        return []
    return [f"{path}: Azure {_shown(theirs)}, the local Azure {_shown(ours)}"]


def _shown(value: Any) -> str:
    return "nothing" if value is _NOTHING else repr(value)

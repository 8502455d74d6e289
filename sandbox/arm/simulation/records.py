"""What is kept of an assessment and of an installation, and how each is told of.

A machine keeps its last assessment and its last installation; the installations of thirty days are kept beside it, as
Azure Resource Graph shows them (source: "Access Azure Update Manager operations data using Azure Resource Graph").
"""

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sandbox.arm.azure import Azure, ResourceType
from sandbox.arm.bodies import mapping_at
from sandbox.arm.ids import ResourceId
from sandbox.arm.simulation.catalogue import Update
from sandbox.arm.store import Resource
from sandbox.arm.times import instant

DAY = 24 * 3600
INSTALLATIONS_KEPT = 30 * DAY
ASSESSMENTS_KEPT = 7 * DAY
USER, SCHEDULE = "User", "Platform"
_ASSESSMENT, _INSTALLATION = "assessment", "installation"
_CLASSIFICATIONS = {
    "Windows": ("critical", "security", "updateRollup", "featurePack", "servicePack", "definition", "tools", "updates"),
    "Linux": ("critical", "security", "other"),
}
_SERVICES = {"Windows": "WU-WSUS", "Linux": "APT"}
_CRITICAL_AND_SECURITY = ("critical", "security")


@dataclass(frozen=True)
class Patch:
    """One update in a record; `state` is what an installation did with it."""

    name: str
    version: str
    kb: str
    classification: str
    reboot: str
    published: float
    state: str = "Available"

    @property
    def shown(self) -> dict[str, Any]:
        """The update as the services answer it, but for its state: one of Windows by its number, a package by version.

        Microsoft's sample queries tell the two apart by that.
        """
        known_by = {"kbId": self.kb} if self.kb else {"version": self.version}
        return {
            "patchId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.name} {self.version}")),
            "name": self.name,
            **known_by,
            "classifications": [self.classification],
            "rebootBehavior": self.reboot,
            "publishedDate": instant(self.published),
        }


@dataclass(frozen=True)
class Assessment:
    """An assessment: when it was made, in seconds since the epoch, by whom, and what it found."""

    activity: str
    system: str
    moment: float
    started_by: str
    reboot_pending: bool
    patches: list[Patch]

    @property
    def counts(self) -> dict[str, int]:
        """How many updates there are of each classification that the system has."""
        found = Counter(patch.classification.lower() for patch in self.patches)
        return {name: found[name.lower()] for name in _CLASSIFICATIONS[self.system]}

    @property
    def critical_and_security(self) -> int:
        """How many updates are critical or for security."""
        return sum(self.counts[name] for name in _CRITICAL_AND_SECURITY)


@dataclass(frozen=True)
class Installed:
    """An installation: `started` and `ended` in seconds since the epoch, `run` the id of a schedule's run, or empty."""

    activity: str
    system: str
    started: float
    ended: float
    started_by: str
    status: str
    exceeded: bool
    reboot_status: str
    patches: list[Patch]
    run: str = ""
    error: str = ""

    @property
    def counts(self) -> dict[str, int]:
        """How many updates there are in each state."""
        found = Counter(patch.state for patch in self.patches)
        states = ("Excluded", "NotSelected", "Pending", "Installed", "Failed")
        return {f"{state[0].lower()}{state[1:]}PatchCount": found[state] for state in states}


def patches(updates: Iterable[Update], state: str = "Available") -> list[Patch]:
    """Return updates as records have them."""
    return [
        Patch(one.name, one.version, one.kb, one.classification, one.reboot, one.published, state) for one in updates
    ]


def available_patches(record: Assessment) -> list[dict[str, Any]]:
    """Return what an assessment found, as the answer to one has it."""
    last = {"activityId": record.activity, "lastModifiedDateTime": instant(record.moment)}
    return [{**patch.shown, **last, "assessmentState": patch.state} for patch in record.patches]


def installed_patches(record: Installed) -> list[dict[str, Any]]:
    """Return what an installation did with each update, as the answer to one has it."""
    return [{**patch.shown, "installationState": patch.state} for patch in record.patches]


def common(system: str, started_by: str) -> dict[str, str]:
    """Return what both kinds of records are shown with."""
    return {"osType": system, "startedBy": started_by, "patchServiceUsed": _SERVICES[system]}


def kept(record: Assessment | Installed) -> dict[str, Any]:
    """Return what a machine keeps of its last assessment or installation, under the name of its kind."""
    name = _ASSESSMENT if isinstance(record, Assessment) else _INSTALLATION
    return {name: plain(record)}


def plain(record: Assessment | Installed) -> dict[str, Any]:
    """Return a record as JSON."""
    return {**vars(record), "patches": [list(vars(patch).values()) for patch in record.patches]}


def last_assessment(machine: Resource) -> Assessment | None:
    """Return a machine's last assessment."""
    found = mapping_at(machine.private, _ASSESSMENT)
    return Assessment(**_with_patches(found)) if found else None


def last_installation(machine: Resource) -> Installed | None:
    """Return a machine's last installation."""
    found = mapping_at(machine.private, _INSTALLATION)
    return installation(found) if found else None


def installation(found: dict[str, Any]) -> Installed:
    """Return an installation from its JSON."""
    return Installed(**_with_patches(found))


def _with_patches(found: dict[str, Any]) -> dict[str, Any]:
    return {**found, "patches": [Patch(*one) for one in found["patches"]]}


def results_type(machine_type: str) -> str:
    """Return the type under which the installations on machines of a type are kept."""
    return f"{machine_type}/patchInstallationResults"


def result_resource(machine: ResourceId, record: Installed) -> Resource:
    """Return an installation as a resource below its machine, to be forgotten in its time."""
    result = ResourceId(machine.scope, results_type(machine.type), (*machine.names, record.activity))
    return Resource(result, {}, plain(record), due=record.ended + INSTALLATIONS_KEPT)


def results_kept(machine_type: str, api_versions: frozenset[str]) -> ResourceType:
    """Return the resource type of the installations on machines of a type. It answers no request: queries show them."""
    return ResourceType(results_type(machine_type), api_versions, due=_forget)


def _forget(azure: Azure, result: Resource) -> None:
    azure.store.delete(result.id)

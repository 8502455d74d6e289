"""Stacks in a local Azure, made by plain requests, a time that passes there, and what the stacks' queries answer."""

import json
from datetime import UTC, datetime

import pytest

from patching.queries import queries_for
from patching.settings import read_settings
from sandbox.arm.seed import seed
from tests.arm.conftest import FACTORY, SPOKE, SUBSCRIPTION, made
from tests.conftest import REPOSITORY

GRAPH = "/providers/Microsoft.ResourceGraph/resources"
BEGINNING = datetime(2027, 1, 1, tzinfo=UTC)
SUBSCRIPTIONS = {"main": {"id": SUBSCRIPTION}, "spoke": {"id": SPOKE}, "factory": {"id": FACTORY}}


def name_of(resource_id):
    return resource_id.rsplit("/", 1)[-1]


def settings_of(**keys):
    """The settings of a stack over the three subscriptions; keys of the project without their namespace."""
    config = {"azure-native:location": "westeurope", "subscriptions": SUBSCRIPTIONS, **keys}
    reading = read_settings(config, project="azure-patching", stack="watched")
    assert reading.faults == (), [str(one) for one in reading.faults]
    return reading.settings


def schedule(recur_every="Week Sunday", start="2027-01-03 04:00", **changes):
    """A schedule of a stack file that installs everything it can."""
    windows = ["Critical", "Security", "UpdateRollup", "Updates", "Definition", "Tools"]
    return {
        "start": start,
        "timeZone": "UTC",
        "duration": "03:00",
        "recurEvery": recur_every,
        "updates": {
            "linux": {"classifications": ["Critical", "Security", "Other"]},
            "windows": {"classifications": windows},
        },
        **changes,
    }


class Watched:
    """One local Azure, whose clock begins with 2027, and what its stack is watched by."""

    def __init__(self, arm, server, state):
        self.arm, self.server, self.state = arm, server, state
        self.settings = None

    def deploy(self, settings):
        """Make the groups, schedules and assignments that settings ask for, without the project's own program."""
        self.settings = settings
        for one in settings.schedules.values():
            self.make(one)

    def make(self, one):
        """Make one schedule of them."""
        group = f"/subscriptions/{one.subscription_id}/resourceGroups/{one.resource_group}"
        made(self.arm.put(group, {"location": one.location}))
        updates = one.updates
        properties = {
            "maintenanceScope": "InGuestPatch",
            "extensionProperties": {"InGuestPatchMode": "User"},
            "maintenanceWindow": {
                "startDateTime": f"{one.schedule.start:%Y-%m-%d %H:%M}",
                "duration": "03:00",
                "timeZone": one.schedule.time_zone,
                "recurEvery": str(one.schedule.recurrence),
            },
            "installPatches": {
                "rebootSetting": updates.reboot.value,
                "linuxParameters": {"classificationsToInclude": list(updates.linux.classifications)},
                "windowsParameters": {"classificationsToInclude": list(updates.windows.classifications)},
            },
        }
        made(self.arm.put(one.resource_id, {"location": one.location, "properties": properties}))
        for machine in one.machines:
            self.assign(one.resource_id, machine.resource_id, machine.assignment_name, machine.location)
        for scope in one.scopes.values():
            for target in scope.targets:
                self._scope(one, scope, target)

    def _scope(self, one, scope, target):
        place = f"/subscriptions/{target.subscription_id}"
        if target.resource_group:
            place = f"{place}/resourceGroups/{target.resource_group}"
        tags = {name: list(values) for name, values in scope.filter.tags.items()}
        wanted = {
            "resourceTypes": list(scope.filter.resource_types),
            "resourceGroups": list(scope.filter.resource_groups),
            "osTypes": [os.value for os in scope.filter.os_types],
            "locations": list(scope.filter.locations),
            "tagSettings": {"tags": tags, "filterOperator": scope.filter.tag_operator.value},
        }
        self.attach(
            f"{place}/providers/Microsoft.Maintenance/configurationAssignments/{target.assignment_name}",
            {"maintenanceConfigurationId": one.resource_id, "filter": {k: v for k, v in wanted.items() if v}},
            target.location,
        )

    def assign(self, configuration_id, machine_id, name="by-hand", location="westeurope"):
        path = f"{machine_id}/providers/Microsoft.Maintenance/configurationAssignments/{name}"
        self.attach(path, {"maintenanceConfigurationId": configuration_id}, location)

    def attach(self, path, properties, location):
        """Make an assignment, of a machine or a dynamic scope."""
        made(self.arm.put(path, {"location": location, "properties": properties}))

    def load(self, rows):
        """Put machines there, as an inventory has them."""
        report = seed(self.state, rows)
        assert report.left == []

    def pass_time(self, until):
        """Move the clock; every run there has been so far, in order."""
        answer = self.arm.http.post("/_sandbox/clock", json={"until": until}, timeout=120)
        assert answer.status_code == 200, answer.text
        return self.runs()

    def runs(self):
        return made(self.arm.http.get("/_sandbox/runs", timeout=60))["value"]

    @property
    def now(self):
        return datetime.fromisoformat(made(self.arm.http.get("/_sandbox/clock"))["now"])

    @property
    def queries(self):
        return queries_for(self.settings)

    def ask(self, name, **options):
        """What one of the stack's queries answers: rows, all pages of them."""
        return self.rows(self.queries[name], **options)

    def rows(self, query, **options):
        found, token = [], None
        while True:
            body = {"query": query, "options": options | ({"$skipToken": token} if token else {})}
            page = made(self.arm.send("POST", GRAPH, body, **{"api-version": "2021-03-01"}))
            found += page["data"]
            token = page.get("$skipToken")
            if not token:
                return found

    def names(self, query_name, column="id"):
        return sorted(name_of(row[column]) for row in self.ask(query_name))


@pytest.fixture
def clock(clock):
    clock.seconds = BEGINNING.timestamp()
    return clock


@pytest.fixture
def watched(arm, server, tmp_path):
    return Watched(arm, server, tmp_path)


@pytest.fixture
def estate():
    """The rows of the lab's estate."""
    return json.loads((REPOSITORY / "sandbox" / "estate.json").read_text(encoding="utf-8"))["data"]


def ready(row):
    """A machine's row, as one that a schedule would patch and that is assessed daily."""
    row = json.loads(json.dumps(row))
    profile = row["properties"].get("osProfile") or {}
    for name in ("linuxConfiguration", "windowsConfiguration"):
        if name in profile:
            profile[name]["patchSettings"] = {
                "patchMode": "AutomaticByPlatform",
                "assessmentMode": "AutomaticByPlatform",
                "automaticByPlatformSettings": {"bypassPlatformSafetyChecksOnUserSchedule": True},
            }
    return row


@pytest.fixture
def within():
    """Read something of the local Azure's own store, while nothing else does."""

    def read(server, look):
        with server.azure.store.transaction():
            return look(server.azure)

    return read

"""A local Azure whose clock is moved by its own route, and what happened meanwhile."""

from datetime import UTC, datetime

import pytest

from tests.arm.conftest import SUBSCRIPTION, configuration_body, made

GRAPH = "/providers/Microsoft.ResourceGraph/resources"
EVERYTHING = {"classificationsToInclude": ["Critical", "Security", "Other"]}
WINDOWS = ["Critical", "Security", "UpdateRollup", "FeaturePack", "ServicePack", "Definition", "Tools", "Updates"]


class World:
    """The clock starts on 1 January 2027 at midnight UTC."""

    def __init__(self, arm, group):
        self.arm = arm
        self.group = group

    def pass_time(self, until):
        """Move the clock; the runs on the way."""
        before = self.arm.http.get("/_sandbox/clock").json()["now"]
        answer = self.arm.http.post("/_sandbox/clock", json={"until": until})
        assert answer.status_code == 200, answer.text
        return self.arm.http.get("/_sandbox/runs", params={"after": before, "until": until}).json()["value"]

    def schedule(self, name, recur_every="Day", start="2027-01-05 22:00", **changes):
        """Make a configuration; its path."""
        window = {"recurEvery": recur_every, "startDateTime": start, "timeZone": "UTC", **changes.pop("window", {})}
        path = f"{self.group}/providers/Microsoft.Maintenance/maintenanceConfigurations/{name}"
        patches = {"linuxParameters": EVERYTHING, "windowsParameters": {"classificationsToInclude": WINDOWS}}
        body = configuration_body(window=window, **{"installPatches": patches, **changes})
        made(self.arm.put(path, body))
        return path

    def assign(self, configuration, machine, name="a"):
        path = f"{machine}/providers/Microsoft.Maintenance/configurationAssignments/{name}"
        properties = {"maintenanceConfigurationId": configuration}
        made(self.arm.put(path, {"location": "westeurope", "properties": properties}))

    def assign_all(self, configuration, name="all"):
        path = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Maintenance/configurationAssignments/{name}"
        properties = {"maintenanceConfigurationId": configuration, "filter": {"osTypes": ["Windows", "Linux"]}}
        made(self.arm.put(path, {"location": "global", "properties": properties}))

    def rows(self, query):
        answer = self.arm.send("POST", GRAPH, {"query": query}, **{"api-version": "2021-03-01"})
        return made(answer)["data"]


@pytest.fixture
def clock(clock):
    clock.seconds = datetime(2027, 1, 1, tzinfo=UTC).timestamp()
    return clock


@pytest.fixture
def world(arm, group):
    return World(arm, group)

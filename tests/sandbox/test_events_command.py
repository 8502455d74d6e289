"""`python -m sandbox events`, with and without a running local Azure."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.sandbox.conftest import assert_clear_failure

SUBSCRIPTION = "/subscriptions/11111111-1111-4111-8111-111111111111"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-time"
CONFIGURATION = f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations/daily"
TOPIC = f"{GROUP}/providers/Microsoft.EventGrid/systemTopics/topic"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/store"
WINDOW = {"startDateTime": "2030-01-01 22:00", "timeZone": "UTC", "duration": "01:30", "recurEvery": "Day"}
BODIES = {
    f"{GROUP}?api-version=2022-09-01": {"location": "westeurope"},
    f"{CONFIGURATION}?api-version=2023-04-01": {
        "location": "westeurope",
        "properties": {
            "maintenanceScope": "InGuestPatch",
            "extensionProperties": {"InGuestPatchMode": "User"},
            "maintenanceWindow": WINDOW,
            "installPatches": {"linuxParameters": {"classificationsToInclude": ["Security"]}},
        },
    },
    f"{TOPIC}?api-version=2022-06-15": {
        "location": "westeurope",
        "properties": {"source": CONFIGURATION, "topicType": "Microsoft.Maintenance.MaintenanceConfigurations"},
    },
    f"{TOPIC}/eventSubscriptions/sub?api-version=2022-06-15": {
        "properties": {
            "destination": {
                "endpointType": "StorageQueue",
                "properties": {"resourceId": ACCOUNT, "queueName": "runs"},
            }
        }
    },
}


def test_what_was_raised_is_told_while_it_runs_and_after(run, start):
    server = start("serve")
    url = server.stdout.readline().strip().partition("=")[2]
    for path, body in BODIES.items():
        assert httpx.put(f"{url}{path}", json=body).is_success
    assert run("run-until", "2030-01-02T12:00Z").returncode == 0
    running = run("events")
    assert running.returncode == 0, running.stderr
    heading, pre, post = running.stdout.splitlines()
    assert heading.split() == ["Raised", "Event", "Schedule", "Subscription", "To", "Delivery"]
    common = ["daily", "sub", "StorageQueue", "runs", "Delivered"]
    assert pre.split() == ["2030-01-01", "21:25", "PreMaintenanceEvent", *common]
    assert post.split() == ["2030-01-01", "22:00", "PostMaintenanceEvent", *common]
    server.terminate()
    server.wait(60)
    ended = run("events", "--after", "2030-01-01T21:30Z", "--until", "2030-01-02", "--format", "json")
    (event,) = json.loads(ended.stdout)["events"]
    assert event["type"] == "Microsoft.Maintenance.PostMaintenanceEvent"
    assert event["deliveries"][0]["message"]["eventType"] == event["type"]


def test_without_events_it_says_so(run):
    assert run("events").stdout == "No events.\n"


@pytest.mark.parametrize("option", ["--after", "--until"])
def test_an_instant_that_is_none_is_refused(run, option):
    ended = run("events", option, "yesterday")
    assert_clear_failure(ended)
    assert "ISO 8601" in ended.stderr

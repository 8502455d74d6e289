"""Maintenance configurations fire as the clock is moved over their times."""

from datetime import UTC, datetime

import pytest

from sandbox.arm.simulation.travel import pass_time
from sandbox.arm.world import open_azure
from tests.arm.conftest import READY, made, refused

LINUX_RUN = "microsoft.maintenance/applyupdates"


def starts(runs):
    return [run["start"][:16] for run in runs]


def statuses(runs):
    return [one["status"] for run in runs for one in run["machines"]]


def errors(runs):
    return {one["error"]["code"] for run in runs for one in run["machines"] if "error" in one}


def test_a_schedule_runs_at_its_times_on_its_machine_and_at_no_other(world, machine):
    vm = machine("vm", **READY)
    machine("other", **READY)
    world.assign(world.schedule("daily", window={"expirationDateTime": "2027-01-08 22:00"}), vm)
    assert world.pass_time("2027-01-05T21:59:59Z") == []
    runs = world.pass_time("2027-02-01T00:00Z")
    assert starts(runs) == ["2027-01-05T22:00", "2027-01-06T22:00", "2027-01-07T22:00"]
    assert [[one["id"] for one in run["machines"]] for run in runs] == [[vm]] * 3
    assert statuses(runs) == ["Succeeded"] * 3
    assert world.pass_time("2027-03-01T00:00Z") == []


def test_what_was_installed_is_not_installed_again(world, machine):
    vm = machine("vm", **READY)
    world.assign(world.schedule("daily"), vm)
    runs = world.pass_time("2027-03-05T23:00Z")
    installed = [run["machines"][0]["counts"]["installedPatchCount"] for run in runs]
    assert installed[0] > 0
    # Nothing is published so often that each day has something, and in two months something is.
    assert 0 in installed[1:]
    assert any(installed[1:])
    names = [
        (row["n"], row["v"])
        for row in world.rows(
            "patchinstallationresources | where type endswith '/softwarepatches' "
            "| where properties.installationState == 'Installed' "
            "| project n = tostring(properties.patchName), v = tostring(properties.version)"
        )
    ]
    assert names
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda world, vm: made(world.arm.post(f"{vm}/deallocate")), "ShutdownOrUnresponsive"),
        (lambda world, vm: made(world.arm.post(f"{vm}/powerOff")), "ShutdownOrUnresponsive"),
    ],
)
def test_a_machine_that_is_off_is_recorded_as_such(world, machine, act, code):
    vm = machine("vm", **READY)
    world.assign(world.schedule("daily"), vm)
    act(world, vm)
    runs = world.pass_time("2027-01-06T00:00Z")
    assert (statuses(runs), errors(runs)) == (["Failed"], {code})
    made(world.arm.post(f"{vm}/start"))
    assert statuses(world.pass_time("2027-01-07T00:00Z")) == ["Succeeded"]


def test_a_machine_that_is_not_ready_is_recorded_as_such(world, machine):
    machine("ready", **READY)
    machine("plain")
    machine("half", patchMode="AutomaticByPlatform")
    world.assign_all(world.schedule("daily"))
    (run,) = world.pass_time("2027-01-06T00:00Z")
    found = {one["id"].rsplit("/", 1)[-1]: one for one in run["machines"]}
    assert {name: one["status"] for name, one in found.items()} == {
        "ready": "Succeeded",
        "plain": "Failed",
        "half": "Failed",
    }
    assert "does not meet the prerequisites" in found["half"]["error"]["message"]
    assert run["status"] == "Failed"


def test_of_two_schedules_with_the_same_start_one_runs(world, machine):
    vm = machine("vm", **READY)
    for name in ("first", "second"):
        world.assign(world.schedule(name), vm, name)
    runs = world.pass_time("2027-01-06T00:00Z")
    assert sum(len(run["machines"]) for run in runs) == 1
    ((skipped,),) = [run["skipped"] for run in runs if run["skipped"]]
    assert skipped["id"] == vm.lower()


def test_a_run_waits_for_the_one_before_and_loses_of_its_window(world, machine):
    vm = machine("vm", "Windows", **READY)
    world.assign(world.schedule("first", start="2027-03-13 22:00"), vm, "a")
    # What was published since the image was made takes an hour or two.
    world.assign(world.schedule("second", start="2027-03-13 22:01", window={"duration": "03:55"}), vm, "b")
    first, second = world.pass_time("2027-03-14T06:00Z")
    assert first["machines"][0]["end"] > "2027-03-13T22:01"
    assert second["machines"][0]["start"] == first["machines"][0]["end"]


def test_a_run_that_waits_for_longer_than_its_window_fails(server, world, machine, clock):
    vm = machine("vm", **READY)
    world.assign(world.schedule("late", start="2027-01-05 22:00", window={"duration": "01:30"}), vm)
    stored = server.azure.store.get(
        next(one.id for one in server.azure.store.under("", "Microsoft.Compute/virtualMachines"))
    )
    busy = {"installed": {}, "busy_until": datetime(2027, 1, 5, 23, 30, tzinfo=UTC).timestamp()}
    stored.private["patching"] = busy
    server.azure.store.keep(stored)
    runs = world.pass_time("2027-01-06T00:00Z")
    assert (statuses(runs), errors(runs)) == (["Failed"], {"ScheduleTimeout"})


def test_a_restart_that_is_never_made_is_warned_of(world, machine):
    vm = machine("vm", "Windows", **READY)
    patches = {"rebootSetting": "Never", "windowsParameters": {"classificationsToInclude": ["Security"]}}
    world.assign(world.schedule("never", start="2027-04-20 22:00", installPatches=patches), vm)
    runs = world.pass_time("2027-04-21T00:00Z")
    assert statuses(runs) == ["CompletedWithWarnings"]
    (row,) = world.rows("patchinstallationresources | where type endswith '/patchinstallationresults'")
    assert (row["properties"]["status"], row["properties"]["rebootStatus"]) == ("CompletedWithWarnings", "Required")
    # The machine's own setting comes before the configuration's.
    own = {**READY, "automaticByPlatformSettings": {**READY["automaticByPlatformSettings"], "rebootSetting": "Always"}}
    body = world.arm.get(vm).json()
    body["properties"]["osProfile"]["windowsConfiguration"]["patchSettings"] = own
    made(world.arm.patch(vm, {"properties": {"osProfile": body["properties"]["osProfile"]}}))
    assert statuses(world.pass_time("2027-04-22T00:00Z")) == ["Succeeded"]


def test_a_run_in_the_middle_is_in_progress(world, machine):
    vm = machine("vm", "Windows", **READY)
    schedule = world.schedule("daily", start="2027-03-13 22:00")
    world.assign(schedule, vm)
    (run,) = world.pass_time("2027-03-13T22:01Z")
    assert run["status"] == "InProgress"
    query = f"maintenanceresources | where type =~ '{LINUX_RUN}' | project status = tostring(properties.status)"
    assert world.rows(query) == [{"status": "InProgress"}]
    listed = made(world.arm.get(f"{vm}/providers/Microsoft.Maintenance/applyUpdates"))["value"]
    assert [one["properties"]["status"] for one in listed] == ["InProgress"]
    world.pass_time("2027-03-14T02:00Z")
    assert world.rows(query) == [{"status": "Succeeded"}]
    assert made(world.arm.get(listed[0]["id"]))["properties"]["status"] == "Completed"
    assert len(made(world.arm.get(f"{schedule}/providers/Microsoft.Maintenance/applyUpdates"))["value"]) == 1


def cancel(world, schedule, name):
    path = f"{schedule}/providers/Microsoft.Maintenance/applyUpdates/{name}"
    return world.arm.send("PUT", path, {"properties": {"status": "Cancel"}}, **{"api-version": "2023-09-01-preview"})


def test_a_run_is_cancelled_up_to_ten_minutes_before(world, machine):
    vm = machine("vm", **READY)
    schedule = world.schedule("daily")
    world.assign(schedule, vm)
    world.pass_time("2027-01-05T21:49:50Z")
    answer = cancel(world, schedule, "20270105220000")
    assert (answer.status_code, made(answer)["properties"]["status"]) == (201, "Cancelled")
    assert cancel(world, schedule, "20270105220000").status_code == 200
    refused(cancel(world, schedule, "20270105210000"), 400, "BadRequest")
    refused(cancel(world, schedule, "tomorrow"), 400, "BadRequest")
    cancelled, run = world.pass_time("2027-01-06T23:00Z")
    assert (cancelled["status"], cancelled["machines"]) == ("Cancelled", [])
    assert statuses([run]) == ["Succeeded"]
    world.pass_time("2027-01-07T21:50:01Z")
    refused(cancel(world, schedule, "20270107220000"), 400, "BadRequest")


def test_a_configuration_that_changes_or_goes_runs_as_it_is_then(world, machine, clock):
    vm = machine("vm", **READY)
    schedule = world.schedule("daily")
    world.assign(schedule, vm)
    made(world.arm.patch(schedule, {"properties": {"maintenanceWindow": {"recurEvery": "Week Sunday"}}}))
    etag = world.arm.get(schedule).headers["ETag"]
    assert starts(world.pass_time("2027-01-20T00:00Z")) == ["2027-01-10T22:00", "2027-01-17T22:00"]
    assert world.arm.get(schedule).headers["ETag"] == etag
    made(world.arm.delete(schedule))
    assert world.pass_time("2027-03-01T00:00Z") == []


def test_schedules_run_as_well_when_nobody_moves_the_clock(world, machine, clock):
    vm = machine("vm", **READY)
    world.assign(world.schedule("daily"), vm)
    clock.seconds = datetime(2027, 1, 7, tzinfo=UTC).timestamp()
    rows = world.rows(
        f"maintenanceresources | where type =~ '{LINUX_RUN}' | project s = tostring(properties.startDateTime)"
    )
    assert sorted(row["s"][:16] for row in rows) == ["2027-01-05T22:00", "2027-01-06T22:00"]


def test_installations_are_kept_for_thirty_days(server, world, machine):
    vm = machine("vm", **READY)
    world.assign(world.schedule("daily"), vm)
    world.pass_time("2027-03-01T00:00Z")
    query = (
        "patchinstallationresources | where type endswith '/patchinstallationresults' "
        "| project m = tostring(properties.lastModifiedDateTime)"
    )
    ended = sorted(row["m"] for row in world.rows(query))
    assert ended[0][:10] == "2027-01-30"
    assert len(ended) == 30
    kept = server.azure.store.under("", "Microsoft.Compute/virtualMachines/patchInstallationResults")
    assert len(kept) == 30


def test_a_machine_is_assessed_every_day(world, machine, clock):
    machine("vm", **READY)
    off = machine("off", **READY)
    machine("plain")
    made(world.arm.post(f"{off}/deallocate"))
    world.pass_time("2027-01-20T12:00Z")
    query = "patchassessmentresources | where type endswith '/patchassessmentresults'"
    (row,) = world.rows(query)
    assert row["id"].endswith("/virtualMachines/vm/patchAssessmentResults/latest")
    assert row["properties"]["startedBy"] == "Platform"
    assert "2027-01-19T12:00" < row["properties"]["lastModifiedDateTime"] <= "2027-01-20T12:00:00.000000Z"
    patches = world.rows("patchassessmentresources | where type endswith '/softwarepatches'")
    assert len(patches) == sum(row["properties"]["availablePatchCountByClassification"].values())


def test_patch_tuesdays_updates_appear_on_patch_tuesday(world, machine):
    machine("vm", "Windows", **READY)
    query = (
        "patchassessmentresources | where type endswith '/softwarepatches' "
        "and properties.patchName contains '2027-02 Cumulative Update for Windows'"
    )
    world.pass_time("2027-02-09T17:00Z")
    assert world.rows(query) == []
    world.pass_time("2027-02-10T18:01Z")
    assert len(world.rows(query)) == 1


def test_a_lost_process_leaves_a_world_from_which_the_clock_goes_on(tmp_path, server, world, machine, clock):
    vm = machine("vm", **READY)
    world.assign(world.schedule("daily"), vm)
    answer = world.arm.http.post("/_sandbox/clock", json={"until": "2027-06-01T00:00Z", "seconds": 0})
    assert answer.json()["arrived"] is False
    server.stop()
    azure = open_azure(tmp_path, clock=clock)
    found = datetime.fromtimestamp(azure.now(), UTC)
    assert found == datetime.fromisoformat(answer.json()["now"])
    assert datetime(2027, 1, 1, tzinfo=UTC) < found < datetime(2027, 1, 6, tzinfo=UTC)
    pass_time(azure, datetime(2027, 1, 8, tzinfo=UTC).timestamp())
    from sandbox.arm.simulation.reporting import runs_between

    assert starts(runs_between(azure, 0, azure.now())) == [f"2027-01-0{day}T22:00" for day in (5, 6, 7)]
    azure.store.close()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"until": 1}',
        b'{"until": "x"}',
        b'{"until": "2027-13-01"}',
        b'{"until": "9999-01-01"}',
        b'{"until": "2026-01-01T00:00Z"}',
        b'{"until": "2027-02-01", "seconds": "x"}',
        b'{"until": "2027-02-01", "seconds": [1]}',
    ],
)
def test_no_body_is_too_strange_for_a_refusal(arm, body):
    answer = arm.http.post("/_sandbox/clock", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


def test_who_signs_in_cannot_move_the_clock(server, trusting):
    assert trusting.get(f"{server.https_url}/_sandbox/clock").status_code == 404

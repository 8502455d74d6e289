"""What an emergency is made of: one run, its rings' targets, and what they all install."""

# ruff: noqa: DTZ001 (a schedule starts at a wall-clock time)

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from patching.checks.emergencies import check_emergency
from patching.emergency import Asked, judge_timing, one_off
from patching.emergency.updates import shared_updates, systems_of
from patching.faults import Findings
from patching.freezes import OnRun
from patching.recurrence_grammar import parse
from patching.schedule import Schedule
from patching.settings.model import EMERGENCY_TAG, LinuxUpdates, Reboot, Updates, WindowsUpdates
from patching.settings.reading import read_settings
from patching.zones import windows_ids
from sandbox.arm.providers.maintenance.occurrences import next_opening, window_of

MACHINES = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg/providers/Microsoft.Compute"
WEB, DB = f"{MACHINES}/virtualMachines/web", f"{MACHINES}/virtualMachines/db"
RINGS = f"""
linux:
  start: "2027-01-10 22:00"
  timeZone: W. Europe Standard Time
  duration: "02:00"
  recurEvery: Week Sunday
  updates:
    reboot: IfRequired
    linux: {{classifications: [Critical, Security, Other], packageNameMasksToExclude: ["kernel*"]}}
  tags: {{team: web, cost: "1"}}
  machines: [{WEB}, {{id: {DB}, location: northeurope, assignmentName: by-the-portal}}]
  scopes:
    all: {{tags: {{ring: [prod]}}, assignmentName: by-the-portal}}
    arc: {{resourceTypes: [Microsoft.HybridCompute/machines]}}
windows:
  start: "2027-01-12 22:00"
  timeZone: W. Europe Standard Time
  duration: "03:30"
  recurEvery: Week Tuesday
  updates:
    reboot: Never
    windows: {{classifications: [Critical, Security], kbNumbersToExclude: ["5034441"], excludeKbsRequiringReboot: true}}
  tags: {{team: web, cost: "2"}}
  subscription: other
  machines: [{WEB.upper().replace("/SUBSCRIPTIONS", "/subscriptions")}]
  scopes:
    all: {{tags: {{ring: [prod]}}}}
both:
  start: "2027-01-13 22:00"
  timeZone: UTC
  duration: "02:30"
  recurEvery: Week Wednesday
  updates:
    reboot: Always
    windows: {{classifications: [Security], kbNumbersToExclude: ["5034442"]}}
    linux: {{classifications: [Security, Critical]}}
  scopes:
    others: {{osTypes: [Linux, Windows], tags: {{ring: [test]}}}}
by-policy:
  start: "2027-01-14 22:00"
  timeZone: UTC
  duration: "02:30"
  recurEvery: Week Thursday
  updates: {{linux: {{classifications: [Security]}}}}
"""
CONFIG = {
    "azure-native:location": "westeurope",
    "azure-patching:subscriptions": {
        "main": {"id": "11111111-1111-4111-8111-111111111111"},
        "other": {"id": "22222222-2222-4222-8222-222222222222"},
    },
    "azure-patching:schedules": yaml.safe_load(RINGS),
    "azure-patching:azurePolicies": {"attach": {"kind": "recurringUpdates", "scope": "main", "schedule": "by-policy"}},
}


def read(config):
    reading = read_settings(config, project="azure-patching", stack="prod")
    assert reading.faults == ()
    return reading


def make(start="2027-01-20 22:00", *rings, **more):
    findings = Findings()
    schedules = CONFIG["azure-patching:schedules"]
    made = one_off(Asked(start, rings, **more), read(CONFIG).settings, schedules, findings)
    return made, findings


def entry(*arguments, **more):
    made, findings = make(*arguments, **more)
    assert findings.faults == []
    with_it = {**CONFIG["azure-patching:schedules"], made.key: made.entry}
    read({**CONFIG, "azure-patching:schedules": with_it})
    return dict(made.entry)


def faults(*arguments, **more):
    made, findings = make(*arguments, **more)
    assert made is None
    return [(one.path, one.got.text) for one in findings.faults]


@given(
    st.sampled_from(windows_ids()),
    st.datetimes(datetime(2026, 1, 1), datetime(2036, 1, 1)),
    st.integers(90, 235),
)
def test_it_runs_exactly_once_whenever_and_wherever(zone, start, minutes):
    start = start.replace(second=0, microsecond=0)
    length = f"{minutes // 60:02}:{minutes % 60:02}"
    made, findings = make(f"{start:%Y-%m-%d %H:%M}", "linux", time_zone=zone, duration=length)
    if made is None:
        assert [one.path for one in findings.faults] == ["--start"]
        assert "daylight saving time skips" in findings.faults[0].expected
        return
    written = made.entry
    (run,) = islice(made.schedule.runs(), 3)
    assert run.end - run.start_utc == timedelta(minutes=minutes)
    # The local Azure works out openings in its own way.
    window = window_of(
        {
            "startDateTime": written["start"],
            "expirationDateTime": written["expires"],
            "timeZone": written["timeZone"],
            "duration": written["duration"],
            "recurEvery": written["recurEvery"],
        }
    )
    opening = next_opening(window, datetime(2025, 1, 1, tzinfo=UTC))
    assert opening == run.start_utc
    assert next_opening(window, opening) is None
    assert check_emergency("x", made.schedule, "why").faults == []
    # However the service reads an expiry that comes twice, the window is over by then.
    expires = datetime.fromisoformat(written["expires"]).replace(tzinfo=made.schedule.zone)
    assert expires.astimezone(UTC) >= run.end.astimezone(UTC)


def test_an_instant_is_the_same_in_any_zone():
    wall, instant = entry("2027-01-20 22:00", "linux"), entry("2027-01-20T21:00:00Z", "linux")
    assert wall == instant == entry("2027-01-20T16:00-05:00", "linux")
    assert (wall["start"], wall["expires"]) == ("2027-01-20 22:00", "2027-01-21 01:00")


@pytest.mark.parametrize("moment", ["2027-10-31T01:30:00Z", "2027-01-20T21:00:30Z"])
def test_an_instant_that_no_start_can_say_is_refused(moment):
    assert faults(moment, "linux") == [("--start", moment)]


def test_a_ring_s_targets_are_copied_without_the_names_of_its_assignments():
    made = entry("2027-01-20 22:00", "linux")
    written = CONFIG["azure-patching:schedules"]["linux"]
    assert made["machines"] == [WEB, {"id": DB, "location": "northeurope"}]
    assert made["scopes"] == {"all": {"tags": {"ring": ["prod"]}}, "arc": written["scopes"]["arc"]}
    assert made["updates"] == written["updates"]
    assert (made["timeZone"], made["duration"], made["tags"]) == (
        "W. Europe Standard Time",
        "02:00",
        {"team": "web", "cost": "1"},
    )
    assert "follows" not in made
    assert made["protect"] is False


def test_several_rings_are_one_schedule_that_patches_each_as_its_own_ring_would():
    made = entry("2027-01-20 22:00", "linux", "windows")
    assert made["machines"] == [WEB, {"id": DB, "location": "northeurope"}]
    assert made["scopes"] == {
        "all": {"tags": {"ring": ["prod"]}, "osTypes": ["Linux"]},
        "arc": {"resourceTypes": ["Microsoft.HybridCompute/machines"], "osTypes": ["Linux"]},
        "windows-all": {"tags": {"ring": ["prod"]}, "osTypes": ["Windows"]},
    }
    rings = CONFIG["azure-patching:schedules"]
    assert made["updates"] == {
        "reboot": "Never",
        "windows": rings["windows"]["updates"]["windows"],
        "linux": rings["linux"]["updates"]["linux"],
    }
    assert (made["duration"], made["tags"]) == ("03:30", {"team": "web"})
    assert "subscription" not in made
    assert entry("2027-01-20 22:00", "windows", "linux")["subscription"] == "other"


def test_all_rings_install_what_they_share():
    made = entry("2027-01-20T21:00:00Z")
    assert made["updates"] == {
        "reboot": "Never",
        "windows": {
            "classifications": ["Security"],
            "kbNumbersToExclude": ["5034442", "5034441"],
            "excludeKbsRequiringReboot": True,
        },
        "linux": {"classifications": ["Security"], "packageNameMasksToExclude": ["kernel*"]},
    }
    assert made["scopes"]["others"] == {"osTypes": ["Linux", "Windows"], "tags": {"ring": ["test"]}}


def test_what_is_named_is_installed_and_nothing_else():
    made = entry("2027-01-20T21:00:00Z", kbs=("KB5039999",), reboot="IfRequired")
    assert made["updates"] == {"reboot": "IfRequired", "windows": {"kbNumbersToInclude": ["5039999"]}}
    assert made["scopes"] == {
        "all": {"tags": {"ring": ["prod"]}},
        "others": {"osTypes": ["Windows"], "tags": {"ring": ["test"]}},
    }
    assert made["emergency"] == "One run of both, windows, out of turn"
    assert faults("2027-01-20 22:00", "linux", kbs=("5039999",)) == [("--ring", "linux")]
    both = entry("2027-01-20 22:00", "linux", "windows", kbs=("5039999",), packages=("openssl*",))
    assert both["updates"] == {
        "reboot": "Never",
        "windows": {"kbNumbersToInclude": ["5039999"]},
        "linux": {"packageNameMasksToInclude": ["openssl*"]},
    }


def test_machines_of_policies_are_said_to_be_missing():
    _, findings = make("2027-01-20 22:00", "by-policy", "both")
    assert [one.path for one in findings.warnings] == ["azurePolicies.attach.schedule"]
    assert faults("2027-01-20 22:00", "by-policy") == [("--ring", "by-policy")]


def test_events_of_a_ring_are_said_to_be_missing():
    schedules = CONFIG["azure-patching:schedules"]
    written = {**schedules, "linux": {**schedules["linux"], "events": {"before": {}}}}
    findings = Findings()
    made = one_off(Asked("2027-01-20 22:00", ("linux",)), read(CONFIG).settings, written, findings)
    assert "events" not in made.entry
    assert [one.path for one in findings.warnings] == ["schedules.linux.events"]


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"time_zone": "Europe/Berlin"}, "--time-zone"),
        ({"duration": "01:00"}, "--duration"),
        ({"expires": "2027-01-20 23:00"}, "--expires"),
        ({"expires": "2027-01-21 22:01"}, "--expires"),
        ({"kbs": ("x",)}, "--kb"),
        ({"packages": ("a b",)}, "--package"),
        ({"reboot": "Sometimes"}, "--reboot"),
        ({"reason": "x" * 300}, "--reason"),
    ],
)
def test_a_fault_is_at_the_option(more, wrong):
    assert [path for path, _ in faults("2027-01-20 22:00", "linux", **more)] == [wrong]


@pytest.mark.parametrize("expires", ["2027-01-21 00:00", "2027-01-21 22:00"])
def test_an_expiry_from_the_end_of_the_window_to_the_next_run_will_do(expires):
    assert entry("2027-01-20 22:00", "linux", expires=expires)["expires"] == expires


def test_an_unknown_ring_is_named_with_the_nearest():
    _, findings = make("2027-01-20 22:00", "linus")
    assert [(one.path, one.example) for one in findings.faults] == [("--ring", "linux")]


def test_rings_of_several_zones_need_an_instant_or_a_zone():
    assert faults("2027-01-20 22:00", "linux", "both") == [("--start", "2027-01-20 22:00")]
    assert entry("2027-01-20 22:00", "linux", "both", time_zone="UTC")["start"] == "2027-01-20 22:00"


NOW = datetime(2027, 1, 20, 16, 2, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("start", "right"),
    [
        ("2027-01-20 16:17", True),
        ("2027-01-20 16:16", False),
        ("2027-01-20 16:00", False),
        ("2026-01-20 22:00", False),
        ("2027-01-17 22:00", False),
        ("2027-01-24 20:00", True),
        ("2027-01-24 20:01", False),
        ("2027-01-24 23:59", False),
        ("2027-01-25 00:00", True),
    ],
)
def test_the_start_leaves_time_and_is_beside_the_ring_s_own_window(start, right):
    made, _ = make(start, "linux")
    found = judge_timing(made, NOW).faults
    assert (not found) is right
    assert {one.path for one in found} <= {"--start"}


def test_the_example_of_a_start_is_one_that_will_do():
    made, _ = make("2027-01-20 16:00", "linux")
    (fault,) = judge_timing(made, NOW).faults
    assert fault.example == "2027-01-20 16:35"
    later, _ = make(fault.example, "linux")
    assert judge_timing(later, NOW).faults == []


# What several rings share

WINDOWS = st.lists(st.sampled_from(["Critical", "Security", "UpdateRollup"]), unique=True).map(tuple)
NUMBERS = st.lists(st.sampled_from(["5000001", "5000002", "5000003"]), unique=True).map(tuple)
UPDATES = st.builds(
    Updates,
    st.sampled_from(Reboot),
    st.none() | st.builds(WindowsUpdates, WINDOWS, NUMBERS, NUMBERS, st.booleans()),
    st.none() | st.builds(LinuxUpdates, WINDOWS, NUMBERS, NUMBERS),
)


@given(st.lists(UPDATES, min_size=1, max_size=4))
def test_nothing_is_installed_that_a_ring_keeps_from_its_machines(rings):
    shared = shared_updates(rings)
    assert systems_of(shared) == frozenset().union(*map(systems_of, rings))
    for ring in rings:
        if ring.windows:
            assert set(shared.windows.classifications) <= set(ring.windows.classifications)
            assert set(shared.windows.kb_numbers_to_include) <= set(ring.windows.kb_numbers_to_include)
            assert set(shared.windows.kb_numbers_to_exclude) >= set(ring.windows.kb_numbers_to_exclude)
            assert shared.windows.exclude_kbs_requiring_reboot >= ring.windows.exclude_kbs_requiring_reboot
        if ring.linux:
            assert set(shared.linux.classifications) <= set(ring.linux.classifications)
            assert set(shared.linux.package_name_masks_to_exclude) >= set(ring.linux.package_name_masks_to_exclude)
        assert ring.reboot is not Reboot.NEVER or shared.reboot is Reboot.NEVER


@given(UPDATES)
def test_one_ring_shares_all_with_itself(ring):
    assert shared_updates([ring]) == ring


# The key `emergency` of a stack file


def with_schedule(**more):
    schedule = {**CONFIG["azure-patching:schedules"]["linux"], "emergency": "CVE-1", **more}
    freeze = {"from": "2027-01-09 00:00", "to": "2027-01-11 00:00", "timeZone": "UTC", "onRun": "fail"}
    return {**CONFIG, "azure-patching:schedules": {"x": schedule}, "azure-patching:freezes": {"peak": freeze}} | {
        "azure-patching:azurePolicies": {}
    }


def test_an_emergency_that_runs_again_is_a_fault():
    reading = read_settings(with_schedule(), project="azure-patching", stack="prod")
    # Only then does a freeze let it pass, so that both are told at once.
    assert [one.path for one in reading.faults] == ["schedules.x.emergency"]
    assert "2027-01-17 22:00" in reading.faults[0].expected


def test_an_emergency_in_a_freeze_is_a_warning_whatever_the_freeze_says():
    reading = read(with_schedule(expires="2027-01-11 12:00"))
    assert [one.path for one in reading.warnings] == ["freezes.peak"]
    assert reading.settings.freezes["peak"].on_run is OnRun.FAIL
    usual = with_schedule(expires="2027-01-11 12:00")
    del usual["azure-patching:schedules"]["x"]["emergency"]
    faulty = read_settings(usual, project="azure-patching", stack="prod")
    assert [one.path for one in faulty.faults] == ["freezes.peak"]


def test_the_reason_becomes_a_tag():
    settings = read(with_schedule(expires="2027-01-11 12:00")).settings
    assert settings.schedules["x"].tags == {"team": "web", "cost": "1", EMERGENCY_TAG: "CVE-1"}


@pytest.mark.parametrize(
    ("as_of", "said"),
    [
        ("2027-01-10T20:40:00Z", []),
        ("2027-01-10T20:50:00Z", ["schedules.x.start"]),
        ("2027-01-10T22:00:00Z", []),
        ("2027-01-10T23:00:00Z", ["schedules.x.emergency"]),
    ],
)
def test_an_emergency_is_judged_by_the_clock_where_there_is_one(as_of, said):
    reading = read_settings(
        with_schedule(expires="2027-01-11 12:00"),
        project="azure-patching",
        stack="prod",
        as_of=datetime.fromisoformat(as_of),
    )
    assert reading.faults == ()
    assert [one.path for one in reading.warnings if one.path.startswith("schedules")] == said


@given(st.integers(1, 40))
def test_only_what_runs_once_is_an_emergency(days):
    start = datetime(2027, 1, 10, 22)
    schedule = Schedule(parse("Day"), start, "UTC", timedelta(hours=2), start + timedelta(days=days))
    assume(schedule.first_run())
    assert bool(check_emergency("x", schedule, "why").faults) is (days > 1)

"""What fits into a window: the arithmetic that Update Manager's pages and the Linux patch extension document."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.arm.simulation.catalogue import Update
from sandbox.arm.simulation.installing import install


def updates(*minutes, classification="Security", reboot="NeverReboots"):
    return [Update(f"u{n}", f"u{n}", "1", "1", classification, reboot, one, n) for n, one in enumerate(minutes)]


def done(system, wanted, minutes, reboot="IfRequired", *, pending=False):
    return install(system, wanted, minutes, reboot, reboot_pending=pending)


@pytest.mark.parametrize(
    ("minutes", "sizes", "installed"),
    [
        # Of ninety minutes: 35 and 30 leave 25, the 15 and 10 that one more needs.
        (90, (35, 30, 5), 3),
        (90, (35, 31, 5), 2),
        (24, (5,), 0),
        (25, (5,), 1),
    ],
)
def test_windows_keeps_ten_minutes_and_needs_fifteen_more(minutes, sizes, installed):
    found = done("Windows", updates(*sizes), minutes)
    assert len(found.installed) == installed
    assert found.exceeded is (installed < len(sizes))
    assert found.status == ("Failed" if found.exceeded else "Succeeded")


@pytest.mark.parametrize(("minutes", "installed"), [(29, 0), (30, 1)])
def test_a_service_pack_needs_twenty(minutes, installed):
    assert len(done("Windows", updates(5, classification="ServicePack"), minutes).installed) == installed


def test_what_has_begun_is_not_stopped_and_the_window_is_exceeded():
    found = done("Windows", updates(60, reboot="AlwaysRequiresReboot"), 30)
    assert (len(found.installed), found.minutes, found.exceeded, found.status) == (1, 60, True, "Failed")
    assert found.reboot_status == "Required"


@pytest.mark.parametrize(
    ("minutes", "count", "reboot", "installed"),
    [
        # Five minutes for each of three, and fifteen for the restart.
        (30, 3, "IfRequired", 3),
        (29, 3, "IfRequired", 2),
        (15, 3, "Never", 3),
        (14, 3, "Never", 2),
        (19, 1, "Always", 0),
    ],
)
def test_linux_counts_five_minutes_for_each_of_few_packages(minutes, count, reboot, installed):
    # Each of them takes all of its five minutes, so that no second batch finds time that the first one left.
    assert len(done("Linux", updates(*[5] * count), minutes, reboot).installed) == installed


def test_linux_finds_time_for_more_when_packages_are_quick():
    # 5 + 5 * (n - 1) + 15 <= 40: five first. At a minute each, 35 are left, and 5 + 1 * (15 - 1) + 15 for the rest.
    found = done("Linux", updates(*[1] * 20), 40)
    assert (len(found.installed), found.minutes) == (20, 20)


@pytest.mark.parametrize(
    ("setting", "needed", "reboot_status", "status"),
    [
        ("IfRequired", False, "NotNeeded", "Succeeded"),
        ("IfRequired", True, "Completed", "Succeeded"),
        ("Never", False, "NotNeeded", "Succeeded"),
        ("Never", True, "Required", "CompletedWithWarnings"),
        ("Always", False, "Completed", "Succeeded"),
        ("Always", True, "Completed", "Succeeded"),
    ],
)
@pytest.mark.parametrize("system", ["Windows", "Linux"])
@pytest.mark.parametrize("since_earlier", [True, False])
def test_whether_the_machine_restarts(system, *, setting, needed, reboot_status, status, since_earlier):
    reboot = "AlwaysRequiresReboot" if needed and not since_earlier else "NeverReboots"
    found = done(system, updates(5, reboot=reboot), 120, setting, pending=needed and since_earlier)
    assert (found.reboot_status, found.status) == (reboot_status, status)


@given(
    st.sampled_from(["Windows", "Linux"]),
    st.lists(st.integers(1, 60), max_size=30),
    st.integers(0, 240),
    st.sampled_from(["IfRequired", "Never", "Always"]),
)
def test_no_update_is_lost_and_a_longer_window_of_windows_never_installs_less(system, sizes, minutes, setting):
    wanted = updates(*sizes)
    found, longer = done(system, wanted, minutes, setting), done(system, wanted, minutes + 60, setting)
    assert found.installed + found.left == wanted
    # On Linux it may: what is quick at first makes room for a batch of what is slow.
    assert system == "Linux" or len(longer.installed) >= len(found.installed)
    assert found.exceeded is (bool(found.left) or sum(one.minutes for one in found.installed) > minutes)

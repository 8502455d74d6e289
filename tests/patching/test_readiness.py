"""Each row of the readiness table, and that it agrees with the service's own table of patch modes."""

from dataclasses import replace
from itertools import product

import pytest

from patching.arm_ids import MachineKind
from patching.machines import SCHEDULED, OperatingSystem, Outcome, PatchMode, Unsupported, outcome
from patching.policy_definitions import PolicyKind
from patching.readiness import MachineState, readiness

READY = MachineState(MachineKind.AZURE, OperatingSystem.LINUX, settings=SCHEDULED[OperatingSystem.LINUX])
WINDOWS = MachineState(MachineKind.AZURE, OperatingSystem.WINDOWS, settings=SCHEDULED[OperatingSystem.WINDOWS])
ARC = replace(READY, kind=MachineKind.ARC, arc_status="connected")
PREREQUISITE = {PolicyKind.SCHEDULING_PREREQUISITE, PolicyKind.RECURRING_UPDATES}


def with_settings(state, **changes):
    return replace(state, settings=replace(state.settings, **changes))


@pytest.mark.parametrize("state", [READY, WINDOWS, ARC])
def test_nothing_is_wrong(state):
    judged = readiness(state)
    assert (judged.ready, judged.blockers, judged.others) == (True, (), ())


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (with_settings(READY, patch_mode=PatchMode.IMAGE_DEFAULT), "patch mode is ImageDefault"),
        (with_settings(WINDOWS, patch_mode=PatchMode.MANUAL), "patch mode is Manual"),
        (with_settings(READY, bypass=False), "bypassPlatformSafetyChecksOnUserSchedule is not true"),
        (with_settings(READY, agent=False), "agent is not provisioned"),
        (with_settings(WINDOWS, hotpatching=True), "hotpatching is on"),
        (replace(READY, settings=None), "no patch mode is set"),
        (replace(READY, os=None), "which operating system"),
        (replace(READY, extensions_allowed=False), "allowExtensionOperations is false"),
        (replace(READY, described=False), "no properties"),
        (replace(ARC, arc_status="disconnected"), "its Arc agent is disconnected, not connected"),
        (replace(ARC, arc_status=None), "does not say whether its Arc agent"),
        *((replace(READY, unsupported=reason), reason.value) for reason in Unsupported),
        (replace(ARC, unsupported=Unsupported.WINDOWS_CLIENT), "Windows client"),
    ],
)
def test_what_is_not_ready(state, words):
    judged = readiness(state)
    assert not judged.ready
    assert any(words in problem.text for problem in judged.blockers)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (replace(READY, settings=replace(READY.settings, assessment_mode="ImageDefault")), "assessment is off"),
        (replace(ARC, settings=None), "assessment is off"),
        *(
            (replace(READY, power=power), f"it is {power}")
            for power in ("deallocated", "deallocating", "stopped", "stopping")
        ),
    ],
)
def test_what_is_a_problem_of_a_ready_machine(state, words):
    judged = readiness(state)
    assert judged.ready
    (problem,) = judged.others
    assert words in problem.text


@pytest.mark.parametrize("power", ["running", "starting", None])
def test_a_machine_that_is_on(power):
    assert readiness(replace(READY, power=power)).others == ()


@pytest.mark.parametrize(("os", "mode", "bypass"), list(product(OperatingSystem, PatchMode, (True, False))))
def test_ready_is_what_the_service_runs_as_defined(os, mode, bypass):
    state = MachineState(MachineKind.AZURE, os, settings=replace(SCHEDULED[os], patch_mode=mode, bypass=bypass))
    assert readiness(state).ready is (outcome(mode, bypass=bypass, scheduled=True) is Outcome.SCHEDULED)


def test_arc_machines_need_no_patch_mode():
    state = replace(ARC, settings=replace(ARC.settings, patch_mode=PatchMode.IMAGE_DEFAULT, bypass=False))
    assert readiness(state).ready


@pytest.mark.parametrize(
    ("state", "mended"),
    [
        (with_settings(READY, patch_mode=PatchMode.IMAGE_DEFAULT, bypass=False), True),
        (replace(READY, settings=None), True),
        (with_settings(READY, bypass=False, agent=False), False),
        (replace(with_settings(READY, bypass=False), extensions_allowed=False), False),
        (with_settings(WINDOWS, bypass=False, hotpatching=True), False),
    ],
)
def test_what_the_prerequisite_policy_mends(state, mended):
    """Of a machine without an agent, or hotpatched, Azure would refuse what the policy sets."""
    missing = [one for one in readiness(state).blockers if "patch mode" in one.text or "bypassPlatform" in one.text]
    assert {bool(set(one.mended_by) & PREREQUISITE) for one in missing} == {mended}
    assert all(not one.mended_by for one in readiness(state).blockers if one not in missing)

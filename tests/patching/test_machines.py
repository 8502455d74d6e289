from itertools import product

import pytest

from patching.machines import (
    PATCH_MODES,
    SCHEDULED,
    AssessmentMode,
    OperatingSystem,
    Outcome,
    PatchMode,
    PatchSettings,
    not_ready,
    outcome,
    refused_by_azure,
    unassessed,
)


@pytest.mark.parametrize(
    ("by_platform", "bypass", "scheduled", "expected"),
    [
        (True, True, True, Outcome.SCHEDULED),
        (True, True, False, Outcome.IDLE),
        (True, False, True, Outcome.REFUSED),
        (True, False, False, Outcome.PLATFORM),
        (False, True, True, Outcome.REFUSED),
        (False, False, True, Outcome.REFUSED),
        (False, True, False, Outcome.UNMANAGED),
        (False, False, False, Outcome.UNMANAGED),
    ],
)
def test_the_service_s_table(by_platform, bypass, scheduled, expected):
    modes = [mode for mode in PatchMode if (mode is PatchMode.AUTOMATIC_BY_PLATFORM) is by_platform]
    assert {outcome(mode, bypass=bypass, scheduled=scheduled) for mode in modes} == {expected}


@pytest.mark.parametrize("os", OperatingSystem)
def test_how_this_project_makes_machines_is_accepted_and_ready(os):
    settings = SCHEDULED[os]
    assert refused_by_azure(settings) == not_ready(settings) == ()
    assert not unassessed(settings)


ROWS = [
    PatchSettings(os, mode, bypass, assessment, agent=agent, automatic_updates=automatic, hotpatching=hot)
    for os, mode, bypass, assessment, agent, automatic, hot in product(
        OperatingSystem,
        PatchMode,
        (True, False),
        AssessmentMode,
        (True, False),
        (None, True, False),
        (None, True, False),
    )
]


@pytest.mark.parametrize("os", OperatingSystem)
def test_what_azure_accepts_and_is_ready_runs_as_scheduled(os):
    ready = [row for row in ROWS if row.os is os and not refused_by_azure(row) and not not_ready(row)]
    assert ready
    for row in ready:
        assert outcome(row.patch_mode, bypass=row.bypass, scheduled=True) is Outcome.SCHEDULED
        assert not row.hotpatching


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            PatchSettings(
                OperatingSystem.LINUX, PatchMode.MANUAL, bypass=False, assessment_mode=AssessmentMode.IMAGE_DEFAULT
            ),
            "no patch mode Manual",
        ),
        (
            PatchSettings(
                OperatingSystem.LINUX,
                PatchMode.IMAGE_DEFAULT,
                bypass=True,
                assessment_mode=AssessmentMode.IMAGE_DEFAULT,
            ),
            "only for patch mode",
        ),
        (
            PatchSettings(
                OperatingSystem.WINDOWS,
                PatchMode.AUTOMATIC_BY_PLATFORM,
                bypass=True,
                assessment_mode=AssessmentMode.IMAGE_DEFAULT,
                automatic_updates=True,
                hotpatching=True,
            ),
            "cannot be combined with the bypass flag",
        ),
        (
            PatchSettings(
                OperatingSystem.WINDOWS,
                PatchMode.AUTOMATIC_BY_PLATFORM,
                bypass=False,
                assessment_mode=AssessmentMode.IMAGE_DEFAULT,
                automatic_updates=False,
            ),
            "needs enableAutomaticUpdates",
        ),
    ],
)
def test_what_azure_refuses(settings, words):
    (reason,) = refused_by_azure(settings)
    assert words in reason


def test_modes_belong_to_their_system():
    assert PatchMode.MANUAL not in PATCH_MODES[OperatingSystem.LINUX]
    assert PatchMode.IMAGE_DEFAULT not in PATCH_MODES[OperatingSystem.WINDOWS]
    assert {mode for modes in PATCH_MODES.values() for mode in modes} == set(PatchMode)

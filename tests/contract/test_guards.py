"""What keeps a stack from harm: protection, ring order, freezes, and names that are taken."""

import json
import subprocess
import sys

from tests.conftest import REPOSITORY
from tests.contract.world import check, config, edit, schedule, settled, touched

CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//a test//EN
BEGIN:VEVENT
UID:1
DTSTAMP:20260101T000000Z
DTSTART;VALUE=DATE:20270116
DTEND;VALUE=DATE:20270118
SUMMARY:Stocktaking
END:VEVENT
END:VCALENDAR
""".replace("\n", "\r\n")


def test_what_is_protected_is_not_destroyed(pulumi_stack, subscription):
    here = subscription()
    empty = here.everything()
    own = config(
        here,
        schedules={"kept": schedule(), "loose": schedule(recurEvery="Day", protect=False)},
        azurePolicies={"watch": {"kind": "auditAssessment", "scope": "main"}},
    )
    del own["azure-patching:protect"]
    stack = pulumi_stack(own)
    settled(stack)
    made = here.everything()
    refused = stack.destroy(check=False)
    assert refused.exit_code != 0
    assert any("protect" in line for line in refused.diagnostics), refused.diagnostics
    assert {one for one in made if "loose" not in one} <= here.everything()

    # The name of the loose one is held for a while.
    edit(stack, lambda file: file["schedules"].clear())
    refused = stack.up(check=False)
    assert refused.exit_code != 0
    assert any("protect" in line for line in refused.diagnostics)

    edit(stack, lambda file: file.update(protect=False) or file["schedules"].update(kept=schedule()))
    stack.up()
    stack.destroy()
    assert here.everything() == empty


def test_freezes_and_ring_order(pulumi_stack, subscription, tmp_path):
    here = subscription()
    (tmp_path / "company.ics").write_text(CALENDAR)
    period = {"from": "2027-02-01 00:00", "to": "2027-03-01 00:00", "timeZone": "UTC", "reason": "Audit"}
    rings = {
        "canary": schedule(),
        "rest": schedule(
            recurEvery="Month Second Tuesday Offset6",
            start="2027-01-18 22:00",
            follows={"schedule": "canary", "days": 2},
        ),
    }
    own = config(
        here,
        schedules=rings,
        freezes={
            "audit": period | {"onRun": "warn"},
            "company": {"calendar": str(tmp_path / "company.ics"), "onRun": "warn"},
        },
    )
    stack = pulumi_stack(own)
    settled(stack)
    warned = stack.outputs()["warnings"]
    assert any(one.startswith("freezes.audit") and "canary" in one for one in warned), warned
    assert any(one.startswith("freezes.company") and "canary" in one for one in warned), warned
    status, faults, warnings = check(stack.file)
    assert (status, faults) == (0, [])
    assert {one["path"] for one in warnings} >= {"freezes.audit", "freezes.company"}

    def forbid(file):
        file["freezes"]["audit"]["onRun"] = file["freezes"]["company"]["onRun"] = "fail"
        file["schedules"]["rest"]["follows"]["days"] = 3

    edit(stack, forbid)
    refused = stack.up(check=False)
    assert refused.exit_code != 0
    told = "\n".join(refused.diagnostics)
    for expected in ("freezes.audit", "freezes.company", "schedules.rest.follows", "Audit", "Stocktaking"):
        assert expected in told
    assert touched(refused) == set()
    status, faults, _ = check(stack.file)
    assert status == 1
    for fault in faults:
        assert fault["path"] in told
    stack.destroy()


def test_what_is_there_under_a_name_is_not_taken_over(pulumi_stack, subscription):
    """Somebody else's configuration of the same name is a clear refusal, never silently changed."""
    here = subscription()
    own = config(here, resourceGroup="rg-taken", schedules={"weekly": schedule()})
    first, second = pulumi_stack(own), pulumi_stack(own)
    first.up()
    refused = second.up(check=False)
    assert refused.exit_code != 0
    assert any("already exist" in line for line in refused.diagnostics), refused.diagnostics
    assert first.up("--refresh").changes == {}
    first.destroy()


def test_the_command_line_and_the_stack_say_the_same_runs(pulumi_stack, subscription):
    here = subscription()
    own = config(
        here,
        schedules={
            "gap": schedule(
                timeZone="AUS Eastern Standard Time", recurEvery="Month First Sunday", start="2027-10-01 02:30"
            ),
            "end": schedule(recurEvery="Month day-1", start="2027-01-31 23:00", expires="2027-03-30 00:00"),
        },
    )
    stack = pulumi_stack(own)
    stack.preview()
    stack.up()
    command = [
        sys.executable,
        "-m",
        "patching",
        "calendar",
        "--file",
        str(stack.file),
        "--count",
        "5",
        "--format",
        "json",
    ]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    runs = json.loads(ended.stdout)["runs"]
    outputs = stack.outputs()["schedules"]
    assert len(outputs["end"]["nextRuns"]) == 2
    for key, output in outputs.items():
        of_schedule = [run["start"] for run in runs if run["schedule"] == key]
        assert of_schedule[:5] == output["nextRuns"][: len(of_schedule)]
    stack.destroy()

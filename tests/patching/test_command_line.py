import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from patching.__main__ import main

ROOT = Path(__file__).parents[2]
RIGHT = """\
config:
  azure-native:location: westeurope
  azure-native:subscriptionId: 11111111-1111-4111-8111-111111111111
  azure-patching:schedules:
    weekly:
      start: "2027-01-03 22:00"
      timeZone: UTC
      duration: "03:00"
      recurEvery: Week Sunday
      updates: {linux: {classifications: [Security]}}
      scopes: {ring: {tags: {ring: [weekly]}}}
    monthly:
      start: "2027-01-12 22:00"
      timeZone: W. Europe Standard Time
      duration: "02:00"
      recurEvery: Month Second Tuesday
      updates: {linux: {classifications: [Security]}}
      scopes: {ring: {tags: {ring: [monthly]}}}
  azure-patching:freezes:
    peak: {from: "2027-01-12 00:00", to: "2027-01-13 00:00", timeZone: UTC, reason: Peak}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("Pulumi.dev.yaml").write_text(RIGHT, encoding="utf-8")
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.mark.parametrize("choice", [[], ["--stack", "dev"], ["--file", "Pulumi.dev.yaml"]])
def test_check_of_a_right_file(folder, choice):
    result = run("check", *choice)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "Pulumi.dev.yaml: no faults, 1 warning"


def test_check_of_a_faulty_file(folder):
    Path("Pulumi.bad.yaml").write_text(RIGHT.replace("02:00", "01:00").replace("UTC", "Etc/UTC"), encoding="utf-8")
    result = run("check", "--stack", "bad")
    assert result.exit_code == 1
    assert [line.split(": ")[0] for line in result.stdout.splitlines()] == [
        "schedules.monthly.duration",
        "schedules.weekly.timeZone",
        "freezes.peak.timeZone",
    ]


def test_check_as_json(folder):
    result = run("check", "--format", "json")
    document = json.loads(result.stdout)
    assert (result.exit_code, document["faults"]) == (0, [])
    (warning,) = document["warnings"]
    assert set(warning) == {"path", "got", "expected", "example", "fix"}
    Path("Pulumi.dev.yaml").write_text("config: {azure-patching:protect: 3}", encoding="utf-8")
    result = run("check", "--format", "json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["faults"] == [
        {"path": "protect", "got": "3", "expected": "true or false", "example": "true", "fix": "write true or false"}
    ]


def test_check_knows_the_time_only_when_told(folder):
    assert "not past" not in run("check").stdout
    assert "not past" in run("check", "--as-of", "2028-01-01T00:00:00Z").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "--stack", "dev", "--file", "Pulumi.dev.yaml"],
        ["check", "--format", "xml"],
        ["check", "--as-of", "yesterday"],
        ["check", "--as-of", "2027-01-01T00:00:00"],
        ["calendar", "--count", "0"],
        ["runs"],
        ["runs", "Day", "--start", "2027-01-01 00:00"],
        ["nix"],
        ["recover"],
        ["calendar", "--format", "json", "--output", "/nowhere/at/all"],
    ],
)
def test_wrong_usage(folder, arguments):
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_without_a_stack_there_must_be_exactly_one(folder):
    Path("Pulumi.prod.yaml").write_text(RIGHT, encoding="utf-8")
    assert "name a stack with --stack" in run("check").stderr
    for path in folder.glob("Pulumi.*"):
        path.unlink()
    assert run("check").exit_code == 2


def test_calendar_as_json_is_in_order_and_exact(folder):
    result = run("calendar", "--count", 2, "--format", "json")
    assert result.exit_code == 0
    runs = json.loads(result.stdout)["runs"]
    assert runs[2] == {
        "schedule": "monthly",
        "start": "2027-01-12T22:00:00+01:00",
        "end": "2027-01-13T00:00:00+01:00",
        "startUtc": "2027-01-12T21:00:00Z",
        "notes": ["inside the freeze peak: Peak"],
    }
    assert [one["schedule"] for one in runs] == ["weekly", "weekly", "monthly", "monthly"]
    assert [one["startUtc"] for one in runs] == sorted(one["startUtc"] for one in runs)


def test_calendar_after_and_until(folder):
    result = run("calendar", "--after", "2027-01-17T22:00:00Z", "--until", "2027-02-07T22:00:00Z", "--format", "json")
    starts = [one["startUtc"] for one in json.loads(result.stdout)["runs"]]
    assert starts == ["2027-01-17T22:00:00Z", "2027-01-24T22:00:00Z", "2027-01-31T22:00:00Z"]


def test_calendar_as_markdown_and_text(folder):
    markdown = run("calendar", "--count", 1, "--format", "markdown").stdout.splitlines()
    assert markdown[:2] == ["| Starts | Ends | UTC offset | Schedule | Notes |", "| --- | --- | --- | --- | --- |"]
    assert markdown[2] == "| Sun 2027-01-03 22:00 | Mon 01:00 | +00:00 | weekly |  |"
    text = run("calendar", "--count", 1).stdout
    assert text.splitlines()[1] == "weekly   Every week on Sunday, at 22:00 (UTC), for 3 hours, starting 3 January 2027"
    assert "Sun 2027-01-03 22:00" in text
    assert "inside the freeze peak: Peak" in text


def test_calendar_into_a_file(folder):
    for form in ("text", "json", "markdown", "ics"):
        assert run("calendar", "--format", form, "--output", "out").stdout == ""
        assert "2027-01-12" in Path("out").read_text(encoding="utf-8")
    assert run("calendar", "--format", "ics", "--output", "out").exit_code == 0
    assert Path("out").read_bytes().endswith(b"END:VCALENDAR\r\n")


def test_calendar_of_a_faulty_file_lists_the_faults(folder):
    Path("Pulumi.dev.yaml").write_text(RIGHT.replace("02:00", "01:00"), encoding="utf-8")
    result = run("calendar")
    assert (result.exit_code, result.stdout.split(":")[0]) == (1, "schedules.monthly.duration")
    result = run("calendar", "--format", "json")
    assert result.exit_code == 1
    assert [fault["path"] for fault in json.loads(result.stdout)["faults"]] == ["schedules.monthly.duration"]


def test_runs_as_json():
    result = run(
        "runs",
        "month patchtuesday offset4",
        "--start",
        "2027-01-05 22:00",
        "--time-zone",
        "W. Europe Standard Time",
        "--count",
        1,
        "--format",
        "json",
    )
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "runs": [
            {
                "schedule": "Month Second Tuesday Offset4",
                "start": "2027-01-16T22:00:00+01:00",
                "end": "2027-01-17T01:00:00+01:00",
                "startUtc": "2027-01-16T21:00:00Z",
                "notes": [],
            }
        ]
    }


def test_runs_end_with_the_expiry_and_begin_after():
    common = ["--start", "2027-01-05 22:00", "--time-zone", "UTC", "--format", "json", "--duration", "01:30"]
    until = run("runs", "Day", *common, "--expires", "2027-01-07 22:00", "--count", 9)
    assert [one["start"][:10] for one in json.loads(until.stdout)["runs"]] == ["2027-01-05", "2027-01-06"]
    after = run("runs", "Day", *common, "--after", "2027-06-01T22:00:00Z", "--count", 1)
    assert json.loads(after.stdout)["runs"][0]["startUtc"] == "2027-06-01T22:00:00Z"


def test_runs_of_a_wrong_recurrence_say_all_that_is_wrong():
    result = run(
        "runs", "Month", "--start", "soon", "--time-zone", "Europe/Berlin", "--duration", "1h", "--expires", "never"
    )
    assert result.exit_code == 1
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == [
        "start",
        "expires",
        "timeZone",
        "duration",
        "recurEvery",
    ]


def _python(*arguments, **environment):
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


def test_it_runs_as_a_module_and_piped_text_has_no_colours(folder):
    ended = _python("-m", "patching", "calendar", "--file", str(folder / "Pulumi.dev.yaml"))
    assert ended.returncode == 0
    assert "\x1b" not in ended.stdout


def test_check_loads_nothing_it_does_not_need(folder):
    program = (
        "import sys; from patching.__main__ import main\n"
        "try: main(['check', '--file', sys.argv[1]])\n"
        "except SystemExit: print(sorted({'pulumi', 'rich', 'icalendar', 'recurring_ical_events'} & set(sys.modules)))"
    )
    ended = _python("-c", program, str(folder / "Pulumi.dev.yaml"))
    assert ended.stdout.splitlines()[-1] == "[]"


def test_the_commands_are_those_that_work():
    assert set(main.commands) == {
        "adopt",
        "calendar",
        "check",
        "completion",
        "coverage",
        "diff",
        "emergency",
        "recover",
        "runs",
    }


def test_instants_are_aware():
    from patching.commands.options import Instant

    assert Instant().convert("2027-01-05T21:00:00Z", None, None) == datetime.fromisoformat("2027-01-05T21:00:00+00:00")

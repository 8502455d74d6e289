"""`python -m patching emergency`: what it writes, what it refuses, and that it leaves no trace when it is taken out."""

from __future__ import annotations

import os
import re
import stat
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from patching.__main__ import main
from patching.commands import clock

ROOT = Path(__file__).parents[2]
NOW = "2027-01-20T15:00:00Z"
START = ("--start", "2027-01-20 22:00", "--as-of", NOW)
KEY = "emergency-20270120-2200"


@pytest.fixture
def prod(tmp_path, monkeypatch):
    """The prod stack's file, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "Pulumi.prod.yaml"
    file.write_bytes((ROOT / "Pulumi.prod.yaml").read_bytes())
    return file


def run(*arguments):
    return CliRunner().invoke(main, ["emergency", *map(str, arguments)], catch_exceptions=False)


def check(*arguments):
    return CliRunner().invoke(main, ["check", *arguments], catch_exceptions=False)


def test_written_checked_and_taken_out_again(prod):
    before = prod.read_bytes()
    made = run("--stack", "prod", "--ring", "prod-linux", *START)
    assert made.exit_code == 0
    added = [line[1:] for line in made.stdout.splitlines() if line.startswith("+") and not line.startswith("+++")]
    after = prod.read_text(encoding="utf-8").splitlines()
    assert f"    {KEY}:" in added
    assert [line for line in after if line not in added] == [
        line for line in before.decode().splitlines() if line not in added
    ]
    assert not [line for line in made.stdout.splitlines() if line.startswith("-") and not line.startswith("---")]
    assert f"{KEY} runs once, Wed 2027-01-20 22:00 to 01:55" in made.stderr
    assert "before 21:45" in made.stderr
    assert "pulumi up --stack prod" in made.stderr
    assert check("--stack", "prod").exit_code == 0

    removed = run("--stack", "prod", "--remove", "--as-of", NOW)
    assert removed.exit_code == 0
    assert prod.read_bytes() == before
    assert f"-    {KEY}:" in removed.stdout.splitlines()


def test_the_command_that_takes_it_out_is_in_the_file_and_works(prod):
    before = prod.read_bytes()
    run("--stack", "prod", "--all", *START)
    (command,) = re.findall(r"# Runs once.*: python -m patching emergency (.*)", prod.read_text(encoding="utf-8"))
    assert run(*command.split()).exit_code == 0
    assert prod.read_bytes() == before


def test_a_second_call_changes_nothing_and_says_so(prod):
    run("--stack", "prod", "--ring", "prod-linux", *START)
    after = prod.read_bytes()
    # Shortly before it runs the same call is no fault either.
    again = run(
        "--stack", "prod", "--ring", "prod-linux", "--start", "2027-01-20 22:00", "--as-of", "2027-01-20T20:55Z"
    )
    assert (again.exit_code, again.stdout) == (0, "")
    assert "is there already" in again.stderr
    assert prod.read_bytes() == after
    other = run("--stack", "prod", "--ring", "prod-linux", "--kb", "5039999", *START)
    assert other.exit_code == 1
    run("--stack", "prod", "--remove")
    again = run("--stack", "prod", "--remove")
    assert (again.exit_code, again.stdout) == (0, "")
    assert "nothing to remove" in again.stderr


def test_the_same_key_with_something_else_is_a_fault(prod):
    run("--stack", "prod", "--ring", "prod-linux", *START)
    before = prod.read_bytes()
    other = run("--stack", "prod", "--ring", "prod-linux", "--package", "openssl*", *START)
    assert other.exit_code == 1
    assert other.stdout.startswith(f'--name: got "{KEY}"')
    assert prod.read_bytes() == before
    assert (
        run("--stack", "prod", "--ring", "prod-linux", "--package", "openssl*", "--name", "two", *START).exit_code == 0
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("--ring", "prod-linux", "--start", "2027-01-20 15:00"),
        ("--ring", "prod-linux", "--start", "2027-01-20 16:10"),
        ("--ring", "prod-linux", "--start", "2027-01-24 02:00"),
        ("--ring", "prod-linx", "--start", "2027-01-20 22:00"),
        ("--ring", "prod-linux", "--start", "tonight"),
        ("--ring", "prod-linux", "--start", "2027-01-20 22:00", "--name", "a/b"),
        ("--ring", "prod-linux", "--start", "2027-01-20 22:00", "--name", "x" * 120),
        ("--ring", "prod-linux", "--start", "2027-01-20 22:00", "--name", "canary"),
    ],
)
def test_nothing_is_written_where_there_is_a_fault(prod, arguments):
    before = prod.read_bytes()
    result = run("--stack", "prod", *arguments, "--as-of", NOW)
    assert result.exit_code == 1
    assert all("; fix: " in line for line in result.stdout.splitlines())
    assert result.stdout
    assert prod.read_bytes() == before


def test_a_file_with_a_fault_is_left_as_it_is(prod):
    prod.write_text(prod.read_text(encoding="utf-8").replace("03:55", "05:55"), encoding="utf-8")
    before = prod.read_bytes()
    result = run("--stack", "prod", "--ring", "prod-linux", *START)
    assert result.exit_code == 1
    assert "schedules.prod-linux.duration" in result.stdout
    assert prod.read_bytes() == before


def test_what_the_checks_refuse_is_not_written(prod):
    """A machine that two schedules name, in windows that overlap."""
    before = prod.read_bytes()
    first = run("--stack", "prod", "--ring", "intranet-database", "--name", "one", *START)
    assert first.exit_code == 0
    with_one = prod.read_bytes()
    second = run("--stack", "prod", "--ring", "intranet-database", "--name", "two", *START)
    assert second.exit_code == 1
    assert second.stdout.startswith("schedules.two.machines")
    assert prod.read_bytes() == with_one
    assert run("--stack", "prod", "--remove", "--name", "one").exit_code == 0
    assert prod.read_bytes() == before


def test_a_freeze_that_stops_every_other_run_is_a_warning(prod):
    result = run("--stack", "prod", "--ring", "prod-linux", "--start", "2027-12-20 22:00", "--as-of", NOW)
    assert result.exit_code == 0
    assert "warning: freezes.year-end" in result.stderr
    checked = check("--stack", "prod")
    assert checked.exit_code == 0
    assert "warning: freezes.year-end" in checked.stdout


def test_several_emergencies_are_told_apart(prod):
    before = prod.read_bytes()
    run("--stack", "prod", "--ring", "prod-linux", "--name", "one", *START)
    run("--stack", "prod", "--ring", "prod-windows", "--name", "two", *START)
    which = run("--stack", "prod", "--remove")
    assert which.exit_code == 2
    assert "one, two" in which.stderr
    assert run("--stack", "prod", "--remove", "--name", "three").exit_code == 0
    assert run("--stack", "prod", "--remove", "--name", "canary").exit_code == 1
    assert run("--stack", "prod", "--remove", "--name", "one").exit_code == 0
    assert run("--stack", "prod", "--remove", "--all").exit_code == 0
    assert prod.read_bytes() == before


def test_all_means_no_other_emergency(prod):
    run("--stack", "prod", "--ring", "prod-linux", "--name", "one", *START)
    result = run("--stack", "prod", "--all", "--start", "2027-01-22 22:00", "--as-of", NOW)
    assert result.exit_code == 0
    assert "of canary, intranet-database, prod-linux, prod-windows, test\n" in result.stderr


def test_an_open_window_is_said_when_it_is_taken_out(prod):
    run("--stack", "prod", "--ring", "prod-linux", *START)
    result = run("--stack", "prod", "--remove", "--as-of", "2027-01-20T22:00:00Z")
    assert f"warning: the window of {KEY} is open until 01:55" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--start says when"),
        (("--start", "2027-01-20 22:00"), "--ring canary"),
        (("--start", "2027-01-20 22:00", "--ring", "canary", "--all"), "exclude each other"),
        (("--remove", "--kb", "5039999"), "--remove takes no --kb"),
        (("--remove", "--expires", "x"), "--remove takes no --expires"),
        (("--start", "2027-01-20 22:00", "--ring", "canary", "--as-of", "today"), "instant"),
    ],
)
def test_wrong_usage(prod, arguments, said):
    result = run("--stack", "prod", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_the_only_schedule_needs_no_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "Pulumi.prod.yaml").read_text(encoding="utf-8")
    head, _, rest = text.partition("    test:\n")
    Path("Pulumi.prod.yaml").write_text(head + "  azure-patching:protect: true\n", encoding="utf-8")
    assert rest
    result = run("--start", "2027-01-20 22:00", "--as-of", NOW)
    assert result.exit_code == 0
    assert "of canary" in result.stderr


def test_the_output_can_go_elsewhere(prod):
    before = prod.read_bytes()
    shown = run("--stack", "prod", "--ring", "prod-linux", "--output", "-", *START)
    assert shown.exit_code == 0
    written = run("--stack", "prod", "--ring", "prod-linux", "--output", "Pulumi.next.yaml", *START)
    assert written.stdout.startswith("--- a/Pulumi.prod.yaml")
    assert Path("Pulumi.next.yaml").read_text(encoding="utf-8") == shown.stdout
    assert prod.read_bytes() == before


def test_the_file_s_mode_link_and_mark_stay(prod, tmp_path):
    prod.write_bytes(b"\xef\xbb\xbf" + prod.read_bytes())
    real = prod.rename(tmp_path / "real.yaml")
    prod.symlink_to(real)
    real.chmod(0o640)
    before = prod.read_bytes()
    assert run("--stack", "prod", "--ring", "prod-linux", *START).exit_code == 0
    assert prod.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert real.read_bytes().startswith(b"\xef\xbb\xbf# Production")
    assert KEY in real.read_text(encoding="utf-8-sig")
    run("--stack", "prod", "--remove")
    assert prod.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Pulumi.prod.yaml", "real.yaml"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_said_to_be(prod, tmp_path):
    tmp_path.chmod(0o500)
    try:
        result = run("--stack", "prod", "--ring", "prod-linux", *START)
    finally:
        tmp_path.chmod(0o700)
    assert result.exit_code == 2
    assert "nothing is changed" in result.stderr


def test_a_place_that_cannot_be_written_is_said_to_be(prod):
    result = run("--stack", "prod", "--ring", "prod-linux", "--output", "none/there.yaml", *START)
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


def test_without_as_of_the_clock_is_asked_once(prod, monkeypatch):
    asked = []

    def now():
        asked.append(1)
        return datetime.fromisoformat("2027-01-20T20:50:00Z")

    monkeypatch.setattr(clock, "now", now)
    result = run("--stack", "prod", "--ring", "prod-linux", "--start", "2027-01-20 22:00")
    assert result.exit_code == 1
    assert "at least 15 minutes from now, 2027-01-20 21:50" in result.stdout
    assert asked == [1]


def test_a_layout_that_cannot_be_edited_is_said_to_be(prod):
    text = prod.read_text(encoding="utf-8").replace("  azure-patching:schedules:\n", "  x:y: &all\n")
    prod.write_text(
        text.replace(
            "  azure-patching:azurePolicies:", "  azure-patching:schedules: *all\n  azure-patching:azurePolicies:"
        )
    )
    before = prod.read_bytes()
    result = run("--stack", "prod", "--ring", "prod-linux", *START)
    assert result.exit_code == 1
    assert result.stdout.startswith("schedules: got schedules is no map of its own")
    assert prod.read_bytes() == before

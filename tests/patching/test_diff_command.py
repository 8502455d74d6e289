"""`python -m patching diff`: what it takes, what it says, and how it ends."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from patching import azure_inventory
from patching.__main__ import main
from patching.inventory_file import Page
from tests.patching.estates import MAIN, vm_row

BASE = f"""\
config:
  azure-native:location: westeurope
  azure-patching:subscriptions: {{main: {{id: {MAIN}}}}}
  azure-patching:schedules:
    weekly:
      start: "2027-01-03 22:00"
      timeZone: W. Europe Standard Time
      duration: "03:00"
      recurEvery: Week Sunday
      updates: {{linux: {{classifications: [Security]}}}}
      scopes: {{ring: {{tags: {{ring: [test]}}}}}}
"""
MOVED = BASE.replace('"2027-01-03 22:00"', '"2027-01-04 22:00"').replace("Week Sunday", "Week Monday")
FAULTY = BASE.replace('"03:00"', '"01:00"')
SECOND = BASE.replace("[test]", "[test, uat]")
FOUR_WEEKS = ("--after", "2027-01-04T00:00:00Z", "--until", "2027-02-01T00:00:00Z")
STEP = {"op": "delete", "urn": "urn:pulumi:dev::azure-patching::a:b:C::gone"}
PREVIEW = json.dumps({"steps": [STEP], "changeSummary": {"same": 2, "delete": 1}})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in {"base": BASE, "moved": MOVED, "faulty": FAULTY, "second": SECOND, "empty": ""}.items():
        Path(f"{name}.yaml").write_text(text, encoding="utf-8")
    Path("preview.json").write_text(PREVIEW, encoding="utf-8")
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(main, ["diff", *map(str, arguments)], catch_exceptions=False)


def diff(base, head, *more):
    """The one stack of the JSON, and the exit status."""
    result = run("--base", base, "--head", head, "--format", "json", *more)
    document = json.loads(result.stdout)
    (stack,) = document["stacks"]
    return stack, document, result.exit_code


def test_the_calendar_moves_and_that_is_no_fault(folder):
    stack, document, status = diff("base.yaml", "moved.yaml", *FOUR_WEEKS)
    assert status == 0
    assert document["faults"] == []
    assert {(one["change"], one["shiftMinutes"]) for one in stack["calendar"]["moved"]} == {("+1 day", 24 * 60)}
    assert [one["before"]["start"] for one in stack["calendar"]["moved"]] == [
        f"2027-01-{day}T22:00:00+01:00" for day in (10, 17, 24, 31)
    ]
    assert [one["start"] for one in stack["calendar"]["new"]] == ["2027-01-04T22:00:00+01:00"]
    assert stack["calendar"]["since"] == "2027-01-04T00:00:00+00:00"
    (entry,) = stack["entries"]
    assert [field["path"] for field in entry["fields"]] == ["recurEvery", "start"]


def test_files_of_other_names_are_one_stack(folder):
    """The stack's name decides names of groups: it is the head's, or the one that a file's name says."""
    assert diff("base.yaml", "base.yaml")[0]["entries"] == []
    Path("Pulumi.prod.yaml").write_text(BASE, encoding="utf-8")
    for base, head in (("base.yaml", "Pulumi.prod.yaml"), ("Pulumi.prod.yaml", "moved.yaml")):
        stack, _, _ = diff(base, head)
        assert stack["stack"] == "prod"
        assert all(entry["path"] != "stack" for entry in stack["entries"])


@pytest.mark.parametrize("nothing", ["missing.yaml", "empty.yaml", "/dev/null"])
def test_a_file_that_is_missing_or_empty_is_a_stack_that_is_not_there(folder, nothing):
    stack, _, status = diff(nothing, "base.yaml", *FOUR_WEEKS)
    assert (stack["state"], status, len(stack["calendar"]["new"])) == ("new", 0, 4)
    assert {entry["change"] for entry in stack["entries"]} == {"added"}
    stack, _, status = diff("base.yaml", nothing, *FOUR_WEEKS)
    assert (stack["state"], status, len(stack["calendar"]["vanished"])) == ("removed", 0, 4)
    assert {entry["change"] for entry in stack["entries"]} == {"removed"}


def test_faults_of_the_head_are_shown_and_end_with_1(folder):
    stack, document, status = diff("base.yaml", "faulty.yaml")
    assert status == 1
    assert [fault["path"] for fault in document["faults"]] == ["schedules.weekly.duration"]
    assert (stack["entries"], stack["calendar"]) == (None, None)
    result = run("--base", "base.yaml", "--head", "faulty.yaml")
    checked = CliRunner().invoke(main, ["check", "--file", "faulty.yaml"])
    assert result.stdout.splitlines()[0] == checked.stdout.splitlines()[0]
    assert result.stdout.startswith("schedules.weekly.duration: got ")


def test_a_head_with_faults_has_a_comment(folder):
    result = run("--base", "base.yaml", "--head", "faulty.yaml", "--format", "markdown", "--output", "comment.md")
    assert (result.exit_code, result.stdout) == (1, "")
    comment = Path("comment.md").read_text(encoding="utf-8")
    assert "- 1 fault: see below." in comment
    assert "schedules.weekly.duration" in comment


def test_faults_of_the_base_alone_are_no_reason_to_fail(folder):
    stack, document, status = diff("faulty.yaml", "base.yaml")
    assert (status, document["faults"]) == (0, [])
    assert [fault["path"] for fault in stack["faults"]["gone"]] == ["schedules.weekly.duration"]
    assert stack["entries"] is None
    assert "nothing to compare with" in run("--base", "faulty.yaml", "--head", "base.yaml").stdout


def test_a_file_that_is_no_stack_file_is_a_fault(folder):
    Path("bad.yaml").write_bytes(b"\xff\xfe\x00")
    _, document, status = diff("base.yaml", "bad.yaml")
    assert (status, document["faults"][0]["path"]) == (1, "bad.yaml")


def test_what_the_preview_says(folder):
    stack, _, status = diff("base.yaml", "moved.yaml", "--preview", "preview.json")
    assert (status, stack["resources"]["counts"]["delete"], stack["resources"]["counts"]["same"]) == (0, 1, 2)
    assert stack["resources"]["changes"] == [{"operation": "delete", "type": "a:b:C", "name": "gone", "properties": []}]


@pytest.mark.parametrize("content", [None, "", "error: no stack named 'dev' found\n", "{}"])
def test_a_preview_that_cannot_be_read_is_a_fault_and_the_rest_is_shown(folder, content):
    if content is not None:
        Path("broken.json").write_text(content, encoding="utf-8")
    stack, document, status = diff("base.yaml", "moved.yaml", "--preview", "broken.json")
    assert status == 1
    assert [fault["path"] for fault in document["faults"]] == ["broken.json"]
    assert (stack["resources"], len(stack["entries"])) == (None, 1)


def test_a_head_that_is_gone_or_faulty_needs_no_preview(folder):
    _, document, _ = diff("base.yaml", "faulty.yaml", "--preview", "missing.json")
    assert [fault["path"] for fault in document["faults"]] == ["schedules.weekly.duration"]
    _, _, status = diff("base.yaml", "empty.yaml", "--preview", "missing.json")
    assert status == 0


def test_coverage_of_one_inventory_before_and_after(folder):
    rows = [vm_row("a", tags={"ring": "test"}), vm_row("b", tags={"ring": "uat"}), vm_row("c", osProfile=None)]
    rows[2]["tags"] = {"ring": "uat"}
    Path("vms.json").write_text(json.dumps({"data": rows[:2]}), encoding="utf-8")
    Path("more.json").write_text(json.dumps([rows[2]]), encoding="utf-8")
    stack, _, status = diff("base.yaml", "second.yaml", "--inventory", "vms.json", "--inventory", "more.json")
    assert status == 0
    coverage = stack["coverage"]
    assert (coverage["coveredBefore"], coverage["coveredAfter"], coverage["total"]) == (1, 3, 3)
    assert [(one["id"], one["before"], one["after"], one["ready"]) for one in coverage["gained"]] == [
        (rows[1]["id"], [], ["weekly"], True),
        (rows[2]["id"], [], ["weekly"], False),
    ]
    assert [one["id"] for one in coverage["inVain"]] == [rows[2]["id"]]
    assert {"problem": "no schedule reaches it", "before": 2, "after": 0} in coverage["problems"]
    back, _, _ = diff("second.yaml", "base.yaml", "--inventory", "vms.json", "--inventory", "more.json")
    assert [one["id"] for one in back["coverage"]["lost"]] == [row["id"] for row in rows[1:]]
    assert back["coverage"]["inVain"] == []
    new, _, _ = diff("empty.yaml", "second.yaml", "--inventory", "vms.json")
    assert (new["coverage"]["coveredBefore"], len(new["coverage"]["gained"])) == (0, 2)


def test_machines_that_move_to_another_ring(folder):
    ring = MOVED[MOVED.index("    weekly:") :].replace("weekly", "later").replace("[test]", "[uat]")
    both = BASE + ring
    Path("both.yaml").write_text(both, encoding="utf-8")
    Path("swapped.yaml").write_text(both.replace("[test]", "[x]").replace("[uat]", "[test, uat]"), encoding="utf-8")
    Path("vms.json").write_text(json.dumps([vm_row("a", tags={"ring": "test"})]), encoding="utf-8")
    stack, _, _ = diff("both.yaml", "swapped.yaml", "--inventory", "vms.json")
    assert [(one["before"], one["after"]) for one in stack["coverage"]["moved"]] == [(["weekly"], ["later"])]


def test_machines_can_be_asked_of_azure(folder, monkeypatch):
    asked = []

    def answer(subscriptions, environment, findings):
        asked.append((subscriptions, environment.value))
        return [Page("azure", [vm_row("a", tags={"ring": "uat"})])]

    monkeypatch.setattr(azure_inventory, "machines_on_azure", answer)
    stack, _, _ = diff("base.yaml", "second.yaml", "--inventory", "azure")
    assert asked == [([MAIN], "public")]
    assert len(stack["coverage"]["gained"]) == 1


def test_an_inventory_that_cannot_be_read_is_a_fault_and_the_rest_is_shown(folder):
    Path("none.json").write_text("{", encoding="utf-8")
    stack, document, status = diff("base.yaml", "moved.yaml", "--inventory", "none.json")
    assert status == 1
    assert [fault["path"] for fault in document["faults"]] == ["none.json"]
    assert (stack["coverage"], len(stack["entries"])) == (None, 1)
    for name in ("old", "new"):
        Path(name).mkdir()
        for one in ("dev", "prod"):
            Path(name, f"Pulumi.{one}.yaml").write_text(BASE, encoding="utf-8")
    result = run("--base", "old", "--head", "new", "--inventory", "none.json", "--format", "json")
    assert [fault["path"] for fault in json.loads(result.stdout)["faults"]] == ["none.json"]


def test_an_inventory_that_is_not_whole_is_a_warning_that_the_change_did_not_make(folder):
    Path("part.json").write_text(json.dumps({"data": [vm_row("a")], "totalRecords": 9}), encoding="utf-8")
    stack, _, status = diff("base.yaml", "moved.yaml", "--inventory", "part.json")
    assert status == 0
    assert stack["warnings"]["new"] == []
    assert [one["path"] for one in stack["warnings"]["remaining"]] == ["part.json"]


def test_folders_are_all_their_stacks(folder):
    for name, files in {"old": {"dev": BASE, "prod": BASE}, "new": {"dev": MOVED, "test": BASE}}.items():
        Path(name).mkdir()
        for stack, text in files.items():
            Path(name, f"Pulumi.{stack}.yaml").write_text(text, encoding="utf-8")
    Path("previews").mkdir()
    Path("previews", "dev.json").write_text(PREVIEW, encoding="utf-8")
    result = run("--base", "old", "--head", "new", "--format", "json", "--preview", "previews")
    document = json.loads(result.stdout)
    assert [(one["stack"], one["state"]) for one in document["stacks"]] == [
        ("dev", "kept"),
        ("prod", "removed"),
        ("test", "new"),
    ]
    assert [fault["path"] for fault in document["faults"]] == ["test.json"]
    assert result.exit_code == 1
    assert document["stacks"][0]["resources"]["counts"]["delete"] == 1


def test_files_that_a_version_names_are_looked_for_beside_it(folder):
    freeze = "  azure-patching:freezes: {peak: {calendar: peak.ics}}\n"
    event = "BEGIN:VEVENT\nUID:1\nDTSTAMP:20260101T000000Z\nDTSTART:20270601T000000Z\nDTEND:{}T000000Z\nEND:VEVENT\n"
    for name, day in (("old", "20270602"), ("new", "20270603")):
        Path(name).mkdir()
        Path(name, "Pulumi.dev.yaml").write_text(BASE + freeze, encoding="utf-8")
        calendar = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{event.format(day)}END:VCALENDAR\n".replace("\n", "\r\n")
        Path(name, "peak.ics").write_text(calendar, encoding="utf-8")
    stack, _, _ = diff("old", "new")
    assert [entry["path"] for entry in stack["entries"]] == ["freezes.peak"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--base", "base.yaml"], "--head"),
        (["--base", "no", "--head", "neither"], "there is neither no nor neither"),
        (["--base", ".", "--head", "base.yaml"], "two files, or two folders"),
        (["--base", ".", "--head", "missing"], "two files, or two folders"),
        (["--base", ".", "--head", "."], "no Pulumi.<stack>.yaml in either folder"),
        (["--base", "base.yaml", "--head", "moved.yaml", "--preview", "."], "--preview is a file"),
        (["--base", ".", "--head", ".", "--preview", "preview.json"], "--preview is a folder"),
        (["--base", "base.yaml", "--head", "moved.yaml", "--after", "2027-01-01"], "no offset"),
        (["--base", "base.yaml", "--head", "moved.yaml", "--output", "no/such/file"], "--output"),
    ],
)
def test_wrong_usage(folder, arguments, message):
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_the_same_input_gives_the_same_bytes(folder, form):
    arguments = ("--base", "base.yaml", "--head", "moved.yaml", "--preview", "preview.json", "--format", form)
    assert run(*arguments).stdout == run(*arguments).stdout != ""
    assert run(*arguments, "--output", "out").stdout == ""
    assert Path("out").read_text(encoding="utf-8").strip() == run(*arguments).stdout.strip()

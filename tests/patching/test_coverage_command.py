import gc
import json
import re
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console

from patching import azure_inventory
from patching.__main__ import main
from patching.inventory_file import Page
from patching.report.coverage import as_json, as_markdown, print_text
from patching.report.coverage_page import as_html
from tests.patching.estates import MAIN, arc_row, covered, vm_row

STACK = f"""\
config:
  azure-native:location: westeurope
  azure-native:environment: usgovernment
  azure-patching:subscriptions: {{main: {{id: {MAIN}}}}}
  azure-patching:schedules:
    weekly:
      start: "2027-01-03 22:00"
      timeZone: UTC
      duration: "03:00"
      recurEvery: Week Sunday
      updates: {{linux: {{classifications: [Security]}}}}
      scopes: {{ring: {{tags: {{ring: [test]}}}}}}
"""
HOSTILE = "<script>alert(1)</script>|[x](http://y)`\x1b[31m\ud800"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("Pulumi.dev.yaml").write_text(STACK, encoding="utf-8")
    rows = [vm_row("a", tags={"ring": "test"}), vm_row("b"), arc_row("c", status="Expired", tags={"ring": "Test"})]
    Path("vms.json").write_text(json.dumps({"data": rows}), encoding="utf-8")
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(main, ["coverage", *map(str, arguments)], catch_exceptions=False)


def test_the_json_of_the_contract(folder):
    result = run("--inventory", "vms.json", "--format", "json")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document == {
        "machines": [
            {
                "id": vm_row("a")["id"],
                "schedules": [{"schedule": "weekly", "by": "scope", "scope": "ring"}],
                "ready": True,
                "problems": [],
            },
            {"id": vm_row("b")["id"], "schedules": [], "ready": True, "problems": ["no schedule reaches it"]},
            {
                "id": arc_row("c")["id"],
                "schedules": [],
                "ready": False,
                "problems": [
                    'no schedule reaches it: its tag ring is "Test", and the scope ring of weekly wants "test"',
                    "its Arc agent is expired, not connected",
                ],
            },
        ],
        "summary": {"total": 3, "covered": 1, "ready": 2, "uncovered": 2},
        "faults": [],
        "warnings": [],
    }


def test_several_inventories_are_one(folder):
    Path("more.json").write_text(json.dumps([vm_row("d"), vm_row("a")]), encoding="utf-8")
    document = json.loads(run("--inventory", "vms.json", "--inventory", "more.json", "--format", "json").stdout)
    assert [one["id"].rsplit("/", 1)[1] for one in document["machines"]] == ["a", "b", "c", "d"]
    assert [one["got"] for one in document["warnings"]] == ["1 row more of the same"]


def test_an_empty_inventory(folder):
    Path("vms.json").write_text("[]", encoding="utf-8")
    for form in ("text", "markdown", "html"):
        assert run("--inventory", "vms.json", "--format", form).exit_code == 0
    document = json.loads(run("--inventory", "vms.json", "--format", "json").stdout)
    assert (document["machines"], document["summary"]["total"]) == ([], 0)


@pytest.mark.parametrize("form", ["text", "markdown", "html", "json"])
def test_a_file_has_what_the_terminal_has(folder, form):
    shown = run("--inventory", "vms.json", "--format", form)
    assert (shown.exit_code, run("--inventory", "vms.json", "--format", form, "--output", "out").exit_code) == (0, 0)
    assert Path("out").read_text(encoding="utf-8").strip() == shown.stdout.strip()


def test_every_fault_of_every_file_is_told_at_once(folder):
    Path("odd.json").write_text("az: command not found", encoding="utf-8")
    result = run("--inventory", "odd.json", "--inventory", "none.json", "--inventory", "vms.json")
    assert result.exit_code == 1
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == ["odd.json", "none.json"]
    as_data = run("--inventory", "odd.json", "--format", "json")
    assert as_data.exit_code == 1
    assert [fault["path"] for fault in json.loads(as_data.stdout)["faults"]] == ["odd.json"]


def test_a_faulty_stack_file_is_told_first(folder):
    Path("Pulumi.dev.yaml").write_text(STACK.replace("03:00", "09:00"), encoding="utf-8")
    result = run("--inventory", "none.json")
    assert (result.exit_code, result.stdout.split(":")[0]) == (1, "schedules.weekly.duration")


def test_more_machines_than_the_service_allows_are_a_fault_beside_the_report(folder):
    rows = [vm_row(f"m{index}", tags={"ring": "test"}) for index in range(1001)]
    Path("vms.json").write_text(json.dumps(rows), encoding="utf-8")
    result = run("--inventory", "vms.json", "--format", "json")
    document = json.loads(result.stdout)
    assert (result.exit_code, len(document["machines"])) == (1, 1001)
    assert [fault["path"] for fault in document["faults"]] == ["schedules.weekly.scopes.ring"]


@pytest.mark.parametrize("arguments", [[], ["--inventory", "vms.json", "--format", "ics"]])
def test_wrong_usage(folder, arguments):
    assert run(*arguments).exit_code == 2


def test_azure_is_asked_for_the_stack_s_subscriptions_in_its_cloud(folder, monkeypatch):
    asked = []

    def answer(subscriptions, environment, findings):
        asked.append((subscriptions, environment.value, findings.faults))
        return [Page("azure", [vm_row("z")])]

    monkeypatch.setattr(azure_inventory, "machines_on_azure", answer)
    document = json.loads(run("--inventory", "azure", "--format", "json").stdout)
    assert [one["id"].rsplit("/", 1)[1] for one in document["machines"]] == ["z"]
    assert asked == [([MAIN], "usgovernment", [])]


def test_the_collector_of_garbage_is_on_again_whatever_happens(folder):
    run("--inventory", "none.json")
    assert gc.isenabled()


def written(coverage, width=100):
    content = StringIO()
    print_text(coverage, Console(file=content, width=width))
    return content.getvalue()


@pytest.fixture
def many(stack):
    rows = [vm_row(f"m{index}", osProfile={"linuxConfiguration": {}}) for index in range(5000)]
    return covered(stack.schedule(scopes={"all": {"tags": {"a": ["b"]}}}).settings(), *rows)


def test_many_machines_do_not_flood_a_terminal_or_a_pull_request(many):
    text = written(many)
    assert len(text.splitlines()) < 200
    assert "and 4980 more machines with problems: --format json has all" in text
    assert "and 4900 more machines with problems: --format json has all" in as_markdown(many)
    assert len(as_markdown(many)) < 65_536  # the longest comment GitHub takes
    assert len(as_html("dev", many)) < 2_000_000
    assert len(json.loads(as_json(many))["machines"]) == 5000


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_tables_fit_the_terminal(many, width):
    assert max(len(line.rstrip()) for line in written(many, width).splitlines()) <= width


def test_what_is_ready_and_reached_is_not_listed(stack):
    found = covered(stack.schedule(scopes={"all": {"locations": ["westeurope"]}}).settings(), vm_row("fine"))
    for shown in (written(found), as_markdown(found), as_html("dev", found)):
        assert "fine" not in shown
        assert "1 machine: 1 reached by a schedule, 0 by none; 1 ready, 0 not." in shown


class Elements(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.names = []
        self.feed(page)

    def handle_starttag(self, tag, _):
        self.names.append(tag)


def test_a_stranger_s_text_is_only_text(stack):
    settings = stack.schedule(scopes={"all": {"tags": {"a": ["b"]}}}).settings()
    calm, wild = (covered(settings, arc_row(text, status=text)) for text in ("calm", HOSTILE.replace("/", "")))
    page = as_html("dev", wild)
    assert Elements(page.encode("utf-8", "replace").decode()).names == Elements(as_html("dev", calm)).names
    assert "\x1b" not in written(wild)
    row = as_markdown(wild).splitlines()[-1]
    assert len(re.findall(r"(?<!\\)\|", row)) == len(re.findall(r"\|", as_markdown(calm).splitlines()[-1]))
    assert not re.search(r"(?<!\\)[<\[`\x1b]", row)
    assert json.loads(as_json(wild))


def test_odd_characters_reach_any_output(folder):
    row = arc_row("x\ud800", status="\x1b[31m\ud800")
    Path("vms.json").write_text(json.dumps([row]), encoding="utf-8")
    for form in ("text", "markdown", "html", "json"):
        assert run("--inventory", "vms.json", "--format", form, "--output", "out").exit_code == 0, form
        assert b"\x1b" not in Path("out").read_bytes()

"""The calendar page as text: the same for the same runs, sealed off, and with every run on its day."""

import base64
import hashlib
import json
import re
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from patching.__main__ import main
from patching.recurrence_grammar import parse
from patching.report.calendar_page import Ring, Span, as_html
from patching.report.planned import planned_runs
from patching.schedule import Schedule
from tests.pages.example import calendar, read

SPAN = Span(datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC))
EVENING = datetime.fromisoformat("2027-01-12T22:00")
VOID = {"meta", "link", "input", "path", "rect", "use"}


class Page(HTMLParser):
    """What a page holds: elements with their classes, and for each run its cell's day."""

    def __init__(self, html):
        super().__init__()
        self.open = []
        self.day = None
        self.shown = False
        self.runs = []
        self.months = []
        self.weeks = []
        self.texts = []
        self.sealed = {"style": "", "script": ""}
        self.policy = ""
        self.links = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        classes = (attributes.get("class") or "").split()
        if attributes.get("http-equiv"):
            self.policy = attributes["content"]
        self.links += [attributes[name] for name in ("src", "href") if name in attributes]
        if "data-day" in attributes:
            self.day = attributes["data-day"]
        if "data-month" in attributes:
            self.shown = "outside" not in classes
            self.months += [attributes["data-month"]] * self.shown
        if "run" in classes:
            self.runs.append([self.day])
        if tag == "time" and self.day and len(self.runs[-1]) < 3:
            self.runs[-1].append(attributes["datetime"])
        if tag not in VOID:
            self.open.append((tag, classes))

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self.open.pop()[0] == tag
        if tag == "td":
            self.day = None

    def handle_data(self, data):
        tag, classes = self.open[-1] if self.open else ("", [])
        if tag in self.sealed:
            self.sealed[tag] += data
        elif "gap" in [name for _, names in self.open for name in names]:
            self.texts.append(data)
        elif "week" in classes and data.strip().isdigit() and self.shown:
            self.weeks.append(int(data))


def page_of(schedules, span=SPAN, title="stack"):
    planned = list(planned_runs(schedules, after=span.start, until=span.end))
    return as_html(title, planned, rings={key: Ring(one) for key, one in schedules.items()}, span=span), planned


def schedule(every, start=EVENING, zone="UTC"):
    return Schedule(parse(every), start, zone, timedelta(hours=3))


def test_the_same_stack_gives_the_same_bytes():
    assert calendar(read())[0] == calendar(read())[0]


def test_the_page_may_load_nothing_and_run_only_what_is_in_it():
    page = Page(calendar(read())[0])
    for kind, text in page.sealed.items():
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in page.policy
    assert page.policy.startswith("default-src 'none';")
    assert "unsafe" not in page.policy
    assert "http" not in page.policy
    assert all(link.startswith(("#", "data:image/svg+xml,")) for link in page.links)


@given(
    every=st.sampled_from(
        ["Day", "6Hours", "Week Sunday,Monday", "Month day31", "Month First Monday Offset-3", "3Months day1"]
    ),
    zone=st.sampled_from(["UTC", "W. Europe Standard Time", "Line Islands Standard Time", "Pacific Standard Time"]),
    start=st.datetimes(datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2027-12-31")).map(
        lambda moment: moment.replace(second=0, microsecond=0)
    ),
    days=st.integers(1, 400),
)
def test_every_run_is_once_in_the_grid_on_its_own_day(every, zone, start, days):
    span = Span(SPAN.start, SPAN.start + timedelta(days=days))
    html, planned = page_of({"one": schedule(every, start, zone)}, span)
    found = Page(html).runs
    assert sorted(map(tuple, found)) == sorted(
        (
            one.run.start.date().isoformat(),
            one.run.start.isoformat(timespec="minutes"),
            one.run.end.isoformat(timespec="minutes"),
        )
        for one in planned
    )


def test_weeks_have_their_iso_numbers_and_begin_on_monday():
    html, _ = page_of(
        {"daily": schedule("Day", datetime.fromisoformat("2027-01-01"))},
        Span(SPAN.start, datetime(2027, 1, 31, tzinfo=UTC)),
    )
    january = [date(2026, 12, 28) + timedelta(weeks=n) for n in range(5)]
    assert Page(html).weeks == [monday.isocalendar().week for monday in january]


def test_months_without_runs_are_one_line_however_many_they_are():
    span = Span(SPAN.start, datetime(2033, 1, 1, tzinfo=UTC))
    rare = schedule("35Months day15", datetime.fromisoformat("2030-03-15T22:00"))
    html, planned = page_of({"rare": rare}, span)
    page = Page(html)
    assert [one.run.start.date().isoformat() for one in planned] == ["2030-03-15"]
    assert page.months == ["2030-03"]
    lines = re.sub(r"\s+", " ", "".join(page.texts))
    assert "January 2027 to February 2030 no runs" in lines
    assert "April 2030 to December 2032 no runs" in lines


@given(st.lists(st.text(max_size=8), min_size=1, max_size=60, unique=True))
def test_no_two_schedules_have_the_same_letters(keys):
    html, _ = page_of({key: schedule("Week Sunday") for key in keys}, Span(SPAN.start, SPAN.start + timedelta(days=1)))
    badges = re.findall(r'<b class="badge h\d" aria-hidden="true">([A-Z0-9]{1,4})</b>', html)
    assert len(badges) == len(set(badges)) == len(keys)


def test_letters_are_initials_and_numbers():
    names = {
        "patch-tuesday": "PT",
        "weekly": "W",
        "ring-12": "R12",
        "prod-ring-1-emea": "PR1",
        "2027": "202",
    }
    html, _ = page_of({key: schedule("Week Sunday") for key in names})
    badges = re.findall(r'<b class="badge h\d" aria-hidden="true">([A-Z0-9]+)</b>', html)
    assert badges == list(names.values())


@pytest.mark.parametrize("years", [1, 2, 3, 10, 80])
def test_the_strip_has_labels_but_not_too_many(years):
    html, _ = page_of({"monthly": schedule("Month day1")}, Span(SPAN.start, SPAN.start.replace(year=2027 + years)))
    places = [float(place) for place in re.findall(r'<text x="([\d.]+)%"', html)]
    assert 5 <= len(places) <= 14
    assert places == sorted(set(places))


def test_a_stack_without_schedules_has_a_page():
    html = as_html("empty", [], rings={}, span=None)
    assert "The stack has no schedules." in html
    assert Page(html).runs == []


STACK = """\
config:
  azure-native:location: westeurope
  azure-native:subscriptionId: 11111111-1111-4111-8111-111111111111
  azure-patching:schedules:
    weekly:
      start: "2027-01-03 22:00"
      timeZone: UTC
      duration: "03:00"
      recurEvery: Week Sunday
      description: The <b>ring</b> & its machines
      updates: {linux: {classifications: [Security]}}
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text(STACK, encoding="utf-8")
    return path


def run(*arguments):
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize(
    ("options", "first", "last", "count"),
    [
        ([], "2027-01-03", "2028-01-02", 53),
        (["--after", "2028-02-29T00:00:00Z"], "2028-03-05", "2029-02-25", 52),
        (["--count", 3], "2027-01-03", "2027-01-17", 3),
        (["--until", "2027-02-01T00:00:00Z"], "2027-01-03", "2027-01-31", 5),
    ],
)
def test_the_page_covers_twelve_months_unless_told(file, options, first, last, count):
    days = [run_[0] for run_ in Page(run("calendar", "--file", file, "--format", "html", *options)).runs]
    assert (days[0], days[-1], len(days)) == (first, last, count)


@pytest.mark.parametrize(
    ("options", "covered"),
    [
        (["--after", "9999-06-01T00:00:00Z"], ""),
        (["--after", "0001-01-02T00:00:00Z"], "2 Jan 1 to 1 Jan 2"),
        (["--after", "2030-01-01T00:00:00Z", "--until", "2029-01-01T00:00:00Z"], ""),
        (["--after", "2030-01-01T00:00:00+14:00", "--until", "2030-01-01T00:00:00Z"], "1 Jan 2030 to 1 Jan 2030"),
        (["--count", 1, "--until", "9999-12-31T00:00:00Z"], "3 Jan 2027 to 30 Dec 9999"),
    ],
)
def test_any_time_has_a_page(file, options, covered):
    html = run("calendar", "--file", file, "--format", "html", *options)
    assert f'<p class="facts"><span>{covered or "1 schedule"}</span>' in html


def test_the_page_shows_the_checks_warnings_and_escapes_the_users_text(file):
    html = run("calendar", "--file", file, "--format", "html")
    assert "The &lt;b&gt;ring&lt;/b&gt; &amp; its machines" in html
    assert "<code>schedules.weekly.scopes</code>" in html


def test_a_recurrence_by_itself_has_a_page(file):
    window = ["--start", "2027-01-12 22:00", "--time-zone", "W. Europe Standard Time"]
    page = Page(run("runs", "Month Second Tuesday", *window, "--format", "html"))
    assert [day for day, _, _ in page.runs][:2] == ["2027-01-12", "2027-02-09"]
    assert page.runs[-1][0] == "2028-01-11"
    assert len(page.runs) == 13
    assert len(Page(run("runs", "Day", *window, "--format", "html", "--count", 4)).runs) == 4
    assert len(json.loads(run("runs", "Day", *window, "--format", "json"))["runs"]) == 5


def test_an_empty_stack_and_a_faulty_one(tmp_path):
    empty = tmp_path / "Pulumi.dev.yaml"
    empty.write_text("config: {}\n", encoding="utf-8")
    assert "The stack has no schedules." in run("calendar", "--file", empty, "--format", "html")
    empty.write_text("config: {azure-patching:protect: 3}\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["calendar", "--file", str(empty), "--format", "html"])
    assert (result.exit_code, "<html" in result.stdout) == (1, False)

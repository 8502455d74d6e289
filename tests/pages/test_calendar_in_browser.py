"""The calendar page as a browser shows it, judged against zone arithmetic in Python."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from patching.recurrence_grammar import parse
from patching.report.calendar_page import Ring, as_html
from patching.report.planned import planned_runs
from patching.schedule import Schedule
from tests.pages.contrast import POOR_TEXTS
from tests.pages.example import FREEZES, SPAN, calendar, read

pytestmark = pytest.mark.xdist_group("calendar page")

READING = read()
PAGE, RUNS = calendar(READING)
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ["America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu"]
GRID = """() => [...document.querySelectorAll("td[data-day]")].map(cell => ({
    day: cell.dataset.day,
    frozen: [...cell.querySelectorAll(".freeze strong")].map(label => label.textContent),
    shaded: cell.classList.contains("frozen"),
    runs: [...cell.querySelectorAll(".run")].map(chip => [
        chip.querySelector(".name").textContent,
        ...[...chip.querySelectorAll("time")].map(time => time.textContent),
        chip.checkVisibility(),
    ]),
    links: [...cell.querySelectorAll(".ref")].map(ref => [ref.getAttribute("href").slice(1), ref.textContent]),
}))"""


def expected_runs(zone):
    """Each run's day, name and times by the clock of a zone, or of its own."""
    found = []
    for planned in RUNS:
        start = planned.run.start.astimezone(zone) if zone else planned.run.start
        end = planned.run.end.astimezone(zone) if zone else planned.run.end
        till = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%H:%M %a}"
        found.append((start.date().isoformat(), planned.schedule, f"{start:%H:%M}", till))
    return Counter(found)


def shown_runs(page):
    return Counter(
        (cell["day"], name, start, end)
        for cell in page.evaluate(GRID)
        for name, start, end, is_visible in cell["runs"]
        if is_visible
    )


def expected_freezes(zone, cells):
    """The freezes of each day: what overlaps any of it, hour by hour of the calendar rather than by formula."""
    easter = (datetime(2027, 3, 25, 12, tzinfo=BERLIN), datetime(2027, 3, 30, tzinfo=BERLIN))
    plant = {date(2027, 7, 31), date(2027, 8, 1), date(2027, 8, 2)}
    days = {}
    for cell in cells:
        day = date.fromisoformat(cell["day"])
        begin = datetime(day.year, day.month, day.day, tzinfo=zone or BERLIN)
        end = begin + timedelta(days=1)
        days[cell["day"]] = ["easter"] * (easter[0] < end and begin < easter[1]) + ["plant"] * (day in plant)
    return days


def choose(page, zone):
    page.locator(f'[name="zone"][value="{zone}"] + span').click()


@pytest.mark.parametrize("mine", ZONES)
def test_every_run_and_freeze_is_on_its_day_in_every_zone(opened, mine):
    with opened(PAGE, timezone_id=mine) as page:
        for choice, zone in (("own", None), ("mine", ZoneInfo(mine)), ("utc", UTC), ("own", None)):
            choose(page, choice)
            assert shown_runs(page) == expected_runs(zone)
            cells = page.evaluate(GRID)
            assert {cell["day"]: cell["frozen"] for cell in cells} == expected_freezes(zone, cells)
            assert all(cell["shaded"] == bool(cell["frozen"]) for cell in cells)


def test_going_to_another_zone_and_back_changes_nothing(opened):
    months = "() => [...document.querySelectorAll('.month')].map(month => month.innerText)"
    with opened(PAGE, timezone_id="Asia/Kathmandu") as page:
        written, cells = page.evaluate(months), page.evaluate(GRID)
        choose(page, "mine")
        assert page.evaluate(GRID) != cells
        choose(page, "own")
        assert page.evaluate(months) == written
        assert page.evaluate(GRID) == cells


def test_the_page_is_whole_without_its_script(opened):
    with opened(PAGE, java_script_enabled=False) as page:
        assert page.locator("#zones").is_hidden()
        assert page.locator(".month:not(.outside) td[data-day] .run").count() == len(RUNS)
        chip = page.locator('td[data-day="2027-01-12"] .run', has_text="america")
        assert chip.is_visible()
        assert "22:00\N{EN DASH}01:00 Wed" in chip.inner_text()
        assert page.locator("td.frozen").count() == 5 + 3


def test_runs_in_a_freeze_and_notes_are_marked_and_explained(opened):
    with opened(PAGE, timezone_id="Pacific/Kiritimati") as page:
        chip = page.locator('td[data-day="2027-03-28"] .run', has_text="berlin-sunday")
        assert chip.evaluate("chip => chip.classList.contains('in-freeze')")
        for ref in chip.locator(".ref").all():
            ref.focus()
            note = page.locator(f'[id="{ref.get_attribute("href")[1:]}"]')
            assert note.is_visible()
            assert note.evaluate("note => note.lastChild.textContent.trim()") in page.locator("#card").inner_text()
        notes = next(planned.notes for planned in RUNS if planned.run.start.isoformat().startswith("2027-03-28T03:30"))
        assert len(notes) == 2
        chip.hover()
        assert all(note in page.locator("#card").inner_text() for note in notes)
        for choice in ("own", "mine", "utc"):
            choose(page, choice)
            links = [link for cell in page.evaluate(GRID) for link in cell["links"]]
            assert len(links) == sum(len(planned.notes) for planned in RUNS)
            for target, number in links:
                assert page.evaluate("id => document.getElementById(id)?.dataset.note", target) == number


def test_the_choice_is_in_the_address_and_nowhere_else(opened):
    with opened(PAGE, timezone_id="America/New_York") as page:
        choose(page, "mine")
        page.get_by_role("button", name="noon").click()
        assert page.evaluate("location.hash") == "#zone=mine&off=noon"
        page.reload()
        assert page.locator('[name="zone"]:checked').get_attribute("value") == "mine"
        shown = shown_runs(page)
        assert shown == Counter(
            {run: n for run, n in expected_runs(ZoneInfo("America/New_York")).items() if run[1] != "noon"}
        )
        page.locator(".ref").first.click()
        assert page.evaluate("location.hash") == "#zone=mine&off=noon"
        page.get_by_role("button", name="noon").press("Enter")
        choose(page, "own")
        assert page.evaluate("location.hash") == ""
        assert page.evaluate("localStorage.length + sessionStorage.length + document.cookie.length") == 0


def test_hiding_schedules_counts_and_collapses(opened):
    with opened(PAGE) as page:
        page.get_by_role("button", name="Show none").click()
        assert page.locator(".run:visible").count() == 0
        assert page.locator(".month table:visible").count() == 0
        page.get_by_role("button", name="berlin-sunday").click()
        assert page.locator('[data-month="2027-02"] .count').inner_text() == "4 runs"
        assert {name for _, name, _, _ in shown_runs(page)} == {"berlin-sunday"}
        assert page.locator("#list-of-runs tr[data-r]:not(.off)").count() == 52
        page.get_by_role("button", name="Show all").click()
        assert shown_runs(page) == expected_runs(None)


def test_the_keyboard_reaches_every_day_with_runs(opened):
    day = "() => document.activeElement.dataset.day"
    with opened(PAGE, fragment="#off=noon") as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
        stops = sorted({run[0] for run in expected_runs(None) if run[1] != "noon"})
        page.locator(f'td[data-day="{stops[0]}"]').focus()
        for expected in stops[1:]:
            page.keyboard.press("ArrowRight")
            assert page.evaluate(day) == expected
        page.keyboard.press("ArrowLeft")
        assert page.evaluate(day) == stops[-2]
        page.locator('td[data-day="2027-03-28"]').focus()
        for key, expected in {
            "ArrowDown": "2027-04-04",
            "PageUp": "2027-03-01",
            "PageDown": "2027-04-01",
            "End": "2027-04-30",
            "Home": "2027-04-01",
            "ArrowUp": "2027-03-21",
        }.items():
            page.keyboard.press(key)
            assert page.evaluate(day) == expected, key
        assert "berlin-sunday" in page.locator("#card").inner_text()
        page.keyboard.press("Escape")
        assert page.locator("#card").is_hidden()


@pytest.mark.parametrize(
    ("mine", "choice", "today"),
    [
        ("Pacific/Kiritimati", "own", "2027-03-21"),
        ("Pacific/Kiritimati", "mine", "2027-03-21"),
        ("Pacific/Kiritimati", "utc", "2027-03-20"),
        ("America/New_York", "mine", "2027-03-20"),
    ],
)
def test_today_and_what_comes_next_are_the_browsers(opened, mine, choice, today):
    with opened(PAGE, timezone_id=mine, now=datetime(2027, 3, 20, 18, 30, tzinfo=UTC)) as page:
        choose(page, choice)
        assert [cell.get_attribute("data-day") for cell in page.locator("td.today").all()] == [today]
        assert "berlin-sunday in 7 hours" in page.locator("#hero").text_content()
        next_tokyo = page.locator(".ring", has_text="tokyo-first").locator(".next").inner_text()
        assert "in 10 days" in next_tokyo
        if choice == "utc":
            assert "Wed 31 Mar 2027, 15:30" in next_tokyo


def test_a_calendar_that_is_over_says_so(opened):
    with opened(PAGE, now=datetime(2030, 1, 1, tzinfo=UTC)) as page:
        assert page.locator("#hero").is_hidden()
        assert page.locator(".next", has_text="none after today").count() == len(READING.settings.schedules)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_is_readable(opened, scheme):
    with opened(PAGE, color_scheme=scheme, now=datetime(2027, 3, 20, tzinfo=UTC)) as page:
        page.locator("#list-of-runs summary").click()
        page.locator(".warnings summary").click()
        page.get_by_role("button", name="tokyo-first").click()
        page.locator('td[data-day="2027-03-28"] .run').first.hover()
        assert page.evaluate(POOR_TEXTS, 4.5) == []


def test_the_contrast_check_sees_a_poor_text(opened):
    page = PAGE.replace("<h1>", '<h1 class="muted">')
    with opened(page) as poor:
        poor.evaluate("document.querySelector('h1').style.color = '#999'")
        assert [text for text, _ in poor.evaluate(POOR_TEXTS, 4.5)] == ["test"]


@pytest.mark.parametrize("width", [320, 390, 768, 1024])
def test_nothing_is_wider_than_the_window(opened, width):
    with opened(PAGE, viewport={"width": width, "height": 800}) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        wider = """width => [...document.querySelectorAll(".run, h1, .ring *, .months a")]
            .filter(element => element.getBoundingClientRect().right > width).length"""
        assert page.evaluate(wider, width) == 0


def test_on_a_phone_the_grid_is_a_list_of_days_with_runs(opened):
    with opened(PAGE, viewport={"width": 390, "height": 844}, fragment="#off=noon") as page:
        days = [cell.get_attribute("data-day") for cell in page.locator("td[data-day]:visible").all()]
        assert days == sorted({run[0] for run in expected_runs(None) if run[1] != "noon"})
        assert page.locator('td[data-day="2027-01-12"] .date').inner_text().split() == ["Tuesday", "12"]


def crowded(count=20):
    rings = {
        f"application-number-{index}": Ring(
            Schedule(parse("Week Sunday"), datetime.fromisoformat("2027-01-03T01:00"), "UTC", timedelta(hours=2))
        )
        for index in range(count)
    }
    schedules = {key: ring.schedule for key, ring in rings.items()}
    return as_html("crowded", list(planned_runs(schedules, until=SPAN.end)), rings=rings, span=SPAN)


def test_a_crowded_day_is_shortened_and_opens(opened):
    with opened(crowded()) as page:
        cell = page.locator('td[data-day="2027-01-03"]')
        assert cell.locator(".run:visible").count() == 14
        cell.get_by_role("button", name="+ 6 more").click()
        assert cell.locator(".run:visible").count() == 20


def test_long_lists_of_schedules_can_be_searched(opened):
    with opened(crowded()) as page:
        page.get_by_label("Find").fill("number-7")
        assert page.locator(".ring:visible").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("html", [PAGE, crowded()], ids=["stack", "crowded"])
def test_on_paper_nothing_is_cut_and_no_control_is_left(opened, html, scheme):
    cut = """() => [...document.querySelectorAll(".run, .run .name, .month, .rings, td, .notes li")]
        .filter(e => e.checkVisibility() && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)
            && getComputedStyle(e).overflow !== "visible").map(e => e.className)"""
    with opened(html, media="print", color_scheme=scheme, viewport={"width": 1047, "height": 718}) as page:
        for control in ("#zones", ".months", "#tools", ".show-more", "#hint", ".skip", "#card"):
            assert page.locator(f"{control}:visible").count() == 0, control
        assert page.locator(".run:visible").count() == page.locator(".run").count()
        assert page.evaluate(cut) == []
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.evaluate(POOR_TEXTS, 4.5) == []
        assert page.evaluate(
            "[...document.querySelectorAll('.month')].every(m => getComputedStyle(m).breakInside === 'avoid')"
        )


def test_on_paper_a_month_fits_a_page(opened):
    with opened(PAGE, media="print", viewport={"width": 1047, "height": 718}) as page:
        heights = page.evaluate("[...document.querySelectorAll('.month')].map(m => m.getBoundingClientRect().height)")
        assert max(heights) <= 718


HOSTILE = [
    '<img src=x onerror="window.pwned=1">',
    "</style><script>window.pwned=1</script>",
    "'\"><svg onload=window.pwned=1>",
    "{{7*7}} {% raise %} &lt;b&gt; \u202egnp.exe \ud800",
]


def test_hostile_text_is_text(opened):
    schedule = Schedule(
        parse("Week Sunday"), datetime.fromisoformat("2027-01-03T02:30"), "W. Europe Standard Time", timedelta(hours=2)
    )
    reading = read(freezes={f"freeze-{n}": {**FREEZES["easter"], "reason": text} for n, text in enumerate(HOSTILE[:3])})
    rings = {text: Ring(schedule, description=text, follows=text) for text in HOSTILE}
    planned = list(planned_runs(dict.fromkeys(HOSTILE, schedule), until=SPAN.end))
    planned = [type(one)(one.schedule, one.run, HOSTILE) for one in planned]
    html = as_html(
        HOSTILE[1], planned, rings=rings, span=SPAN, freezes=reading.settings.freezes, warnings=read().warnings
    )
    with opened(html, timezone_id="Asia/Kathmandu") as page:
        page.get_by_role("button", name=HOSTILE[0]).click()
        page.get_by_role("button", name=HOSTILE[0]).click()
        for choice in ("mine", "utc", "own"):
            choose(page, choice)
            page.locator('td[data-day="2027-03-28"] .run').first.hover()
            assert HOSTILE[0] in page.locator("#card").inner_text()
            names = set(page.evaluate("[...document.querySelectorAll('.run .name')].map(name => name.textContent)"))
            assert names == {text.replace("\ud800", "?") for text in HOSTILE}
        assert page.locator("h1").inner_text() == HOSTILE[1]
        assert page.evaluate("window.pwned") is None
        assert page.locator("img, script, iframe, svg:not([aria-hidden], .strip, .labels)").count() == 1

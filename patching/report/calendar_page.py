"""The calendar as a page to look at: every schedule's year as a strip, and a month grid of all runs.

The page is a pure function of what is given here; "today" and "in 3 days" are the browser's. It is complete without its
script, in each schedule's own time zone; the script only moves runs and freezes to the days they have in another one.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count, product
from string import ascii_uppercase

from patching.faults import Fault
from patching.freezes import OnRun
from patching.report.calendar_page_months import FreezeView, RingLook, RunView, freeze_view, month_views, run_views
from patching.report.page import render_page
from patching.report.planned import PlannedRun
from patching.schedule import Schedule
from patching.settings.model import FreezeSettings, Settings

STRIP_UNITS = 1000
"""How many places for a mark a schedule's strip has, whatever time it covers."""

_HUES = 8
_DENSE_GAP = timedelta(hours=60)
_FEWEST_DENSE_RUNS = 6
_LETTERS, _DIGITS, _LONGEST_CODE = re.compile("[A-Z]+"), re.compile("[0-9]+"), 3
_YEAR = 12
_MOST_LABELS = 14


@dataclass(frozen=True, slots=True)
class Span:
    """The time a calendar covers: aware instants, `end` is not in it."""

    start: datetime
    end: datetime

    @property
    def last_day(self) -> date:
        """The last day that is in it, where its end was written; never before its first."""
        return max(self.start.date(), (self.end - timedelta(microseconds=1)).date())


@dataclass(frozen=True, slots=True)
class Ring:
    """A schedule to show, and what is said of it."""

    schedule: Schedule
    description: str | None = None
    follows: str | None = None


@dataclass(frozen=True, slots=True)
class _RingView:
    key: str
    look: RingLook
    summary: str
    description: str | None
    follows: str | None
    zone: str
    first: RunView | None
    count: int
    ticks: str


@dataclass(frozen=True, slots=True)
class _Mark:
    """A place on a strip, in its units, and what is there."""

    at: int
    width: int
    text: str = ""


def rings_of(settings: Settings) -> dict[str, Ring]:
    """A stack's schedules, as the calendar shows them."""
    return {
        key: Ring(
            schedule.schedule,
            schedule.description,
            f"{schedule.follows.schedule_key}, at least {_days(schedule.follows.days)} later"
            if schedule.follows
            else None,
        )
        for key, schedule in settings.schedules.items()
    }


def as_html(
    title: str,
    planned: Sequence[PlannedRun],
    *,
    rings: Mapping[str, Ring],
    span: Span | None,
    freezes: Mapping[str, FreezeSettings] | None = None,
    warnings: Sequence[Fault] = (),
) -> str:
    """The page. `planned` are the runs of `rings` that start in `span`, in order of start, with their freezes.

    Without a span there are no runs either: a stack without schedules, of no time.

    Raises:
        CalendarError: an event of a freeze's iCalendar file cannot be worked out.
    """
    looks = _looks(rings, planned)
    runs, notes = run_views(planned, looks)
    frozen = _freezes(freezes or {}, span) if span else []
    return render_page(
        "calendar.html.jinja",
        styles=["calendar.css"],
        scripts=["moments.js", "calendar.js"],
        title=title,
        span=span,
        rings=_ring_views(rings, looks, runs, span),
        runs=runs,
        notes=notes,
        months=month_views(runs, frozen, span.start.date(), span.last_day) if span else [],
        freezes=frozen,
        bands=[_band(freeze, span) for freeze in frozen] if span else [],
        axis=_axis(span) if span else [],
        warnings=warnings,
        many_rings=len(rings) > 2 * _HUES,
        units=STRIP_UNITS,
    )


def _looks(rings: Mapping[str, Ring], planned: Iterable[PlannedRun]) -> dict[str, RingLook]:
    """Each schedule's letters and colour; one that runs nearly every day is drawn quietly, so that others stand out."""
    starts: dict[str, list[datetime]] = defaultdict(list)
    for run in planned:
        starts[run.schedule].append(run.run.start_utc)
    dense = {key for key, found in starts.items() if _is_dense(found)}
    codes = _codes(rings)
    quiet = dense if dense != set(starts) else set[str]()
    return {key: RingLook(index, codes[key], index % _HUES, key in quiet) for index, key in enumerate(rings)}


def _is_dense(starts: Sequence[datetime]) -> bool:
    return len(starts) >= _FEWEST_DENSE_RUNS and (starts[-1] - starts[0]) / (len(starts) - 1) < _DENSE_GAP


def _codes(keys: Iterable[str]) -> dict[str, str]:
    """Letters for each key that no other has: its words' initials and a number of it, where they are free."""
    spare = ("".join(letters) for size in count(2) for letters in product(ascii_uppercase, repeat=size))
    used: set[str] = set()
    codes: dict[str, str] = {}
    for key in keys:
        free = next((code for code in _natural_codes(key) if code not in used), None)
        codes[key] = free or next(code for code in spare if code not in used)
        used.add(codes[key])
    return codes


def _natural_codes(key: str) -> Iterator[str]:
    words = _LETTERS.findall(key.upper())
    numbers = [number.lstrip("0") or "0" for number in _DIGITS.findall(key)]
    initials = "".join(word[0] for word in words)
    for number in (*numbers[-1:], *numbers[:1]) if numbers else ("",):
        digits = number[:_LONGEST_CODE]
        yield f"{initials[: max(1, _LONGEST_CODE - len(digits))]}{digits}" if words else digits
    yield from (f"{initials[:1]}{char}" for char in "".join(words)[1:])


def _ring_views(
    rings: Mapping[str, Ring], looks: Mapping[str, RingLook], runs: Sequence[RunView], span: Span | None
) -> list[_RingView]:
    of_ring: dict[str, list[RunView]] = defaultdict(list)
    for run in runs:
        of_ring[run.key].append(run)
    return [
        _RingView(
            key=key,
            look=looks[key],
            summary=ring.schedule.summary(),
            description=ring.description,
            follows=ring.follows,
            zone=ring.schedule.time_zone,
            first=next(iter(of_ring[key]), None),
            count=len(of_ring[key]),
            ticks=_ticks(of_ring[key], span) if span else "",
        )
        for key, ring in rings.items()
    ]


def _ticks(runs: Iterable[RunView], span: Span) -> str:
    """A strip's marks as an SVG path."""
    return "".join(f"M{at} 0v1" for at in sorted({_place(run.start, span) for run in runs}))


def _freezes(freezes: Mapping[str, FreezeSettings], span: Span) -> list[FreezeView]:
    found = [(freeze, period) for freeze in freezes.values() for period in freeze.freeze.periods(span.start, span.end)]
    found.sort(key=lambda one: (one[1].start.isoformat(), one[1].end.isoformat(), one[0].key, one[1].reason))
    return [
        freeze_view(index, freeze.key, period, stops=freeze.on_run is OnRun.FAIL)
        for index, (freeze, period) in enumerate(found)
    ]


def _place(moment: datetime, span: Span) -> int:
    """Where an instant is on a strip; a naive one is taken as UTC, which is within a day of it."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    share = (aware.astimezone(UTC) - span.start.astimezone(UTC)) / (span.end - span.start)
    return max(0, min(STRIP_UNITS, round(share * STRIP_UNITS)))


def _band(freeze: FreezeView, span: Span) -> _Mark:
    start, end = _place(freeze.start, span), _place(freeze.end, span)
    return _Mark(start, max(end - start, 2))


def _axis(span: Span) -> list[_Mark]:
    """The beginnings of months; of a long time, of every so many, from January on."""
    begin, end = (moment.astimezone(UTC) for moment in (span.start, span.end))
    months = range(begin.year * _YEAR + begin.month - 1, end.year * _YEAR + end.month)
    steps = (1, 3, *range(_YEAR, len(months) + 2 * _YEAR, _YEAR))
    step = next(step for step in steps if len(months) <= step * _MOST_LABELS)
    firsts = [datetime(index // _YEAR, index % _YEAR + 1, 1, tzinfo=UTC) for index in months if index % step == 0]
    return [_Mark(_place(first, span), 0, _month_label(first)) for first in firsts if begin <= first < end]


def _month_label(first: datetime) -> str:
    return f"{first.year}" if first.month == 1 else f"{first:%b}"


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"

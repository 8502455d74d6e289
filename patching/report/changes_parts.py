"""The parts of a report on what changes in a stack, each a table that can be folded, printed or cut short."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from patching.changes.calendar import CalendarChange
from patching.changes.estate import EntryChange
from patching.changes.findings import FindingsChange
from patching.changes.machines import CoverageChange, MachineChange
from patching.changes.preview import Preview
from patching.changes.stack import StackChange
from patching.report.changes_words import Quote, counted, entry_words, instant_words, move_words, run_words

_SCHEDULES = "schedules"
Rows = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Part:
    """A table under a title; `is_open` says that it is not folded, where parts can be."""

    title: str
    columns: Sequence[str]
    rows: Rows
    is_open: bool = False


def parts_of(change: StackChange, quote: Quote) -> list[Part]:
    """The parts that have anything to show, what hurts first."""
    return [part for part in _parts(change, quote) if part.rows]


def _parts(change: StackChange, quote: Quote) -> Iterator[Part]:
    faults, warnings = change.faults, change.warnings
    entries = change.entries or ()
    yield Part(counted(len(change.faults_now), "fault"), ("Since", "Fault"), _faults(faults, quote), is_open=True)
    yield Part(
        "What the preview said", ("Level", "Of", "Message"), _messages(change.preview, quote), is_open=_failed(change)
    )
    yield Part("Schedules, machines and scopes", ("Entry", "Change"), _entries(_first(entries, _SCHEDULES), quote))
    yield Part("Other keys", ("Entry", "Change"), _entries(_but(entries, _SCHEDULES), quote))
    if change.calendar is not None:
        yield Part(_calendar_title(change.calendar), ("Schedule", "Before", "After", "Change"), _runs(change, quote))
    if change.preview is not None:
        title = f"Resources ({change.preview.same} stay as they are)"
        yield Part(title, ("Operation", "Type", "Name", "Properties"), _resources(change.preview, quote))
    if change.coverage is not None:
        machines, problems = _machines(change.coverage, quote), _problems(change.coverage, quote)
        yield Part("Machines", ("Machine", "Resource group", "Before", "After", "Ready"), machines)
        yield Part("Problems of machines", ("Problem", "Before", "After"), problems)
    yield Part("New warnings", ("", "Warning"), [("new", quote(str(one))) for one in warnings.new], is_open=True)
    old = [(name, quote(str(one))) for name, some in _old(faults, warnings) for one in some]
    yield Part("Other findings", ("", "Finding"), old)


def _first(entries: Iterable[EntryChange], section: str) -> list[EntryChange]:
    return [entry for entry in entries if entry.path[0] == section]


def _but(entries: Iterable[EntryChange], section: str) -> list[EntryChange]:
    return [entry for entry in entries if entry.path[0] != section]


def _entries(entries: Iterable[EntryChange], quote: Quote) -> Rows:
    return [(quote(entry.name), words) for entry in entries for words in entry_words(entry, quote)]


def _faults(faults: FindingsChange, quote: Quote) -> Rows:
    listed = (("now", faults.new), ("before", faults.remaining))
    return [(since, quote(str(one))) for since, some in listed for one in some]


def _old(faults: FindingsChange, warnings: FindingsChange) -> Iterator[tuple[str, Sequence[object]]]:
    yield "fault gone", faults.gone
    yield "warning gone", warnings.gone
    yield "warning as before", warnings.remaining


def _failed(change: StackChange) -> bool:
    return change.preview is not None and change.preview.failed


def _messages(preview: Preview | None, quote: Quote) -> Rows:
    return [(one.level, quote(one.source), quote(one.text)) for one in preview.messages] if preview else []


def _calendar_title(calendar: CalendarChange) -> str:
    if calendar.until is None:
        return "Calendar"
    since = f"from {instant_words(calendar.since)} " if calendar.since else ""
    return f"Calendar {since}until {instant_words(calendar.until)} ({counted(calendar.same, 'run')} as before)"


def _runs(change: StackChange, quote: Quote) -> Rows:
    """The runs of all lists in one order, by when the first of the two versions has them."""
    calendar = change.calendar
    if calendar is None:
        return []
    rows = [
        (min(one.before.start_utc, one.after.start_utc), one.schedule, one.before, one.after, move_words(one))
        for one in calendar.moved
    ]
    gone = [(one.run.start_utc, one.schedule, one.run, None, "gone") for one in calendar.vanished]
    new = [(one.run.start_utc, one.schedule, None, one.run, "new") for one in calendar.new]
    ordered = sorted((*rows, *gone, *new), key=lambda row: row[:2])
    return [
        (quote(key), run_words(before) if before else "", run_words(after) if after else "", words)
        for _, key, before, after, words in ordered
    ]


def _resources(preview: Preview, quote: Quote) -> Rows:
    return [
        (one.operation.value, quote(one.type), quote(one.name), ", ".join(map(quote, one.properties)))
        for one in preview.resources
    ]


def _machines(coverage: CoverageChange, quote: Quote) -> Rows:
    listed = (*coverage.lost, *coverage.in_vain, *coverage.moved, *coverage.gained)
    return [_machine(one, quote) for one in dict.fromkeys(listed)]


def _machine(one: MachineChange, quote: Quote) -> Sequence[str]:
    before, after = (", ".join(map(quote, keys)) or "none" for keys in (one.before, one.after))
    return (quote(one.machine.name), quote(one.machine.resource_group), before, after, "yes" if one.ready else "no")


def _problems(coverage: CoverageChange, quote: Quote) -> Rows:
    return [(quote(one.text), str(one.before), str(one.after)) for one in coverage.problems]

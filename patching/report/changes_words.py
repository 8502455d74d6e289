"""What changes between two versions of a stack, in words that the text and the Markdown share.

`quote` is what makes a stranger's text fit to be shown; a report's own words need none.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from patching.changes.calendar import CalendarChange, MovedRun
from patching.changes.estate import Change, EntryChange
from patching.changes.preview import Operation, Preview
from patching.changes.stack import StackChange, State
from patching.changes.values import FieldChange, Shown
from patching.schedule import Run

Quote = Callable[[str], str]

_DONE = {
    Operation.DELETE: "deleted",
    Operation.REPLACE: "replaced",
    Operation.UPDATE: "updated",
    Operation.CREATE: "created",
    Operation.IMPORT: "imported",
    Operation.OTHER: "otherwise changed",
}
_HURTING = (Operation.DELETE, Operation.REPLACE)
_MOST_NAMED, _MOST_WAYS = 5, 3


def counted(number: int, noun: str) -> str:
    """A number and what it counts: "1 run", "3 runs"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def run_words(run: Run) -> str:
    """When a run starts, in its schedule's zone, with the offset: "Sat 2027-01-16 22:00 +01:00"."""
    return f"{run.start:%a} {instant_words(run.start)}"


def instant_words(instant: datetime) -> str:
    """An instant with its offset: "2027-01-16 22:00 +01:00"."""
    offset = f"{instant:%z}"
    return f"{instant.date().isoformat()} {instant:%H:%M} {offset[:3]}:{offset[3:5]}"


def shift_words(shift: timedelta) -> str:
    """How much later something is: "+3 days 2 h", "-45 min"."""
    sign, span = ("-", -shift) if shift < timedelta() else ("+", shift)
    hours, minutes = divmod(span.seconds // 60, 60)
    parts = [
        counted(span.days, "day") if span.days else "",
        f"{hours} h" if hours else "",
        f"{minutes} min" if minutes else "",
    ]
    return f"{sign}{' '.join(filter(None, parts)) or '0 min'}"


def move_words(moved: MovedRun) -> str:
    """What became of a run that is another: how much later it starts, and how much longer its window is."""
    starts = moved.after.start_utc != moved.before.start_utc
    length = moved.lengthened
    by = shift_words(abs(length)).removeprefix("+")
    longer = f"{by} {'shorter' if length < timedelta() else 'longer'}" if length else ""
    return ", ".join(filter(None, [shift_words(moved.shift) if starts else "", longer]))


def field_words(field: FieldChange, quote: Quote) -> str:
    """A key's change: "duration: 3 hours → 2 hours", "osTypes: Linux added", "expires: 2027-12-15 00:00 taken away"."""
    path = quote(field.path)
    if field.before is None:
        return f"{path}: {_value(field.after, quote)} set"
    if field.after is None:
        return f"{path}: {_value(field.before, quote)} taken away"
    if isinstance(field.before, tuple) and isinstance(field.after, tuple):
        parts = [
            f"{', '.join(map(quote, items))} {done}"
            for items, done in ((field.added, "added"), (field.removed, "removed"))
            if items
        ]
        return f"{path}: {'; '.join(parts)}"
    return f"{path}: {_value(field.before, quote)} → {_value(field.after, quote)}"


def entry_words(entry: EntryChange, quote: Quote) -> list[str]:
    """An entry's changes, one a line."""
    if entry.change is Change.CHANGED:
        return [field_words(field, quote) for field in entry.fields]
    words = quote((entry.after if entry.change is Change.ADDED else entry.before) or "")
    return [f"{entry.change.value}{f': {words}' if words else ''}"]


def entries_cell(entries: Iterable[EntryChange] | None) -> str:
    """How many entries are added, removed and changed."""
    if entries is None:
        return "not known"
    listed = list(entries)
    counts = ((sum(one.change is change for one in listed), change.value) for change in Change)
    return ", ".join(f"{number} {word}" for number, word in counts if number) or "none"


def runs_cell(calendar: CalendarChange | None) -> str:
    """How many runs move, are gone, are new."""
    if calendar is None:
        return "not known"
    moved = sum(one.before.start_utc != one.after.start_utc for one in calendar.moved)
    counts = (
        (moved, "moved"),
        (len(calendar.moved) - moved, "longer or shorter"),
        (len(calendar.vanished), "gone"),
        (len(calendar.new), "new"),
    )
    return ", ".join(f"{number} {word}" for number, word in counts if number) or "as before"


def resources_cell(preview: Preview | None) -> str:
    """How many resources an update deletes, replaces, updates and creates; what hurts first."""
    if preview is None:
        return "no preview"
    counts = ((preview.count(operation), word) for operation, word in _DONE.items())
    shown = ", ".join(f"{number} {word}" for number, word in counts if number) or "none"
    return f"{shown}; the preview failed" if preview.failed else shown


def findings_cell(change: StackChange) -> str:
    """How many faults there are, and which warnings are new or gone."""
    faults, warnings = len(change.faults_now), change.warnings
    parts = [
        counted(faults, "fault") if faults else "",
        f"{counted(len(change.faults.gone), 'fault')} gone" if change.faults.gone else "",
        counted(len(warnings.new), "new warning") if warnings.new else "",
        f"{counted(len(warnings.gone), 'warning')} gone" if warnings.gone else "",
    ]
    return ", ".join(filter(None, parts)) or "none new"


def coverage_cell(change: StackChange) -> str:
    """How many machines a schedule reaches before and after."""
    coverage = change.coverage
    if coverage is None:
        return "not known"
    return f"{coverage.covered_before} → {coverage.covered_after} of {coverage.total}"


def state_words(change: StackChange) -> str | None:
    """What is to be said of a stack that is new or no more, or of which nothing can be compared."""
    if change.state is State.NEW:
        return "A new stack: all of it is new."
    if change.state is State.REMOVED:
        return "Its file is gone. What it deployed stays, and runs, until `pulumi destroy`."
    if change.entries is None and not change.faults_now:
        return "The version before has faults, so that there is nothing to compare with."
    return None


def headlines(change: StackChange, quote: Quote) -> list[str]:
    """What matters most, one sentence a line: faults, each schedule's runs, what is deleted or replaced, machines."""
    lines = [f"{counted(len(change.faults_now), 'fault')}: see below."] if change.faults_now else []
    if change.calendar is not None:
        lines += _of_schedules(change.calendar, quote)
    if change.preview is not None:
        lines += _of_resources(change.preview, quote)
    if change.coverage is not None:
        lines += _of_machines(change)
    return lines


def _of_schedules(calendar: CalendarChange, quote: Quote) -> list[str]:
    keys = dict.fromkeys(one.schedule for one in (*calendar.moved, *calendar.vanished, *calendar.new))
    return [f"{quote(key)}: {_of_schedule(key, calendar)}." for key in sorted(keys)]


def _of_schedule(key: str, calendar: CalendarChange) -> str:
    moved = [one for one in calendar.moved if one.schedule == key]
    gone = [one.run for one in calendar.vanished if one.schedule == key]
    new = [one.run for one in calendar.new if one.schedule == key]
    parts: list[str] = []
    if moved:
        before, after = run_words(moved[0].before), run_words(moved[0].after)
        parts.append(f"{_of_moved(moved)}, the first {before}{'' if after == before else f' → {after}'}")
    if gone:
        parts.append(f"{counted(len(gone), 'run')} gone, the first {run_words(gone[0])}")
    if new:
        parts.append(f"{counted(len(new), 'new run')}, the first {run_words(new[0])}")
    return "; ".join(parts)


def _of_moved(moved: Sequence[MovedRun]) -> str:
    """In how many ways runs change, the most frequent first, each with how many runs go it."""
    ways = Counter(map(move_words, moved)).most_common()
    runs = counted(len(moved), "run")
    if len(ways) == 1:
        words, is_one = ways[0][0], len(moved) == 1
        moves, becomes = ("moves", "becomes") if is_one else ("move", "become")
        return f"{runs} {moves} by {words}" if words[0] in "+-" else f"{runs} {becomes} {words}"
    shown = [f"{number} by {words}" if words[0] in "+-" else f"{number} {words}" for words, number in ways[:_MOST_WAYS]]
    more = sum(number for _, number in ways[_MOST_WAYS:])
    return f"{runs} change ({', '.join([*shown, f'{more} otherwise'] if more else shown)})"


def _of_resources(preview: Preview, quote: Quote) -> list[str]:
    lines = ["The preview failed: its messages are below."] if preview.failed else []
    for operation in _HURTING:
        some = [one for one in preview.resources if one.operation is operation]
        named = ", ".join(quote(f"{one.type} {one.name}".strip()) for one in some[:_MOST_NAMED])
        more = f" and {len(some) - _MOST_NAMED} more" if len(some) > _MOST_NAMED else ""
        if some:
            lines.append(f"{counted(len(some), 'resource')} {_DONE[operation]}: {named}{more}.")
    return lines


def _of_machines(change: StackChange) -> list[str]:
    coverage = change.coverage
    if coverage is None:
        return []
    parts = [
        f"{counted(len(coverage.gained), 'machine')} gained" if coverage.gained else "",
        f"{counted(len(coverage.lost), 'machine')} lost" if coverage.lost else "",
        f"{counted(len(coverage.moved), 'machine')} moved to other schedules" if coverage.moved else "",
        f"{counted(len(coverage.in_vain), 'machine')} newly reached in vain: not ready" if coverage.in_vain else "",
    ]
    return [f"{'; '.join(filter(None, parts))}."] if any(parts) else []


def _value(value: Shown | None, quote: Quote) -> str:
    return ", ".join(map(quote, value)) if isinstance(value, tuple) else quote(str(value))

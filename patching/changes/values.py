"""Settings as flat text: by path, what a stack file's key comes to, so that two versions can be compared key by key.

Paths are the stack file's own keys (`updates.linux.classifications`). Whatever a model gains is flattened by its own
field names, so that no key is passed over because this module does not know it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING

from pydantic.alias_generators import to_camel

from patching.arm_ids import ScopeId
from patching.freezes import CalendarFreeze
from patching.plain_data import as_list, as_map
from patching.recurrence import Daily, Hourly, MonthlyDates, MonthlyWeekday, Weekly, in_words
from patching.schedule import Schedule, duration_in_words, local_text
from patching.settings.secret import Secret

if TYPE_CHECKING:
    from icalendar import Event

_RECURRENCES = (Hourly, Daily, Weekly, MonthlyDates, MonthlyWeekday)
_DERIVED = frozenset({"key", "subscription_id"})
"""An entry's key is its path, and a subscription's id is said of the subscription."""


@dataclass(frozen=True, slots=True)
class Masked:
    """A value that is compared, and never shown."""

    value: object = field(repr=False)

    def __str__(self) -> str:
        return "(not shown)"


Shown = str | tuple[str, ...] | Masked
"""A value in words; a list is a tuple of words, in order, since no list of a stack file has an order that counts."""

Fields = Mapping[str, Shown]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A key that has another value; None on the side where it is not set."""

    path: str
    before: Shown | None
    after: Shown | None

    @property
    def added(self) -> tuple[str, ...]:
        """Of two lists, the items that only the later one has."""
        return _without(self.after, self.before)

    @property
    def removed(self) -> tuple[str, ...]:
        """Of two lists, the items that only the earlier one has."""
        return _without(self.before, self.after)


def changed_fields(before: Fields, after: Fields) -> tuple[FieldChange, ...]:
    """The keys that differ, in the order of the earlier version, then of the later one."""
    pairs = ((path, before.get(path), after.get(path)) for path in dict.fromkeys((*before, *after)))
    return tuple(FieldChange(path, one, other) for path, one, other in pairs if one != other)


def flat(value: object, path: str = "") -> dict[str, Shown]:
    """A value's parts by path; what is not set has none."""
    return dict(_flat(value, path))


def masked(value: object, path: str) -> dict[str, Shown]:
    """The parts of a value of which nothing may be shown: the keys of maps, and that something is there."""
    if (entries := as_map(value)) is None:
        return {path: "a secret" if isinstance(value, Secret) else Masked(value)}
    parts = (masked(item, _below(path, str(key))) for key, item in entries.items())
    return {name: shown for part in parts for name, shown in part.items()}


def _flat(value: object, path: str) -> Iterator[tuple[str, Shown]]:
    if (text := _text(value)) is not None:
        yield path, text
    elif isinstance(value, Schedule):
        yield from _schedule(value, path)
    elif isinstance(value, CalendarFreeze):
        yield _below(path, "events"), tuple(sorted(_event(event) for event in value.calendar.events))
    elif is_dataclass(value) and not isinstance(value, type):
        for one in fields(value):
            if one.name not in _DERIVED:
                yield from _flat(getattr(value, one.name), _below(path, _key(one.name)))
    elif (entries := as_map(value)) is not None:
        for key, item in sorted(entries.items(), key=lambda entry: str(entry[0])):
            yield from _flat(item, _below(path, str(key)))
    elif (items := as_list(value)) is not None:
        yield from _list(items, path)


def _schedule(schedule: Schedule, path: str) -> Iterator[tuple[str, Shown]]:
    words = f"{schedule.recurrence} ({in_words(schedule.recurrence)})"
    yield _below(path, "recurEvery"), words
    yield _below(path, "start"), local_text(schedule.start)
    yield _below(path, "timeZone"), schedule.time_zone
    yield _below(path, "duration"), duration_in_words(schedule.duration)
    if schedule.expires:
        yield _below(path, "expires"), local_text(schedule.expires)


def _list(items: Sequence[object], path: str) -> Iterator[tuple[str, Shown]]:
    texts = [_text(item) for item in items]
    if all(text is not None for text in texts):
        if texts:
            yield path, tuple(sorted(text for text in texts if text is not None))
        return
    for index, item in enumerate(items):
        key: object = getattr(item, "key", None)
        yield from _flat(item, _below(path, key) if isinstance(key, str) else f"{path}[{index}]")


def _text(value: object) -> str | None:  # noqa: PLR0911 (a case each)
    """A single value in words; None for what has parts, and for nothing."""
    match value:
        case Enum():
            return str(value.value)
        case bool():
            return str(value).lower()
        case str():
            return "a private key" if "PRIVATE KEY" in value else value
        case int() | float():
            return str(value)
        case datetime():
            offset = f"{value:%z}"
            return f"{local_text(value)} {offset[:3]}:{offset[3:5]}" if offset else local_text(value)
        case timedelta():
            return duration_in_words(value)
        case Secret():
            return "a secret"
        case ScopeId():
            return value.id
        case _ if isinstance(value, _RECURRENCES):
            return str(value)
        case _:
            return None if value is None or _has_parts(value) else str(value)


def _has_parts(value: object) -> bool:
    return isinstance(value, CalendarFreeze) or is_dataclass(value) or isinstance(value, Mapping | list | tuple)


def _event(event: "Event") -> str:
    rule = event.get("RRULE")
    again = f", again by {rule.to_ical().decode()}" if rule else ""
    return f"{event.start} to {event.end}: {event.get('SUMMARY', 'a calendar event')}{again}"


def _key(name: str) -> str:
    """A model's field by the stack file's key."""
    return to_camel(name.removesuffix("_key").rstrip("_"))


def _below(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _without(one: Shown | None, other: Shown | None) -> tuple[str, ...]:
    if not isinstance(one, tuple) or not isinstance(other, tuple):
        return ()
    return tuple(item for item in one if item not in other)

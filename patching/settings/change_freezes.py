"""Reading `freezes`: a period each, or the events of an iCalendar file."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from patching.freezes import CalendarError, FixedFreeze, Freeze, FrozenPeriod, read_calendar
from patching.schedule import local_text
from patching.settings.context import Context
from patching.settings.entries import FreezeEntry
from patching.settings.model import FreezeSettings
from patching.settings.validation import EntryReading, read_entries
from patching.zones import zone_of

_PERIOD = ("from_", "to", "time_zone")


def read_freezes(raw: Mapping[str, object], context: Context) -> dict[str, FreezeSettings]:
    """The freezes that are right, by key."""
    freezes: dict[str, FreezeSettings] = {}
    for key, path, reading in read_entries(FreezeEntry, raw, "freezes", context.findings, example="year-end"):
        freeze = _freeze(reading, path, context)
        if freeze is not None and not reading.faults:
            freezes[key] = FreezeSettings(key, freeze, reading.entry.on_run)
    return freezes


def _freeze(reading: EntryReading[FreezeEntry], path: str, context: Context) -> Freeze | None:
    entry = reading.entry
    given = [name for name in _PERIOD if getattr(entry, name) is not None or name in reading.wrong]
    if entry.calendar is not None or "calendar" in reading.wrong:
        for name in given:
            field = FreezeEntry.model_fields[name].alias or name
            got = getattr(entry, name)
            context.findings.fault(
                f"{path}.{field}",
                local_text(got) if isinstance(got, datetime) else got,
                f"no {field} beside calendar",
                "remove one of the two",
            )
        return _from_calendar(entry.calendar, path, context) if entry.calendar and not given else None
    for name in _PERIOD:
        if name not in given:
            field = FreezeEntry.model_fields[name]
            example = str(field.examples[0]) if field.examples else ""
            context.findings.fault(
                f"{path}.{field.alias}", None, "from, to and timeZone, or a calendar", f"add {field.alias}", example
            )
    if not reading.right(*_PERIOD) or entry.from_ is None or entry.to is None or entry.time_zone is None:
        return None
    if entry.to <= entry.from_:
        example = local_text(entry.from_ + timedelta(days=7))
        context.findings.fault(
            f"{path}.to",
            local_text(entry.to),
            f"a time after from, {local_text(entry.from_)}",
            "move it behind from",
            example,
        )
        return None
    zone = zone_of(entry.time_zone)
    return FixedFreeze(
        FrozenPeriod(entry.from_.replace(tzinfo=zone), entry.to.replace(tzinfo=zone), entry.reason or "")
    )


def _from_calendar(calendar: str, path: str, context: Context) -> Freeze | None:
    where = f"{path}.calendar"
    if context.read_file is None:
        context.findings.warn(
            where,
            calendar,
            "a place where files can be read: this calendar was not judged",
            f"run `python -m patching check --stack {context.stack}`",
        )
        return None
    try:
        return read_calendar(context.read_file(calendar))
    except (OSError, ValueError) as error:
        if isinstance(error, CalendarError):
            context.findings.fault(where, calendar, f"an iCalendar file; {error}", "export the calendar again, as .ics")
        else:
            reason = error.strerror.lower() if isinstance(error, OSError) and error.strerror else str(error)
            fix = "write the path of the file, relative to the stack file"
            if "://" in calendar:
                fix = "download it beside the stack file, and write its path: no address is asked"
            context.findings.fault(
                where, calendar, f"a file that can be read ({reason})", fix, "calendars/change-freeze.ics"
            )
        return None

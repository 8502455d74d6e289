"""What changes as JSON: every list whole, instants with their offsets; shown nowhere is the value of a secret."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from patching.changes.calendar import CalendarChange, MovedRun, ScheduleRun
from patching.changes.estate import EntryChange
from patching.changes.findings import FindingsChange
from patching.changes.machines import CoverageChange, MachineChange
from patching.changes.preview import Operation, Preview
from patching.changes.stack import StackChange
from patching.changes.values import Shown
from patching.report.changes_words import move_words
from patching.schedule import Run


def as_json(changes: Sequence[StackChange]) -> str:
    """The faults and warnings that there are now, as every command has them, and each stack's changes."""
    faults = dict.fromkeys(fault for change in changes for fault in change.faults_now)
    document = {
        "faults": [fault.as_json() for fault in faults],
        "warnings": [warning.as_json() for change in changes for warning in change.warnings_now],
        "stacks": [_stack(change) for change in changes],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _stack(change: StackChange) -> dict[str, Any]:
    return {
        "stack": change.stack,
        "state": change.state.value,
        "faults": _findings(change.faults),
        "warnings": _findings(change.warnings),
        "entries": None if change.entries is None else [_entry(one) for one in change.entries],
        "calendar": change.calendar and _calendar(change.calendar),
        "resources": change.preview and _preview(change.preview),
        "coverage": change.coverage and _coverage(change.coverage),
    }


def _findings(findings: FindingsChange) -> dict[str, Any]:
    listed = {"new": findings.new, "gone": findings.gone, "remaining": findings.remaining}
    return {name: [one.as_json() for one in some] for name, some in listed.items()}


def _entry(entry: EntryChange) -> dict[str, Any]:
    return {
        "path": entry.name,
        "section": entry.section,
        "change": entry.change.value,
        "before": entry.before,
        "after": entry.after,
        "fields": [
            {"path": one.path, "before": _value(one.before), "after": _value(one.after)} for one in entry.fields
        ],
    }


def _value(value: Shown | None) -> str | list[str] | None:
    return None if value is None else list(value) if isinstance(value, tuple) else str(value)


def _calendar(calendar: CalendarChange) -> dict[str, Any]:
    return {
        "since": calendar.since and calendar.since.isoformat(),
        "until": calendar.until and calendar.until.isoformat(),
        "moved": [_moved(one) for one in calendar.moved],
        "vanished": [_run_of(one) for one in calendar.vanished],
        "new": [_run_of(one) for one in calendar.new],
        "same": calendar.same,
    }


def _moved(moved: MovedRun) -> dict[str, Any]:
    return {
        "schedule": moved.schedule,
        "before": _run(moved.before),
        "after": _run(moved.after),
        "change": move_words(moved),
        "shiftMinutes": int(moved.shift.total_seconds()) // 60,
        "lengthenedMinutes": int(moved.lengthened.total_seconds()) // 60,
    }


def _run_of(one: ScheduleRun) -> dict[str, Any]:
    return {"schedule": one.schedule, **_run(one.run)}


def _run(run: Run) -> dict[str, Any]:
    return {
        "start": run.start.isoformat(),
        "end": run.end.isoformat(),
        "startUtc": run.start_utc.isoformat().replace("+00:00", "Z"),
        "notes": list(run.notes),
    }


def _preview(preview: Preview) -> dict[str, Any]:
    return {
        "counts": {"same": preview.same, **{one.value: preview.count(one) for one in Operation}},
        "changes": [
            {
                "operation": one.operation.value,
                "type": one.type,
                "name": one.name,
                "properties": list(one.properties),
            }
            for one in preview.resources
        ],
        "messages": [{"level": one.level, "of": one.source, "message": one.text} for one in preview.messages],
        "failed": preview.failed,
    }


def _coverage(coverage: CoverageChange) -> dict[str, Any]:
    return {
        "total": coverage.total,
        "coveredBefore": coverage.covered_before,
        "coveredAfter": coverage.covered_after,
        "gained": _machines(coverage.gained),
        "lost": _machines(coverage.lost),
        "moved": _machines(coverage.moved),
        "inVain": _machines(coverage.in_vain),
        "problems": [{"problem": one.text, "before": one.before, "after": one.after} for one in coverage.problems],
    }


def _machines(machines: Iterable[MachineChange]) -> list[dict[str, Any]]:
    return [
        {"id": str(one.machine), "before": list(one.before), "after": list(one.after), "ready": one.ready}
        for one in machines
    ]

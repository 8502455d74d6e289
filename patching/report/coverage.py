"""Coverage as text, JSON and Markdown: totals first, then what needs attention. JSON alone has every machine."""

import json
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from patching.faults import Fault, printable
from patching.report import WIDE
from patching.report.coverage_counts import ProblemCount, ScheduleCount, problem_counts, schedule_counts, to_look_at

if TYPE_CHECKING:
    from patching.coverage import Coverage, CoveredMachine
    from patching.reach import Reach

_MOST_MACHINES = 20
_MOST_PROBLEMS = 15
_MOST_FINDINGS = 10
_MOST_IN_MARKDOWN = 100
_SCHEDULE_COLUMNS = ("Schedule", "Machines", "Ready", "By name", "By policy", "By scope")
_NUMBERS = {"Machines", "Ready", "By name", "By policy", "By scope", "Mended by a policy"}
_PROBLEM_COLUMNS = ("Machines", "Mended by a policy", "Problem")
_MACHINE_COLUMNS = ("Machine", "Where", "Schedules", "Ready", "Problems")


def as_json(coverage: "Coverage") -> str:
    """The JSON of the command line's contract, one machine a line."""
    machines = ",\n    ".join(json.dumps(_machine(one)) for one in coverage.machines)
    parts = {
        "summary": {
            "total": coverage.total,
            "covered": coverage.covered,
            "ready": coverage.ready,
            "uncovered": coverage.uncovered,
        },
        "faults": [fault.as_json() for fault in coverage.faults],
        "warnings": [warning.as_json() for warning in coverage.warnings],
    }
    rest = ",\n  ".join(f'"{name}": {json.dumps(part)}' for name, part in parts.items())
    return f'{{\n  "machines": [\n    {machines}\n  ],\n  {rest}\n}}' if machines else f'{{"machines": [], {rest}}}'


def as_text(coverage: "Coverage") -> str:
    """The text for a file."""
    content = StringIO()
    print_text(coverage, Console(file=content, width=WIDE))
    return content.getvalue()


def print_text(coverage: "Coverage", console: Console) -> None:
    """Totals, and what needs attention, for a terminal; long lists end with how many more there are."""
    console.print(Text(totals(coverage)))
    console.print(_table(_SCHEDULE_COLUMNS, [schedule_cells(one) for one in schedule_counts(coverage)]))
    problems = problem_counts(coverage)
    if problems:
        console.print(_table(_PROBLEM_COLUMNS, map(problem_cells, problems[:_MOST_PROBLEMS])))
        _print_more(console, len(problems) - _MOST_PROBLEMS, "problems")
        machines = to_look_at(coverage)
        console.print(_table(_MACHINE_COLUMNS, [machine_cells(one, coverage) for one in machines[:_MOST_MACHINES]]))
        _print_more(console, len(machines) - _MOST_MACHINES, "machines with problems")
    _print_findings(console, coverage.faults, "faults", "")
    _print_findings(console, coverage.warnings, "warnings", "warning: ")


def as_markdown(coverage: "Coverage") -> str:
    """The same for a pull request."""
    lines = [totals(coverage), "", *_markdown_table(_SCHEDULE_COLUMNS, map(schedule_cells, schedule_counts(coverage)))]
    problems = problem_counts(coverage)
    if problems:
        lines += ["", *_markdown_table(_PROBLEM_COLUMNS, map(problem_cells, problems[:_MOST_IN_MARKDOWN]))]
        lines += _markdown_more(len(problems) - _MOST_IN_MARKDOWN, "problems")
        machines = to_look_at(coverage)
        rows = (machine_cells(one, coverage) for one in machines[:_MOST_IN_MARKDOWN])
        lines += ["", *_markdown_table(_MACHINE_COLUMNS, rows)]
        lines += _markdown_more(len(machines) - _MOST_IN_MARKDOWN, "machines with problems")
    findings = [*map(str, coverage.faults), *(f"warning: {one}" for one in coverage.warnings)]
    if findings:
        lines += ["", *(f"- {_escaped(one)}" for one in findings[:_MOST_IN_MARKDOWN])]
        lines += _markdown_more(len(findings) - _MOST_IN_MARKDOWN, "findings")
    return "\n".join(lines)


def totals(coverage: "Coverage") -> str:
    """The estate in one sentence."""
    machines = "1 machine" if coverage.total == 1 else f"{coverage.total} machines"
    return (
        f"{machines}: {coverage.covered} reached by a schedule, {coverage.uncovered} by none; "
        f"{coverage.ready} ready, {coverage.total - coverage.ready} not."
    )


def schedule_cells(count: ScheduleCount) -> tuple[str, ...]:
    """A schedule's row."""
    if count.schedule is None:
        return ("(none)", str(count.machines), str(count.ready), "", "", "")
    numbers = (count.machines, count.ready, count.named, count.by_policy, count.by_scope)
    return (count.schedule, *map(str, numbers))


def problem_cells(count: ProblemCount) -> tuple[str, ...]:
    """A problem's row."""
    return (str(count.machines), str(count.mended), count.text)


def machine_cells(one: "CoveredMachine", coverage: "Coverage") -> tuple[str, ...]:
    """A machine's row; where it is, by the stack's name of its subscription and by its resource group."""
    place, verdict = one.machine.machine.id, one.verdict
    schedules = ", ".join(_way(reach) for reach in verdict.schedules) or "none"
    where = f"{coverage.subscriptions.get(place.subscription_id.lower(), place.subscription_id)}/{place.resource_group}"
    return (place.name, where, schedules, "yes" if verdict.ready else "no", "; ".join(map(str, verdict.problems)))


def _way(reach: "Reach") -> str:
    way = f"scope {reach.scope}" if reach.scope else f"policy {reach.policy}" if reach.policy else "by name"
    return f"{reach.schedule} ({way})"


def _machine(one: "CoveredMachine") -> dict[str, object]:
    verdict = one.verdict
    return {
        "id": one.machine.id,
        "schedules": [_reach(reach) for reach in verdict.schedules],
        "ready": verdict.ready,
        "problems": list(map(str, verdict.problems)),
    }


def _reach(reach: "Reach") -> dict[str, str]:
    named = {"scope": reach.scope, "policy": reach.policy}
    return {
        "schedule": reach.schedule,
        "by": reach.by.value,
        **{name: key for name, key in named.items() if key is not None},
    }


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        number = column in _NUMBERS and columns != _MACHINE_COLUMNS
        table.add_column(column, justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    return table


def _print_more(console: Console, number: int, noun: str) -> None:
    if number > 0:
        console.print(Text(_more(number, noun)))


def _print_findings(console: Console, findings: Sequence[Fault], noun: str, prefix: str) -> None:
    for finding in findings[:_MOST_FINDINGS]:
        console.print(Text(f"{prefix}{finding}"), soft_wrap=True)
    _print_more(console, len(findings) - _MOST_FINDINGS, noun)


def _more(number: int, noun: str) -> str:
    return f"and {number} more {noun}: --format json has all"


def _markdown_more(number: int, noun: str) -> list[str]:
    return ["", _more(number, noun)] if number > 0 else []


def _markdown_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [_markdown_row(columns), _markdown_row(["---"] * len(columns)), *map(_markdown_row, map(_escape_all, rows))]


def _escape_all(cells: Sequence[str]) -> list[str]:
    return [_escaped(cell) for cell in cells]


def _markdown_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """The text as Markdown shows it: a stranger's tag or name must become neither a link nor a tag of HTML."""
    escaped = printable(text)
    for char in "\\|`*_[]<>":
        escaped = escaped.replace(char, f"\\{char}")
    return escaped

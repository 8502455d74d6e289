"""Coverage as a page to look at: the estate in numbers, each schedule, each problem, and the machines to look at.

Very many machines are cut short, as everywhere but in the JSON.
"""

from typing import TYPE_CHECKING

from patching.faults import Fault, printable
from patching.report.coverage import machine_cells, problem_cells, totals
from patching.report.coverage_counts import problem_counts, schedule_counts, to_look_at
from patching.report.page import render_page

if TYPE_CHECKING:
    from patching.coverage import Coverage

_MOST_MACHINES = 2000
_MOST_FINDINGS = 200


def as_html(title: str, coverage: "Coverage") -> str:
    """The page; `title` is the stack's name."""
    machines = to_look_at(coverage)
    return render_page(
        "coverage.html.jinja",
        styles=["coverage.css"],
        scripts=[],
        title=title,
        totals=totals(coverage),
        coverage=coverage,
        schedules=schedule_counts(coverage),
        problems=[tuple(map(printable, problem_cells(one))) for one in problem_counts(coverage)],
        machines=[tuple(map(printable, machine_cells(one, coverage))) for one in machines[:_MOST_MACHINES]],
        more_machines=max(len(machines) - _MOST_MACHINES, 0),
        faults=[_shown(one) for one in coverage.faults[:_MOST_FINDINGS]],
        warnings=[_shown(one) for one in coverage.warnings[:_MOST_FINDINGS]],
        more_findings=max(len(coverage.faults) - _MOST_FINDINGS, 0) + max(len(coverage.warnings) - _MOST_FINDINGS, 0),
    )


def _shown(finding: Fault) -> dict[str, str]:
    return {name: printable(text) for name, text in finding.as_json().items()}

"""The workbook of a stack: the stack's own queries, each in a part of its own.

Source of the form: the serialized data of Azure Monitor workbooks (`Notebook/1.0`), whose parts of type 1 are text and
of type 3 queries, those of Resource Graph with `queryType` 1.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from patching.arm_ids import subscription_id

_RESOURCE_GRAPH = 1
_MEDIUM = 0


@dataclass(frozen=True, slots=True)
class _Part:
    """One query's part: its title, what an empty answer means, and how it is shown; `chart` has its chart's columns."""

    query: str
    title: str
    nothing: str
    visualization: str = "table"
    chart: Mapping[str, Any] | None = None


_PARTS = (
    _Part(
        "runs",
        "Runs, by schedule and how they ended",
        "No run yet.",
        "barchart",
        {"xAxis": "schedule", "yAxis": ["runs"], "group": "status"},
    ),
    _Part("failures", "What did not end well, newest first", "Nothing failed."),
    _Part("missedRuns", "Schedules that were due and began on no machine", "No run was missed."),
    _Part("missedMachines", "Machines that the last run of their schedule passed over", "No machine was passed over."),
    _Part("assignments", "Assignments, by schedule", "No assignment."),
    _Part("machinesNotCovered", "Machines that no schedule reaches", "Every machine is reached."),
    _Part("machinesNotReady", "Machines that no run would patch, and why", "Every machine is ready."),
    _Part("machinesNotAssessed", "Machines not assessed for two days", "Every machine was assessed."),
    _Part("pendingUpdates", "Updates that machines lack, by schedule", "No assessment yet."),
    _Part(
        "policyCompliance",
        "Policies, by compliance",
        "No policy state yet.",
        "barchart",
        {"xAxis": "policy", "yAxis": ["machines"], "group": "state"},
    ),
    _Part("machinesNotCompliant", "Machines that do not comply", "Every machine complies."),
)


def workbook_data(title: str, queries: Mapping[str, str], subscription_ids: Sequence[str]) -> str:
    """The serialized data of a workbook with these queries, by their names among a stack's outputs.

    `subscription_ids` are the GUIDs of those that it asks about. The same arguments make the same text.
    """
    asked = [subscription_id(one) for one in subscription_ids]
    parts = [_shown(part, queries[part.query], asked) for part in _PARTS if part.query in queries]
    document = {
        "version": "Notebook/1.0",
        "items": [{"type": 1, "content": {"json": f"# {title}"}, "name": "title"}, *parts],
        "fallbackResourceIds": ["Azure Monitor"],
        "$schema": "https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json",
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _shown(part: _Part, query: str, subscriptions: Sequence[str]) -> dict[str, Any]:
    content: dict[str, Any] = {
        "version": "KqlItem/1.0",
        "query": query,
        "size": _MEDIUM,
        "title": part.title,
        "noDataMessage": part.nothing,
        "noDataMessageStyle": 3,
        "queryType": _RESOURCE_GRAPH,
        "resourceType": "microsoft.resourcegraph/resources",
        "crossComponentResources": list(subscriptions),
        "visualization": part.visualization,
    }
    if part.chart is not None:
        content["chartSettings"] = dict(part.chart)
    else:
        content["gridSettings"] = {"filter": True}
    return {"type": 3, "content": content, "name": part.query}

"""Queries about the runs of schedules: how they ended, which failed, and which did not happen.

Source of the tables: Microsoft Learn, "Access Azure Update Manager operations data using Azure Resource Graph", whose
logs are kept for thirty days.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from patching.schedule import Schedule
from patching.watching import kql

if TYPE_CHECKING:
    from patching.settings.model import Settings

_KEPT = timedelta(days=30)
_RUNS_LOOKED_AT = 120
"""Ten years of a monthly schedule."""
_DAY = timedelta(days=1)
_SETTLED = 2
"""Days after which a run that left no trace is missed: Resource Graph is late now and then, and days are UTC's."""
_VISIBLE = _KEPT.days - 1
_NO_END = "9999-12-31"

_RUNS = """\
maintenanceresources
| where type =~ "microsoft.maintenance/maintenanceconfigurations/applyupdates"
| extend configuration = tolower(tostring(properties.maintenanceConfigurationId))
| where configuration in {configurations}
| extend schedule = tostring(split(configuration, "/")[8]), status = tostring(properties.status)
| summarize runs = count() by schedule, configuration, status, day = bin(todatetime(properties.startDateTime), 1d)
| order by day desc"""

_FAILURES = """\
maintenanceresources
| where type =~ "microsoft.maintenance/applyupdates"
| extend configuration = tolower(tostring(properties.maintenanceConfigurationId)), status = tostring(properties.status)
| where configuration in {configurations} and status !in~ ("Succeeded", "InProgress", "NotStarted")
| project id, machine = tolower(tostring(properties.resourceId)), schedule = tostring(split(configuration, "/")[8]),
    configuration, status, started = todatetime(properties.startDateTime), error = tostring(properties.errorMessage)
| order by started desc"""

_ASSIGNMENTS = """\
maintenanceresources
| where type =~ "microsoft.maintenance/configurationassignments"
| extend configuration = tolower(tostring(properties.maintenanceConfigurationId))
| where configuration in {configurations}
| summarize assignments = count()
    by schedule = tostring(split(configuration, "/")[8]), configuration, subscriptionId"""

_MISSED_RUNS = """\
maintenanceresources
| where type in~ ("microsoft.maintenance/configurationassignments", "microsoft.maintenance/applyupdates",
    "microsoft.maintenance/maintenanceconfigurations/applyupdates")
| extend configuration = tolower(tostring(properties.maintenanceConfigurationId))
| where configuration in {configurations}
| extend began = iff(type =~ "microsoft.maintenance/applyupdates" or tostring(properties.status) =~ "Cancelled",
    todatetime(properties.startDateTime), datetime(null))
| where isnull(began) or began <= now()
| summarize lastRun = max(began) by configuration
| extend often = {often}
| extend days = {days}
| mv-expand day = days to typeof(datetime) limit 400
| extend due = coalesce(often, day)
| where due between (ago({visible}d) .. ago({settled}d))
| summarize due = max(due) by configuration, lastRun
| where isnull(lastRun) or lastRun < due
| project schedule = tostring(split(configuration, "/")[8]), configuration, due, lastRun
| order by due desc"""

_MISSED_MACHINES = """\
maintenanceresources
| where type =~ "microsoft.maintenance/configurationassignments"
| extend configuration = tolower(tostring(properties.maintenanceConfigurationId)),
    machine = tolower(tostring(properties.resourceId))
| where configuration in {configurations}
| where machine contains "/microsoft.compute/virtualmachines/" or machine contains "/microsoft.hybridcompute/machines/"
| project id, configuration, machine
| join kind=inner (
    maintenanceresources
    | where type =~ "microsoft.maintenance/maintenanceconfigurations/applyupdates"
    | where tostring(properties.status) !in~ ("InProgress", "NotStarted", "Cancelled")
    | extend configuration = tolower(tostring(properties.maintenanceConfigurationId))
    | summarize run = max(todatetime(properties.startDateTime)) by configuration
  ) on configuration
| join kind=leftouter (
    maintenanceresources
    | where type =~ "microsoft.maintenance/applyupdates"
    | extend configuration = tolower(tostring(properties.maintenanceConfigurationId)),
        machine = tolower(tostring(properties.resourceId))
    | summarize lastRun = max(todatetime(properties.startDateTime)) by configuration, machine
  ) on configuration, machine
| where isnull(lastRun) or lastRun < run
| project id, machine, schedule = tostring(split(configuration, "/")[8]), run, lastRun
| order by run desc"""


def configurations(resource_ids: Iterable[str]) -> str:
    """Maintenance configurations as the queries name them."""
    return kql.ids(resource_ids)


def failures(configuration_ids: Iterable[str]) -> str:
    """What runs of these maintenance configurations did not end well, machine by machine."""
    return _FAILURES.format(configurations=configurations(configuration_ids))


def run_queries(settings: "Settings") -> dict[str, str]:
    """The queries about runs, by name; none without schedules."""
    schedules = {one.resource_id: one.schedule for one in settings.schedules.values()}
    if not schedules:
        return {}
    own = configurations(schedules)
    return {
        "runs": _RUNS.format(configurations=own),
        "failures": failures(schedules),
        "missedRuns": missed_runs(schedules),
        "missedMachines": _MISSED_MACHINES.format(configurations=own),
        "assignments": _ASSIGNMENTS.format(configurations=own),
    }


def missed_runs(schedules: Mapping[str, Schedule]) -> str:
    """Which of these schedules, by the ids of their configurations, have begun on no machine when they were due.

    Resource Graph cannot count runs out, so that they are counted here. A schedule that never pauses for longer than
    its traces are kept is due whenever its longest pause is over; of any other, the days of its first 120 runs are
    named. So nothing depends on when the query was made.
    """
    often: dict[str, list[str]] = {}
    days: dict[str, list[str]] = {}
    for configuration_id, schedule in schedules.items():
        starts = [run.start.astimezone(UTC) for run in islice(schedule.runs(), _RUNS_LOOKED_AT)]
        pause = _longest_pause(starts)
        if pause is None or pause + _SETTLED > _VISIBLE:
            days.setdefault(_days(starts), []).append(configuration_id)
        else:
            often.setdefault(_often(starts[0], schedule, pause), []).append(configuration_id)
    return _MISSED_RUNS.format(
        configurations=configurations(schedules),
        often=_case(often, "datetime(null)"),
        days=_case(days, 'dynamic([""])'),
        visible=_VISIBLE,
        settled=_SETTLED,
    )


def _longest_pause(starts: list[datetime]) -> int | None:
    """Days within which a run always comes, rounded up; None of a single run."""
    return max((math.ceil((later - earlier) / _DAY) for earlier, later in pairwise(starts)), default=None)


def _often(first: datetime, schedule: Schedule, pause: int) -> str:
    until = _NO_END if schedule.expires is None else f"{schedule.expires:%Y-%m-%d}"
    since = f"{first:%Y-%m-%d}"
    over = pause + _SETTLED
    return f"iff(ago({_SETTLED}d) between (datetime({since}) .. datetime({until})), ago({over}d), datetime(null))"


def _days(starts: list[datetime]) -> str:
    return f"dynamic([{', '.join(kql.text(f'{one:%Y-%m-%d}') for one in starts)}])"


def _case(by_value: Mapping[str, list[str]], otherwise: str) -> str:
    """An expression that has, for each configuration, the value that it is listed under."""
    if not by_value:
        return otherwise
    branches = "".join(f"\n    configuration in {configurations(ids)}, {value}," for value, ids in by_value.items())
    return f"case({branches}\n    {otherwise})"

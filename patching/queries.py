"""Azure Resource Graph queries to watch a stack by: what ran, what failed, and what no schedule reaches.

Source of the tables: Microsoft Learn, "Query logs and results from Azure Update Manager". Resource Graph keeps
installations for 30 days and assessments for 7, and answers a thousand rows at most, hence the summaries. Ids in it are
in lower case.
"""

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from patching.settings.model import Settings

_NOT_READY = """\
resources
| where type =~ "microsoft.compute/virtualmachines"
| extend os = iff(isnotnull(properties.osProfile.windowsConfiguration), "Windows", "Linux")
| extend patching = iff(os == "Windows",
    properties.osProfile.windowsConfiguration.patchSettings,
    properties.osProfile.linuxConfiguration.patchSettings)
| extend patchMode = tostring(patching.patchMode)
| extend bypass = tobool(patching.automaticByPlatformSettings.bypassPlatformSafetyChecksOnUserSchedule)
| where patchMode !~ "AutomaticByPlatform" or bypass != true
| project id, location, os, patchMode, bypass"""

_NOT_ASSESSED = """\
resources
| where type in~ ("microsoft.compute/virtualmachines", "microsoft.hybridcompute/machines")
| extend machine = tolower(id)
| join kind=leftouter (
    patchassessmentresources
    | where type endswith "/patchassessmentresults"
    | extend machine = tolower(tostring(split(id, "/patchAssessmentResults/", 0)[0]))
    | project machine, assessed = todatetime(properties.lastModifiedDateTime)
  ) on machine
| where isnull(assessed) or assessed < ago(2d)
| project id, assessed"""

_RUNS = """\
maintenanceresources
| where type =~ "microsoft.maintenance/maintenanceconfigurations/applyupdates"
| extend configuration = tolower(tostring(properties.maintenanceConfigurationId))
| where configuration in (CONFIGURATIONS)
| extend schedule = tostring(split(configuration, "/")[-1]), status = tostring(properties.status)
| summarize runs = count() by schedule, status, day = bin(todatetime(properties.startDateTime), 1d)
| order by day desc"""

_FAILURES = """\
maintenanceresources
| where type =~ "microsoft.maintenance/applyupdates"
| extend configuration = tolower(tostring(properties.maintenanceConfigurationId)), status = tostring(properties.status)
| where configuration in (CONFIGURATIONS) and status !in~ ("Succeeded", "InProgress")
| project machine = tostring(properties.resourceId), schedule = tostring(split(configuration, "/")[-1]), status,
    started = todatetime(properties.startDateTime), error = tostring(properties.errorMessage)
| order by started desc"""

_ASSIGNMENTS = """\
maintenanceresources
| where type =~ "microsoft.maintenance/configurationassignments"
| extend configuration = tolower(tostring(properties.maintenanceConfigurationId))
| where configuration in (CONFIGURATIONS)
| summarize assignments = count() by schedule = tostring(split(configuration, "/")[-1]), subscriptionId"""


def queries_for(settings: "Settings") -> dict[str, str]:
    """The queries for a stack, by what they answer; each is one KQL text for `az graph query -q`."""
    queries = {"machinesNotReady": _NOT_READY, "machinesNotAssessed": _NOT_ASSESSED}
    if settings.schedules:
        ids = json.dumps([schedule.resource_id.lower() for schedule in settings.schedules.values()])[1:-1]
        about_schedules = {"runs": _RUNS, "failures": _FAILURES, "assignments": _ASSIGNMENTS}
        queries |= {name: query.replace("CONFIGURATIONS", ids) for name, query in about_schedules.items()}
    return queries

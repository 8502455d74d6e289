"""Queries about machines: not ready, not assessed, not covered, and what updates they lack.

Sources of the tables: Microsoft Learn, "Access Azure Update Manager operations data using Azure Resource Graph", which
keeps assessments for seven days. What is ready is what `patching.readiness` says. Machines that no schedule can patch
(`patching.machines.Unsupported`) are left out: nothing that these queries tell would mend them.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from patching.arm_ids import MACHINE_TYPES
from patching.watching import kql
from patching.watching.runs import configurations

if TYPE_CHECKING:
    from patching.settings.model import Settings

_MACHINES = """\
resources
| where type in~ {types} and subscriptionId in~ {subscriptions}
| where isnull(properties.virtualMachineScaleSet) and tostring(properties.licenseType) !~ "Windows_Client"
    and tostring(properties.storageProfile.imageReference.publisher)
        !in~ ("microsoftwindowsdesktop", "microsoft-aks", "azuredatabricks")
    and managedBy !contains "/virtualmachinescalesets/" and managedBy !contains "/microsoft.containerservice/"
    and managedBy !contains "/microsoft.databricks/" and tostring(tags) !contains "\\"aks-managed-"
| extend os = coalesce(properties.storageProfile.osDisk.osType, properties.osType, properties.osName)
| extend os = iff(tostring(os) =~ "Windows", "Windows", "Linux")"""

_NOT_READY = """
| extend profile = properties.osProfile
| extend configuration = iff(os == "Windows", profile.windowsConfiguration, profile.linuxConfiguration)
| extend patching = configuration.patchSettings
| extend patchMode = tostring(patching.patchMode)
| extend bypass = tobool(patching.automaticByPlatformSettings.bypassPlatformSafetyChecksOnUserSchedule)
| extend problem = case(
    type =~ "microsoft.hybridcompute/machines",
        iff(tostring(properties.status) =~ "Connected", "", "its Arc agent is not connected"),
    patchMode !~ "AutomaticByPlatform", "its patch mode is not AutomaticByPlatform",
    isnull(bypass) or bypass == false, "bypassPlatformSafetyChecksOnUserSchedule is not true",
    tobool(configuration.provisionVMAgent) == false, "the VM agent is not provisioned",
    tobool(patching.enableHotpatching) == true, "hotpatching is on",
    tobool(profile.allowExtensionOperations) == false, "extensions are not allowed",
    "")
| where isnotempty(problem)
| project id, location, os, patchMode, bypass, problem"""

_NOT_ASSESSED = """
| extend machine = tolower(id)
| join kind=leftouter (
    patchassessmentresources
    | where type endswith "/patchassessmentresults" and tostring(properties.status) !~ "Failed"
    | extend machine = tostring(split(tolower(id), "/patchassessmentresults/")[0])
    | project machine, assessed = todatetime(properties.lastModifiedDateTime)
  ) on machine
| where isnull(assessed) or assessed < ago(2d)
| project id, assessed"""

_NOT_COVERED = """
| where not({in_scopes})
| extend machine = tolower(id)
| join kind=leftouter (
    maintenanceresources
    | where type =~ "microsoft.maintenance/configurationassignments"
    | where tolower(tostring(properties.maintenanceConfigurationId)) in {configurations}
    | summarize assignments = count() by machine = tolower(tostring(properties.resourceId))
  ) on machine
| where isnull(assignments)
| project id, location, os, tags"""

_PENDING = """\
patchassessmentresources
| where type endswith "/patchassessmentresults" and subscriptionId in~ {subscriptions}
| extend machine = tostring(split(tolower(id), "/patchassessmentresults/")[0])
| extend found = properties.availablePatchCountByClassification
| extend critical = coalesce(tolong(found.critical), 0), security = coalesce(tolong(found.security), 0),
    others = coalesce(tolong(found.updateRollup), 0) + coalesce(tolong(found.featurePack), 0)
        + coalesce(tolong(found.servicePack), 0) + coalesce(tolong(found.definition), 0)
        + coalesce(tolong(found.tools), 0) + coalesce(tolong(found.updates), 0) + coalesce(tolong(found.other), 0),
    restart = iff(tobool(properties.rebootPending) == true, 1, 0)
| join kind=leftouter (
    maintenanceresources
    | where type =~ "microsoft.maintenance/applyupdates"
    | extend configuration = tolower(tostring(properties.maintenanceConfigurationId))
    | where configuration in {configurations}
    | summarize runs = count() by configuration, machine = tolower(tostring(properties.resourceId))
  ) on machine
| summarize machines = count(), critical = sum(critical), security = sum(security), others = sum(others),
    awaitingRestart = sum(restart) by schedule = tostring(split(configuration, "/")[8]), configuration
| order by schedule asc"""


def machines_not_ready(subscription_ids: Iterable[str]) -> str:
    """Machines that no run would patch as they are, in these subscriptions (GUIDs)."""
    return _machines(subscription_ids) + _NOT_READY


def machine_queries(settings: "Settings") -> dict[str, str]:
    """The queries about machines, by name: those of the stack's subscriptions."""
    subscription_ids = [one.id for one in settings.subscriptions.values()]
    queries = {
        "machinesNotReady": machines_not_ready(subscription_ids),
        "machinesNotAssessed": _machines(subscription_ids) + _NOT_ASSESSED,
    }
    if settings.schedules:
        own = configurations(one.resource_id for one in settings.schedules.values())
        not_covered = _NOT_COVERED.format(in_scopes=kql.in_scopes(settings), configurations=own)
        queries["machinesNotCovered"] = _machines(subscription_ids) + not_covered
        queries["pendingUpdates"] = _PENDING.format(subscriptions=kql.ids(subscription_ids), configurations=own)
    return queries


def _machines(subscription_ids: Iterable[str]) -> str:
    return _MACHINES.format(types=kql.texts(MACHINE_TYPES.values()), subscriptions=kql.ids(subscription_ids))

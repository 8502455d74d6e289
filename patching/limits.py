"""The service's limits and name budgets, each with its source.

Limits differ between the public cloud and the sovereign ones, so that `azure-native:environment` decides which hold.
"""

from dataclasses import dataclass
from enum import StrEnum


class Environment(StrEnum):
    """The Azure cloud, by the names azure-native gives them."""

    PUBLIC = "public"
    US_GOVERNMENT = "usgovernment"
    CHINA = "china"


@dataclass(frozen=True, slots=True)
class ScheduleLimits:
    """How far one schedule, and the schedules of one subscription, can reach.

    Source: Microsoft Learn, "Managing VM updates with maintenance configurations" (2026-09-25), "Recommended limits".
    """

    schedules_per_subscription_and_region: int = 250
    machines_per_schedule: int = 3000
    machines_per_dynamic_scope: int = 1000
    dynamic_scopes_per_target_and_region: int = 250
    """A target is one subscription or one resource group."""
    dynamic_scopes_per_schedule: int = 200
    subscriptions_per_schedule: int = 200
    """Over all dynamic scopes of the schedule."""
    tags_per_dynamic_scope: int = 50
    resource_groups_per_dynamic_scope: int = 50


_PUBLIC = ScheduleLimits()
_SOVEREIGN = ScheduleLimits(dynamic_scopes_per_schedule=100, subscriptions_per_schedule=100)


def schedule_limits(environment: Environment) -> ScheduleLimits:
    """The limits that hold in a cloud; Azure Government and Azure China allow fewer dynamic scopes."""
    return _PUBLIC if environment is Environment.PUBLIC else _SOVEREIGN


SHORTEST_WINDOW_MINUTES = 90
"""Source:

Microsoft Learn, "Managing VM updates with maintenance configurations" (2026-09-25): at least 1 hour 30 minutes.
"""

LONGEST_WINDOW_MINUTES = 235
"""Source: the same page, 3 hours 55 minutes. Other pages of Microsoft say 4 hours; the shorter is right everywhere."""

HOURLY_INTERVALS = range(6, 36)
"""Source: Microsoft Learn, "Key points for migration to Azure Update Manager": schedules repeat every 6 to 35 hours."""

OTHER_INTERVALS = range(1, 36)
"""Source: the same page: every 1 to 35 days, weeks or months."""

WEEKDAY_OFFSETS = range(-6, 7)
"""Source: the REST specification of Microsoft.Maintenance, `recurEvery`: between -6 and 6, both included."""

LEAD_TIME_MINUTES = 15
"""A schedule must start this long after it is made, and a change must be made this long before a run.

Source: Microsoft Learn, "Managing VM updates with maintenance configurations" (2026-09-25).
"""

PRE_EVENT_LEAD_TIME_MINUTES = 40
"""A schedule with a pre-event must be made, and changed, this long before a run: otherwise the run is cancelled.

Source: Microsoft Learn, "An overview of pre and post events in Azure Update Manager". The pre-event comes 30 to 40
minutes before the run, and its handlers have 20 minutes.
"""

LATE_EVENING_TRAP_MINUTES = 15
"""A start this close before midnight can be missed: the trigger is evaluated later, and looks at the date again.

Source: the same page, its note on 23:45 to 00:00.
"""

GROUP_AND_CONFIGURATION_NAME = 127
"""The names of the resource group and of the maintenance configuration together: fewer than 128 characters.

Source: the same page.
"""

ASSIGNMENT_ID_BUDGET = 195
"""A configuration assignment's name and the id of its scope together.

Source: not documented. The service answers 500 when the whole id passes about 256 characters, of which
`/providers/Microsoft.Maintenance/configurationAssignments/` takes 58 (observed by alchemy, an infrastructure tool).
"""

SYSTEM_TOPIC_NAME = 50
"""Source: Azure Resource Manager, name rules of Microsoft.EventGrid/systemTopics: 3 to 50 letters, digits, hyphens."""

EVENT_SUBSCRIPTION_NAME = 64
"""Source: the same page, for eventSubscriptions: 3 to 64 letters, digits, hyphens."""

EVENT_SUBSCRIPTIONS_PER_SYSTEM_TOPIC = 500
"""Source: Microsoft Learn, "Azure Event Grid quotas and limits"."""

WEBHOOK_URL = 4096
"""Not documented: longer than any webhook's URL, and short enough for a stack's configuration."""

POLICY_ASSIGNMENT_NAME = 64
"""Source: Azure Resource Manager, name rules of Microsoft.Authorization/policyAssignments."""

POLICY_ASSIGNMENT_NAME_AT_MANAGEMENT_GROUP = 24
"""Source: the same page, for an assignment at a management group."""

POLICY_EXCLUSIONS = 400
"""Excluded scopes of a policy assignment. Source: Microsoft Learn, "Azure Policy limits"."""

REMEDIATION_PARALLEL_DEPLOYMENTS = range(1, 31)
"""Source: Microsoft Learn, "Azure Policy remediation task structure"."""

REMEDIATION_RESOURCES = range(1, 50_001)
"""Source: the same page."""

RESOURCE_GROUP_NAME = 90
"""Source: Azure Resource Manager, name rules of Microsoft.Resources/resourceGroups."""

SMALL_NETWORK = "10.90.0.0/24"
"""The addresses of the network that machines without a subnet get, one for each subscription and location."""

SMALL_NETWORK_MACHINES = 256 - 5
"""How many machines it has room for. Source: Azure Virtual Network FAQ, Azure keeps five addresses of each subnet."""

LINUX_MACHINE_NAME = 64
"""Source: Azure Resource Manager, name rules of Microsoft.Compute/virtualMachines, Linux."""

WINDOWS_MACHINE_NAME = 15
"""Source: the same page, Windows: the name is the computer's own, too."""

TAGS_PER_RESOURCE = 50
"""Source: Microsoft Learn, "Use tags to organize your Azure resources", limitations."""

TAG_NAME = 512
"""Source: the same page."""

TAG_VALUE = 256
"""Source: the same page."""

CONFIGURATION_BYTES = 128 * 1024 - len("PULUMI_CONFIG=") - 1
"""A stack's whole configuration, as the engine hands it to a program: in one environment variable.

Source: the Linux kernel, MAX_ARG_STRLEN (execve(2)), which counts the variable's name and the zero at its end.
"""

ALERT_RULE_BYTES = 64 * 1024
"""All that a log search alert rule says. Source: Microsoft Learn, "Azure Monitor service limits", alerts."""

ALERT_ACTION_GROUPS = 5
"""Source: Microsoft Learn, "Create or edit a log search alert rule": a rule has at most five action groups."""

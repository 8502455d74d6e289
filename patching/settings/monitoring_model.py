"""What `monitoring` of a stack file means: alert rules over Resource Graph, and a workbook of the estate."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class AlertKind(StrEnum):
    """What an alert rule looks for."""

    FAILED_RUNS = "failedRuns"
    MISSED_RUNS = "missedRuns"
    MACHINES_NOT_READY = "machinesNotReady"

    @property
    def needs_schedules(self) -> bool:
        """Whether it looks for nothing without schedules."""
        return self is not AlertKind.MACHINES_NOT_READY


class Frequency(StrEnum):
    """How often a rule is evaluated, as ISO 8601 has it.

    Source: the values that Azure Monitor takes for log search alerts, less every minute, at which Azure rewrites
    queries and refuses some (Microsoft Learn, "Create or edit a log search alert rule").
    """

    FIVE_MINUTES = "PT5M"
    TEN_MINUTES = "PT10M"
    QUARTER = "PT15M"
    HALF_HOUR = "PT30M"
    THREE_QUARTERS = "PT45M"
    HOUR = "PT1H"
    TWO_HOURS = "PT2H"
    THREE_HOURS = "PT3H"
    FOUR_HOURS = "PT4H"
    FIVE_HOURS = "PT5H"
    SIX_HOURS = "PT6H"
    DAY = "P1D"


@dataclass(frozen=True, slots=True)
class AlertRuleSettings:
    """How loud an alert is (severity 0, critical, to 4, verbose), how often it is looked for, and whether at all."""

    severity: int
    frequency: Frequency
    enabled: bool


DEFAULT_RULES: Mapping[AlertKind, AlertRuleSettings] = {
    AlertKind.FAILED_RUNS: AlertRuleSettings(1, Frequency.HOUR, enabled=True),
    AlertKind.MISSED_RUNS: AlertRuleSettings(1, Frequency.DAY, enabled=True),
    AlertKind.MACHINES_NOT_READY: AlertRuleSettings(2, Frequency.DAY, enabled=True),
}


@dataclass(frozen=True, slots=True)
class AlertsSettings:
    """The alert rules of a stack, where they live, as which identity they ask, and whom they tell.

    `identity` is the ARM id of a user-assigned one that is there already; without it the stack makes one.
    """

    subscription_key: str
    subscription_id: str
    resource_group: str
    location: str
    action_groups: tuple[str, ...]
    identity: str | None
    assign_roles: bool
    rules: Mapping[AlertKind, AlertRuleSettings]


@dataclass(frozen=True, slots=True)
class WorkbookSettings:
    """A workbook of the stack's estate, and where it lives."""

    subscription_key: str
    subscription_id: str
    resource_group: str
    location: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Monitoring:
    """What the stack is watched by, beside its queries."""

    alerts: AlertsSettings | None = None
    workbook: WorkbookSettings | None = None

"""Reading `monitoring`: alert rules over Resource Graph and a workbook, both made only where they are asked for."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainValidator

from patching.arm_ids import ArmIdError, parse_resource_id
from patching.faults import Findings
from patching.limits import ALERT_ACTION_GROUPS, Environment
from patching.settings import policy_words, values
from patching.settings import vocabulary as v
from patching.settings.context import Context
from patching.settings.entries import Entry
from patching.settings.model import Subscription
from patching.settings.monitoring_model import (
    DEFAULT_RULES,
    AlertKind,
    AlertRuleSettings,
    AlertsSettings,
    Frequency,
    Monitoring,
    WorkbookSettings,
)
from patching.settings.validation import read_entry

_PATH = "monitoring"
_ACTION_GROUP = "Microsoft.Insights/actionGroups"
ACTION_GROUP_EXAMPLE = (
    f"/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-oncall/providers/{_ACTION_GROUP}/oncall"
)
_NOT_IN = {Environment.US_GOVERNMENT: "Azure Government", Environment.CHINA: "Azure China"}


def action_group(value: object) -> str:
    """The ARM id of an action group."""
    written = values.text(value)
    expected = "the ARM id of an action group"
    try:
        parsed = parse_resource_id(written)
    except ArmIdError as error:
        raise values.Refused(f"{expected} ({error})", "copy its id from Azure", ACTION_GROUP_EXAMPLE) from error
    named = f"{parsed.provider}/{parsed.resource_type}"
    if named.lower() != _ACTION_GROUP.lower():
        raise values.Refused(f"{expected}, which {named} is not", "copy its id from Azure", ACTION_GROUP_EXAMPLE)
    return written


_OptionalText = Annotated[str | None, PlainValidator(values.text)]
_OptionalGroup = Annotated[str | None, PlainValidator(v.resource_group_name)]
_OptionalLocation = Annotated[str | None, PlainValidator(v.location)]


class AlertRuleEntry(Entry):
    """`monitoring.alerts.rules.<rule>`. What is not set is the rule's own default."""

    severity: Annotated[int | None, PlainValidator(values.whole(range(5)))] = Field(
        default=None, description="0 (critical) to 4 (verbose)", examples=[1]
    )
    frequency: Annotated[Frequency | None, PlainValidator(values.choice(Frequency))] = Field(
        default=None, description="how often it is evaluated", examples=["PT1H"]
    )
    enabled: v.Flag = Field(default=True, description="whether it is evaluated at all", examples=[True])


_OptionalRule = Annotated[AlertRuleEntry | None, BeforeValidator(values.plain)]


class AlertRulesEntry(Entry):
    """`monitoring.alerts.rules`."""

    failed_runs: _OptionalRule = Field(
        default=None, description="runs that failed on a machine", examples=[{"severity": 1}]
    )
    missed_runs: _OptionalRule = Field(
        default=None, description="runs that were due and began on no machine", examples=[{"severity": 1}]
    )
    machines_not_ready: _OptionalRule = Field(
        default=None, description="machines that no run would patch", examples=[{"frequency": "P1D"}]
    )


class AlertsEntry(Entry):
    """`monitoring.alerts`."""

    subscription: _OptionalText = Field(default=None, description="a key of subscriptions", examples=["main"])
    resource_group: _OptionalGroup = Field(
        default=None, description="the rules' resource group", examples=["rg-alerts"]
    )
    location: _OptionalLocation = Field(default=None, description="the rules' region", examples=["westeurope"])
    action_groups: Annotated[tuple[str, ...], PlainValidator(values.list_of(action_group))] = Field(
        default=(), description="ARM ids of the action groups that are told", examples=[[ACTION_GROUP_EXAMPLE]]
    )
    identity: Annotated[str | None, PlainValidator(policy_words.user_assigned_identity)] = Field(
        default=None,
        description="the ARM id of a user-assigned identity, instead of one that the stack makes",
        examples=[
            "/subscriptions/…/resourceGroups/rg-identities/providers/Microsoft.ManagedIdentity/userAssignedIdentities/ask"
        ],
    )
    assign_roles: v.Flag = Field(
        default=True, description="whether the stack grants the identity the role Reader", examples=[True]
    )
    rules: Annotated[AlertRulesEntry, BeforeValidator(values.plain)] = Field(
        default=AlertRulesEntry(), description="what differs from the rules' defaults", examples=[{}]
    )


class WorkbookEntry(Entry):
    """`monitoring.workbook`."""

    subscription: _OptionalText = Field(default=None, description="a key of subscriptions", examples=["main"])
    resource_group: _OptionalGroup = Field(default=None, description="its resource group", examples=["rg-workbooks"])
    location: _OptionalLocation = Field(default=None, description="its region", examples=["westeurope"])
    display_name: _OptionalText = Field(default=None, description="its title", examples=["Patching"])


class MonitoringEntry(Entry):
    """`monitoring`."""

    alerts: Annotated[AlertsEntry | None, BeforeValidator(values.plain)] = Field(
        default=None, description="alert rules", examples=[{"actionGroups": [ACTION_GROUP_EXAMPLE]}]
    )
    workbook: Annotated[WorkbookEntry | None, BeforeValidator(values.plain)] = Field(
        default=None, description="a workbook", examples=[{"displayName": "Patching"}]
    )


def read_monitoring(own: Mapping[str, object], context: Context) -> Monitoring:
    """What `monitoring` asks for; nothing where there is no such key."""
    if _PATH not in own:
        return Monitoring()
    reading = read_entry(MonitoringEntry, own[_PATH], _PATH)
    context.findings.faults.extend(reading.faults)
    entry = reading.entry
    if not reading.faults and entry.alerts is None and entry.workbook is None:
        expected = "alerts, a workbook, or both"
        context.findings.fault(_PATH, {}, expected, "name what is wanted, or remove the key", "{workbook: {}}")
    return Monitoring(
        alerts=_alerts(entry.alerts, context) if entry.alerts and reading.right("alerts") else None,
        workbook=_workbook(entry.workbook, context) if entry.workbook and reading.right("workbook") else None,
    )


def _alerts(entry: AlertsEntry, context: Context) -> AlertsSettings:
    path = f"{_PATH}.alerts"
    subscription, group, location = _place(entry, path, context)
    findings = context.findings
    if context.environment in _NOT_IN:
        where = _NOT_IN[context.environment]
        expected = f"nothing: alert rules cannot ask Resource Graph in {where}"
        findings.fault(path, where, expected, "remove it, and run the queries of the stack's outputs on a schedule")
    if len(entry.action_groups) > ALERT_ACTION_GROUPS:
        expected = f"at most {ALERT_ACTION_GROUPS} action groups"
        findings.fault(f"{path}.actionGroups", len(entry.action_groups), expected, "remove some")
    if entry.identity is not None and "assign_roles" in entry.model_fields_set:
        expected = "no assignRoles with an identity that is there already: whoever made it grants its roles"
        findings.fault(f"{path}.assignRoles", entry.assign_roles, expected, "remove it")
    return AlertsSettings(
        subscription_key=subscription.key,
        subscription_id=subscription.id,
        resource_group=group,
        location=location,
        action_groups=entry.action_groups,
        identity=entry.identity,
        assign_roles=entry.assign_roles,
        rules=_rules(entry.rules, f"{path}.rules", bool(context.schedule_keys), findings),
    )


def _rules(
    entry: AlertRulesEntry, path: str, schedules: bool, findings: Findings
) -> dict[AlertKind, AlertRuleSettings]:
    written = {
        AlertKind.FAILED_RUNS: entry.failed_runs,
        AlertKind.MISSED_RUNS: entry.missed_runs,
        AlertKind.MACHINES_NOT_READY: entry.machines_not_ready,
    }
    rules: dict[AlertKind, AlertRuleSettings] = {}
    for kind, one in written.items():
        if kind.needs_schedules and not schedules:
            if one is not None:
                expected = "nothing, because the stack has no schedules"
                findings.fault(f"{path}.{kind}", "a rule", expected, "remove it, or add schedules")
            continue
        default = DEFAULT_RULES[kind]
        rules[kind] = AlertRuleSettings(
            severity=default.severity if one is None or one.severity is None else one.severity,
            frequency=default.frequency if one is None or one.frequency is None else one.frequency,
            enabled=default.enabled if one is None else one.enabled,
        )
    return rules


def _workbook(entry: WorkbookEntry, context: Context) -> WorkbookSettings:
    subscription, group, location = _place(entry, f"{_PATH}.workbook", context)
    return WorkbookSettings(
        subscription_key=subscription.key,
        subscription_id=subscription.id,
        resource_group=group,
        location=location,
        display_name=entry.display_name or f"Patching: {context.stack}",
    )


def _place(entry: AlertsEntry | WorkbookEntry, path: str, context: Context) -> tuple[Subscription, str, str]:
    """Where it lives: what it says, or the stack's own."""
    subscription = context.subscription(entry.subscription, f"{path}.subscription")
    return subscription, entry.resource_group or context.resource_group.name, entry.location or context.location

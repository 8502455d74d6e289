"""`PatchAlerts`: alert rules of Azure Monitor over Resource Graph, with the identity as which they ask, and its roles.

Resource Graph answers an alert rule what its identity may read, so that the role Reader comes before the rules. All
rules share one identity: each would need the role in every subscription.
"""

from collections.abc import Mapping
from typing import NotRequired, TypedDict, cast

import pulumi
from pulumi_azure_native import managedidentity, monitor

from patching import names
from patching.arm_ids import subscription_id
from patching.faults import NOTHING, Fault, found
from patching.settings.monitoring import AlertRuleEntry, AlertsEntry
from patching.settings.monitoring_model import DEFAULT_RULES, AlertKind
from patching.settings.validation import read_entry
from patching.watching.alerts import ALERTS, READER, WINDOW, failed_runs_rule, machines_not_ready_rule

from .declaring import checked, component_options, component_type, together, together_in_order, when_known
from .roles import RoleToGrant, granted_role, role_to_grant

_IDENTITY = "identity"


class PatchAlertRuleArgs(TypedDict):
    """One alert rule; what is not set is the rule's own default."""

    query: NotRequired[pulumi.Input[str]]
    """What it looks for, as `arg("")` and a query of Resource Graph. Needed for `missedRuns`, which depends on when
    schedules run; the others have one of their own."""
    severity: NotRequired[int]
    """0, critical, to 4, verbose."""
    frequency: NotRequired[str]
    """How often it is evaluated: an ISO 8601 duration from `PT5M` to `P1D`."""
    enabled: NotRequired[bool]
    """False: it is there, and not evaluated; true without it."""


class PatchAlertsArgs(TypedDict):
    """What `PatchAlerts` takes. The rules are made in the subscription of the provider it is given."""

    resource_group_name: pulumi.Input[str]
    """The resource group of the rules and their identity."""
    subscription_ids: list[str]
    """The subscriptions (GUIDs) that are looked at; the rules are scoped to the first."""
    maintenance_configuration_ids: NotRequired[list[pulumi.Input[str]]]
    """The ARM ids of the maintenance configurations whose failed runs are looked for."""
    rules: NotRequired[dict[str, PatchAlertRuleArgs]]
    """The rules, by what they look for: `failedRuns`, `missedRuns`, `machinesNotReady`. Without it, `machinesNotReady`,
    and `failedRuns` where there are configurations."""
    action_group_ids: NotRequired[list[pulumi.Input[str]]]
    """The ARM ids of the action groups that are told, at most five; without any, alerts are seen in the portal only."""
    location: NotRequired[pulumi.Input[str]]
    """Where the rules are; the provider's location without it."""
    identity: NotRequired[pulumi.Input[str]]
    """The ARM id of a user-assigned identity as which the rules ask; without it, one is made. Whoever made it grants it
    the role Reader."""
    assign_roles: NotRequired[bool]
    """False: somebody else grants the identity that is made the role Reader, and `roles_to_grant` says where; true
    without it."""
    tags: NotRequired[dict[str, str]]
    """Tags of the rules and their identity."""


class PatchAlerts(pulumi.ComponentResource):
    """Alert rules on failed runs, missed runs, and machines that are not ready. Not for sovereign clouds."""

    name: pulumi.Output[str]
    """The name the component was given."""
    resource_ids: pulumi.Output[dict[str, str]]
    """The ARM ids of the alert rules, by what they look for."""
    identity_id: pulumi.Output[str]
    """The ARM id of the identity as which the rules ask."""
    roles_to_grant: pulumi.Output[list[RoleToGrant]]
    """What somebody else has to grant; empty where this component grants it, or was given an identity."""

    def __init__(self, name: str, args: PatchAlertsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declares the rules, and before them their identity and its roles.

        Raises:
            pulumi.RunError: something plain is wrong; the message has all faults.
        """
        super().__init__(component_type(PatchAlerts), name, None, component_options(opts))
        args = cast("PatchAlertsArgs", checked(f'PatchAlerts "{name}"', AlertsEntry, args, _FIELDS, _faults(args)))
        given = args.get("identity")
        roles: list[pulumi.Resource] = []
        to_grant: list[pulumi.Output[RoleToGrant]] = []
        if given is None:
            made = self._identity(name, args)
            self.identity_id = made.id
            if args.get("assign_roles", True):
                roles = self._roles(name, args, made.principal_id)
            else:
                scopes = map(subscription_id, args["subscription_ids"])
                to_grant = [role_to_grant(READER, scope, made.principal_id) for scope in scopes]
        else:
            self.identity_id = pulumi.Output.from_input(given)
        rules = {kind: self._rule(name, kind, rule, args, roles) for kind, rule in _rules(args).items()}
        self.name = pulumi.Output.from_input(name)
        self.resource_ids = together({kind.value: rule.id for kind, rule in rules.items()})
        self.roles_to_grant = together_in_order(to_grant)
        self.register_outputs(
            {
                "name": self.name,
                "resourceIds": self.resource_ids,
                "identityId": self.identity_id,
                "rolesToGrant": self.roles_to_grant,
            }
        )

    def _identity(self, name: str, args: PatchAlertsArgs) -> "managedidentity.UserAssignedIdentity":
        return managedidentity.UserAssignedIdentity(
            f"{name}-{_IDENTITY}",
            # The SDK's class of arguments has a `resource_name` that its resource does not take.
            resource_name_=_name(name, _IDENTITY),
            resource_group_name=args["resource_group_name"],
            location=args.get("location"),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _roles(self, name: str, args: PatchAlertsArgs, principal_id: pulumi.Output[str]) -> list[pulumi.Resource]:
        return [
            granted_role(
                f"{name}-reader-{one.lower()}",
                role=READER,
                scope=subscription_id(one),
                principal_id=principal_id,
                grantee=_name(name, _IDENTITY),
                opts=pulumi.ResourceOptions(parent=self),
            )
            for one in args["subscription_ids"]
        ]

    def _rule(
        self,
        name: str,
        kind: AlertKind,
        rule: PatchAlertRuleArgs,
        args: PatchAlertsArgs,
        roles: list[pulumi.Resource],
    ) -> "monitor.ScheduledQueryRule":
        alert, default = ALERTS[kind], DEFAULT_RULES[kind]
        return monitor.ScheduledQueryRule(
            f"{name}-{kind}",
            monitor.ScheduledQueryRuleArgs(
                rule_name=_name(name, kind),
                resource_group_name=args["resource_group_name"],
                location=args.get("location"),
                kind=monitor.Kind.LOG_ALERT,
                display_name=alert.title,
                description=alert.description,
                severity=int(rule.get("severity", default.severity)),
                enabled=rule.get("enabled", default.enabled),
                scopes=[subscription_id(args["subscription_ids"][0])],
                target_resource_types=[alert.resource_type],
                evaluation_frequency=rule.get("frequency", default.frequency.value),
                window_size=WINDOW,
                auto_mitigate=True,
                # It would be asked as an identity whose role may not have spread yet, and refused.
                skip_query_validation=True,
                criteria=monitor.ScheduledQueryRuleCriteriaArgs(all_of=[_condition(kind, _query(kind, rule, args))]),
                actions=monitor.ActionsArgs(action_groups=args.get("action_group_ids") or None),
                identity=monitor.MicrosoftCommonIdentityArgs(
                    type=monitor.IdentityType.USER_ASSIGNED, user_assigned_identities=[self.identity_id]
                ),
                tags=args.get("tags"),
            ),
            pulumi.ResourceOptions(parent=self, depends_on=roles, replace_on_changes=["location", "scopes"]),
        )


def _condition(kind: AlertKind, query: pulumi.Input[str]) -> "monitor.ConditionArgs":
    """More rows than none, counted once."""
    alert = ALERTS[kind]
    every = [monitor.DimensionArgs(name=alert.dimension, operator="Include", values=["*"])] if alert.dimension else None
    return monitor.ConditionArgs(
        query=query,
        time_aggregation=monitor.TimeAggregation.COUNT,
        # The SDK's enumeration of this name has the words of another service ("gt").
        operator="GreaterThan",
        threshold=0,
        resource_id_column=alert.id_column,
        dimensions=every,
        failing_periods=monitor.ConditionFailingPeriodsArgs(
            number_of_evaluation_periods=1, min_failing_periods_to_alert=1
        ),
    )


def _name(name: str, suffix: str) -> str:
    return names.monitoring_name(name, suffix, project=pulumi.get_project(), stack=pulumi.get_stack())


def _rules(args: PatchAlertsArgs) -> Mapping[AlertKind, PatchAlertRuleArgs]:
    if (rules := args.get("rules")) is not None:
        return {AlertKind(key): rule for key, rule in rules.items()}
    kinds = [AlertKind.MACHINES_NOT_READY]
    if args.get("maintenance_configuration_ids"):
        kinds.append(AlertKind.FAILED_RUNS)
    return {kind: PatchAlertRuleArgs() for kind in kinds}


def _query(kind: AlertKind, rule: PatchAlertRuleArgs, args: PatchAlertsArgs) -> pulumi.Input[str]:
    if (query := rule.get("query")) is not None:
        return query
    if kind is AlertKind.FAILED_RUNS:
        ids = cast("pulumi.Input[list[str]]", args.get("maintenance_configuration_ids", []))
        return when_known(ids, failed_runs_rule)
    return machines_not_ready_rule(args["subscription_ids"])


_FIELDS = {
    "resource_group_name": "resource_group",
    "location": "location",
    "action_group_ids": "action_groups",
    "identity": "identity",
    "assign_roles": "assign_roles",
}
_RULE_FIELDS = ("severity", "frequency", "enabled")


def _faults(args: PatchAlertsArgs) -> list[Fault]:
    faults: list[Fault] = []
    if not args["subscription_ids"]:
        expected = "at least one subscription's id"
        faults.append(Fault("subscription_ids", NOTHING, expected, "", "name a subscription"))
    kinds = [kind.value for kind in AlertKind]
    for key, rule in args.get("rules", {}).items():
        if key not in kinds:
            faults.append(Fault(f"rules.{key}", found(key), f"one of {', '.join(kinds)}", kinds[0], "rename it"))
            continue
        plain = {field: value for field in _RULE_FIELDS if (value := rule.get(field)) is not None}
        faults.extend(read_entry(AlertRuleEntry, plain, f"rules.{key}", by_name=True).faults)
        faults.extend(_query_faults(AlertKind(key), rule, args))
    return faults


def _query_faults(kind: AlertKind, rule: PatchAlertRuleArgs, args: PatchAlertsArgs) -> list[Fault]:
    if rule.get("query") is not None or kind is AlertKind.MACHINES_NOT_READY:
        return []
    if kind is AlertKind.MISSED_RUNS:
        expected = "a query, because it depends on when the schedules run"
        return [Fault(f"rules.{kind}.query", NOTHING, expected, "", "set query, or remove the rule")]
    if args.get("maintenance_configuration_ids"):
        return []
    expected = "the ids of maintenance configurations, or a query"
    return [Fault("maintenance_configuration_ids", NOTHING, expected, "", "name the configurations")]

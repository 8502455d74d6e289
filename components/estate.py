"""The estate: everything a stack file asks for, declared in one pass.

Providers and groups, schedules, machines, policies with their remediation, then assignments. Every logical name is
made of the user's own keys, so that adding or removing one entry touches that entry alone; a slash, which no key can
have, keeps joined keys apart.
"""

from dataclasses import dataclass, field

import pulumi
from pulumi_azure_native import resources

from patching.arm_ids import MachineKind, ScopeKind, is_within, resource_group_id, subscription_id
from patching.handler_grants import Grant
from patching.machines import OperatingSystem
from patching.policy_definitions import PolicyKind
from patching.queries import queries_for
from patching.scopes import location_key
from patching.settings.model import (
    AzurePolicySettings,
    ExistingMachine,
    MachineTarget,
    RemediationSettings,
    ScheduleEvents,
    ScheduleSettings,
    ScopeTarget,
    Settings,
    VirtualMachineSettings,
)
from patching.settings.model import (
    DynamicScope as DynamicScopeSettings,
)
from patching.settings.monitoring_model import AlertsSettings, WorkbookSettings
from patching.watching.alerts import alert_queries

from .azure_policy import AzurePolicy
from .configuration import StackConfiguration
from .declaring import after
from .dynamic_scope import DynamicScope, DynamicScopeArgs
from .machine_assignments import MachineAssignments, MachineAssignmentsArgs
from .maintenance_events import MaintenanceEvents, MaintenanceEventsArgs
from .maintenance_schedule import MaintenanceSchedule, MaintenanceScheduleArgs
from .network import SmallNetwork
from .patch_alerts import PatchAlertRuleArgs, PatchAlerts, PatchAlertsArgs
from .patch_workbook import PatchWorkbook, PatchWorkbookArgs
from .policy_arguments import AzurePolicyArgs
from .providers import Providers
from .remediation import RemediationArgs
from .schedule_arguments import recurrence_arguments, updates_arguments
from .schedule_events import grant_handler_roles, handlers_arguments
from .virtual_machine import ScheduledVirtualMachine, ScheduledVirtualMachineArgs


@dataclass
class Estate:
    """What was declared, by the user's keys.

    `machine_assignments` are by schedule and subscription, `dynamic_scopes` by schedule, scope and subscription.
    """

    settings: Settings
    schedules: dict[str, MaintenanceSchedule] = field(default_factory=dict[str, MaintenanceSchedule])
    virtual_machines: dict[str, ScheduledVirtualMachine] = field(default_factory=dict[str, ScheduledVirtualMachine])
    azure_policies: dict[str, AzurePolicy] = field(default_factory=dict[str, AzurePolicy])
    machine_assignments: dict[tuple[str, str], MachineAssignments] = field(
        default_factory=dict[tuple[str, str], MachineAssignments]
    )
    dynamic_scopes: dict[tuple[str, str, str], DynamicScope] = field(
        default_factory=dict[tuple[str, str, str], DynamicScope]
    )
    events: dict[str, MaintenanceEvents] = field(default_factory=dict[str, MaintenanceEvents])
    alerts: PatchAlerts | None = None
    workbook: PatchWorkbook | None = None


def build_estate(configuration: StackConfiguration) -> Estate:
    """Declares everything the settings ask for."""
    return _Builder(configuration).build()


class _Builder:
    def __init__(self, configuration: StackConfiguration) -> None:
        self._settings = settings = configuration.settings
        self._admin_passwords = configuration.admin_passwords
        self._webhook_urls = configuration.webhook_urls
        self._providers = Providers(settings, configuration.azure_native)
        self._groups: dict[str, resources.ResourceGroup] = {}
        self._networks: dict[tuple[str, str], SmallNetwork] = {}
        self._estate = Estate(settings)

    def build(self) -> Estate:
        """Declares everything, in the order things need each other."""
        settings, estate = self._settings, self._estate
        for key, schedule in settings.schedules.items():
            estate.schedules[key] = self._schedule(schedule)
        for key, machine in settings.virtual_machines.items():
            estate.virtual_machines[key] = self._virtual_machine(machine)
        for key, policy in settings.azure_policies.items():
            estate.azure_policies[key] = self._policy(policy)
        for schedule in settings.schedules.values():
            self._attach_machines(schedule)
            self._attach_scopes(schedule)
            if schedule.events is not None:
                estate.events[schedule.key] = self._events(schedule, schedule.events)
        grant_handler_roles(settings, self._providers.options, self._granted_scope)
        if settings.monitoring.alerts is not None:
            estate.alerts = self._alerts(settings.monitoring.alerts)
        if settings.monitoring.workbook is not None:
            estate.workbook = self._workbook(settings.monitoring.workbook)
        return estate

    def _group_name(self, subscription_key: str, name: str) -> pulumi.Input[str]:
        """A group's name; where the stack makes the group, it is made, and what takes the name comes after it."""
        group = self._settings.resource_group
        if not group.create or name.lower() != group.name.lower():
            return name
        if subscription_key not in self._groups:
            self._groups[subscription_key] = resources.ResourceGroup(
                subscription_key,
                resources.ResourceGroupArgs(
                    resource_group_name=group.name, location=self._settings.location, tags=dict(self._settings.tags)
                ),
                self._providers.options(subscription_key),
            )
        return after(name, self._groups[subscription_key].id)

    def _schedule(self, schedule: ScheduleSettings) -> MaintenanceSchedule:
        args = MaintenanceScheduleArgs(
            resource_group_name=self._group_name(schedule.subscription_key, schedule.resource_group),
            configuration_name=schedule.name,
            location=schedule.location,
            updates=updates_arguments(schedule.updates),
            tags=dict(schedule.tags),
            protect=schedule.protect,
            **recurrence_arguments(schedule.schedule),
        )
        if schedule.adopt:
            args["adopt_resource_id"] = schedule.resource_id
        return MaintenanceSchedule(schedule.key, args, self._providers.options(schedule.subscription_key))

    def _virtual_machine(self, machine: VirtualMachineSettings) -> ScheduledVirtualMachine:
        group_name = self._group_name(machine.subscription_key, machine.resource_group)
        args = ScheduledVirtualMachineArgs(
            resource_group_name=group_name,
            os=machine.os.value,
            size=machine.size,
            image={
                "publisher": machine.image.publisher,
                "offer": machine.image.offer,
                "sku": machine.image.sku,
                "version": machine.image.version,
            },
            subnet_id=machine.subnet_id or self._network(machine, group_name).subnet_id,
            admin_username=machine.admin_username,
            location=machine.location,
            tags=dict(machine.tags),
        )
        if machine.os is OperatingSystem.WINDOWS:
            args["admin_password"] = self._admin_passwords[machine.key]
        elif machine.ssh_public_key:
            args["ssh_public_key"] = machine.ssh_public_key
        if probe := machine.health_probe:
            args["health_probe"] = {"protocol": probe.protocol.value}
            if probe.port is not None:
                args["health_probe"]["port"] = probe.port
            if probe.path is not None:
                args["health_probe"]["path"] = probe.path
        return ScheduledVirtualMachine(machine.key, args, self._providers.options(machine.subscription_key))

    def _network(self, machine: VirtualMachineSettings, group_name: pulumi.Input[str]) -> SmallNetwork:
        """The network of a machine that names no subnet: one for each subscription and location."""
        place = (machine.subscription_key, location_key(machine.location))
        if place not in self._networks:
            self._networks[place] = SmallNetwork(
                "/".join(place),
                network_name=f"{self._settings.stack}-{location_key(machine.location)}".lower(),
                resource_group_name=group_name,
                location=machine.location,
                tags=dict(self._settings.tags),
                opts=self._providers.options(machine.subscription_key),
            )
        return self._networks[place]

    def _policy(self, policy: AzurePolicySettings) -> AzurePolicy:
        args = AzurePolicyArgs(
            kind=policy.kind.value,
            scope=self._policy_scope(policy),
            location=policy.location,
            operating_systems=[os.value for os in policy.operating_systems],
            machines=[kind.value for kind in policy.machines],
            mode=policy.mode.value,
            locations=list(policy.locations),
            tags=dict(policy.tags),
            tag_operator=policy.tag_operator.value,
            not_scopes=list(policy.not_scopes),
            enforcement_mode=policy.enforcement_mode.value,
            assign_roles=policy.assign_roles,
            roles_granted=policy.roles_granted,
            remediate=policy.remediate,
            remediation=_remediation_arguments(policy.remediation),
            protect=policy.protect,
        )
        if policy.schedule_key is not None:
            schedule = self._settings.schedules[policy.schedule_key]
            args["maintenance_configuration_id"] = self._configuration_id(policy.schedule_key)
            args["configuration_within_scope"] = (
                is_within(policy.scope, schedule.subscription_id, schedule.resource_group) is True
            )
        if policy.identity is not None:
            args["identity"] = policy.identity
        if policy.definition_version is not None:
            args["definition_version"] = policy.definition_version
        if policy.non_compliance_message is not None:
            args["non_compliance_message"] = policy.non_compliance_message
        return AzurePolicy(policy.key, args, self._providers.options(policy.subscription_key))

    def _policy_scope(self, policy: AzurePolicySettings) -> pulumi.Input[str]:
        """A policy's scope; where that is a group the stack makes, it comes after the group."""
        scope, group = policy.scope, self._groups.get(policy.subscription_key)
        own = (
            scope.kind is ScopeKind.RESOURCE_GROUP
            and (scope.name or "").lower() == self._settings.resource_group.name.lower()
        )
        return after(scope.id, group.id) if own and group else scope.id

    def _configuration_id(self, schedule_key: str) -> pulumi.Output[str]:
        """A configuration's id, known in every preview; what takes it comes after the configuration."""
        return after(
            self._settings.schedules[schedule_key].resource_id, self._estate.schedules[schedule_key].resource_id
        )

    def _events(self, schedule: ScheduleSettings, events: ScheduleEvents) -> MaintenanceEvents:
        args = MaintenanceEventsArgs(
            maintenance_configuration_id=self._configuration_id(schedule.key),
            resource_group_name=self._group_name(schedule.subscription_key, schedule.resource_group),
            location=schedule.location,
            before=handlers_arguments(events.before, self._webhook_urls),
            after=handlers_arguments(events.after, self._webhook_urls),
            system_topic_name=events.system_topic_name,
            tags=dict(schedule.tags),
        )
        return MaintenanceEvents(f"{schedule.key}/events", args, self._providers.options(schedule.subscription_key))

    def _granted_scope(self, grant: Grant) -> pulumi.Input[str]:
        """Where a role is granted; what the stack makes there comes first."""
        if grant.schedule_key is not None:
            return self._configuration_id(grant.schedule_key)
        if grant.machine_key in self._estate.virtual_machines:
            return after(grant.scope_id, self._estate.virtual_machines[grant.machine_key].resource_id)
        group = self._groups.get(grant.subscription_key)
        own = grant.scope_id.lower().endswith(f"/resourcegroups/{self._settings.resource_group.name}".lower())
        return after(grant.scope_id, group.id) if own and group else grant.scope_id

    def _attach_machines(self, schedule: ScheduleSettings) -> None:
        """One component for each subscription, because one component has one provider."""
        by_subscription: dict[str, list[MachineTarget]] = {}
        for machine in schedule.machines:
            by_subscription.setdefault(machine.subscription_key, []).append(machine)
        for subscription_key, machines in by_subscription.items():
            self._estate.machine_assignments[schedule.key, subscription_key] = MachineAssignments(
                f"{schedule.key}/{subscription_key}/machines",
                MachineAssignmentsArgs(
                    maintenance_configuration_id=self._configuration_id(schedule.key),
                    machines={machine.key: self._machine_id(machine) for machine in machines},
                    locations={machine.key: machine.location for machine in machines},
                    assignment_names={machine.key: machine.assignment_name for machine in machines},
                    adopt=schedule.adopt,
                    wait_for={machine.key: self._readiness(machine) for machine in machines},
                ),
                self._providers.options(subscription_key),
            )

    def _machine_id(self, machine: MachineTarget) -> pulumi.Input[str]:
        """A machine's id; one of the stack's own comes first, and the assignment goes and comes again with it."""
        if isinstance(machine, ExistingMachine):
            return machine.resource_id
        return after(machine.resource_id, self._estate.virtual_machines[machine.key].resource_id)

    def _readiness(self, machine: MachineTarget) -> list[pulumi.Input[str]]:
        """What an existing Azure machine waits for: the remediation that makes it ready to be scheduled, if any."""
        if not isinstance(machine, ExistingMachine) or machine.kind is not MachineKind.AZURE:
            return []
        return [
            self._estate.azure_policies[key].ended
            for key, policy in self._settings.azure_policies.items()
            if policy.kind is PolicyKind.SCHEDULING_PREREQUISITE
            and is_within(policy.scope, machine.subscription_id, machine.resource_group) is not False
        ]

    def _attach_scopes(self, schedule: ScheduleSettings) -> None:
        for scope in schedule.scopes.values():
            for target in scope.targets:
                place = (schedule.key, scope.key, target.subscription_key)
                self._estate.dynamic_scopes[place] = DynamicScope(
                    "/".join(place),
                    self._scope_arguments(schedule, scope, target),
                    self._providers.options(target.subscription_key),
                )

    def _scope_arguments(
        self, schedule: ScheduleSettings, scope: DynamicScopeSettings, target: ScopeTarget
    ) -> DynamicScopeArgs:
        args = DynamicScopeArgs(
            maintenance_configuration_id=self._configuration_id(schedule.key),
            resource_types=list(scope.filter.resource_types),
            resource_groups=list(scope.filter.resource_groups),
            os_types=[os.value for os in scope.filter.os_types],
            locations=list(scope.filter.locations),
            tags={name: list(values) for name, values in scope.filter.tags.items()},
            tag_operator=scope.filter.tag_operator.value,
            assignment_name=target.assignment_name,
        )
        if target.resource_group is not None:
            args["resource_group_name"] = self._group_name(target.subscription_key, target.resource_group)
            args["location"] = target.location
        if schedule.adopt:
            args["adopt_resource_id"] = _scope_assignment_id(target)
        return args

    def _alerts(self, alerts: AlertsSettings) -> PatchAlerts:
        queries = alert_queries(self._settings)
        args = PatchAlertsArgs(
            resource_group_name=self._group_name(alerts.subscription_key, alerts.resource_group),
            subscription_ids=self._subscription_ids(alerts.subscription_id),
            rules={
                kind.value: PatchAlertRuleArgs(
                    query=queries[kind], severity=rule.severity, frequency=rule.frequency.value, enabled=rule.enabled
                )
                for kind, rule in alerts.rules.items()
            },
            action_group_ids=list(alerts.action_groups),
            location=alerts.location,
            assign_roles=alerts.assign_roles,
            tags=dict(self._settings.tags),
        )
        if alerts.identity is not None:
            args["identity"] = alerts.identity
        return PatchAlerts("alerts", args, self._providers.options(alerts.subscription_key))

    def _workbook(self, workbook: WorkbookSettings) -> PatchWorkbook:
        args = PatchWorkbookArgs(
            resource_group_name=self._group_name(workbook.subscription_key, workbook.resource_group),
            subscription_ids=self._subscription_ids(workbook.subscription_id),
            queries=dict(queries_for(self._settings)),
            display_name=workbook.display_name,
            location=workbook.location,
            tags=dict(self._settings.tags),
        )
        return PatchWorkbook("workbook", args, self._providers.options(workbook.subscription_key))

    def _subscription_ids(self, first: str) -> list[str]:
        """The stack's subscriptions, that in which something is made first."""
        others = (one.id for one in self._settings.subscriptions.values() if one.id != first)
        return [first, *others]


def _scope_assignment_id(target: ScopeTarget) -> str:
    group = target.resource_group
    scope_id = (
        subscription_id(target.subscription_id) if group is None else resource_group_id(target.subscription_id, group)
    )
    return f"{scope_id}/providers/Microsoft.Maintenance/configurationAssignments/{target.assignment_name}"


def _remediation_arguments(remediation: RemediationSettings) -> RemediationArgs:
    return RemediationArgs(
        parallel_deployments=remediation.parallel_deployments,
        resource_count=remediation.resource_count,
        failure_threshold=remediation.failure_threshold,
        locations=list(remediation.locations),
        discovery=remediation.discovery.value,
        attempt=remediation.attempt,
        wait_minutes=remediation.wait_minutes,
        settle_minutes=remediation.settle_minutes,
    )

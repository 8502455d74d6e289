"""Pulumi components for guest patching on Azure Update Manager.

Installed from the repository, this package is `azure_patching`. Each component is usable alone, from any
Pulumi program, with that program's own providers. The stack's own program uses `estate`.
"""

from .azure_policy import AzurePolicy, RoleToGrant
from .dynamic_scope import DynamicScope, DynamicScopeArgs
from .machine_assignments import MachineAssignments, MachineAssignmentsArgs
from .maintenance_events import EventHandlerArgs, MaintenanceEvents, MaintenanceEventsArgs
from .maintenance_schedule import (
    LinuxUpdatesArgs,
    MaintenanceSchedule,
    MaintenanceScheduleArgs,
    UpdatesArgs,
    WindowsUpdatesArgs,
)
from .patch_alerts import PatchAlertRuleArgs, PatchAlerts, PatchAlertsArgs
from .patch_workbook import PatchWorkbook, PatchWorkbookArgs
from .policy_arguments import AzurePolicyArgs
from .remediation import RemediationArgs, RemediationResult
from .virtual_machine import HealthProbeArgs, ImageArgs, ScheduledVirtualMachine, ScheduledVirtualMachineArgs

__all__ = [
    "AzurePolicy",
    "AzurePolicyArgs",
    "DynamicScope",
    "DynamicScopeArgs",
    "EventHandlerArgs",
    "HealthProbeArgs",
    "ImageArgs",
    "LinuxUpdatesArgs",
    "MachineAssignments",
    "MachineAssignmentsArgs",
    "MaintenanceEvents",
    "MaintenanceEventsArgs",
    "MaintenanceSchedule",
    "MaintenanceScheduleArgs",
    "PatchAlertRuleArgs",
    "PatchAlerts",
    "PatchAlertsArgs",
    "PatchWorkbook",
    "PatchWorkbookArgs",
    "RemediationArgs",
    "RemediationResult",
    "RoleToGrant",
    "ScheduledVirtualMachine",
    "ScheduledVirtualMachineArgs",
    "UpdatesArgs",
    "WindowsUpdatesArgs",
]

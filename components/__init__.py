"""Pulumi components for guest patching on Azure Update Manager.

Installed from the repository, this package is `azure_patching`. Each component is usable alone, from any
Pulumi program, with that program's own providers. The stack's own program uses `estate`.
"""

from .azure_policy import AzurePolicy, RoleToGrant
from .dynamic_scope import DynamicScope, DynamicScopeArgs
from .machine_assignments import MachineAssignments, MachineAssignmentsArgs
from .maintenance_schedule import (
    LinuxUpdatesArgs,
    MaintenanceSchedule,
    MaintenanceScheduleArgs,
    UpdatesArgs,
    WindowsUpdatesArgs,
)
from .policy_arguments import AzurePolicyArgs
from .remediation import RemediationArgs, RemediationResult
from .virtual_machine import HealthProbeArgs, ImageArgs, ScheduledVirtualMachine, ScheduledVirtualMachineArgs

__all__ = [
    "AzurePolicy",
    "AzurePolicyArgs",
    "DynamicScope",
    "DynamicScopeArgs",
    "HealthProbeArgs",
    "ImageArgs",
    "LinuxUpdatesArgs",
    "MachineAssignments",
    "MachineAssignmentsArgs",
    "MaintenanceSchedule",
    "MaintenanceScheduleArgs",
    "RemediationArgs",
    "RemediationResult",
    "RoleToGrant",
    "ScheduledVirtualMachine",
    "ScheduledVirtualMachineArgs",
    "UpdatesArgs",
    "WindowsUpdatesArgs",
]

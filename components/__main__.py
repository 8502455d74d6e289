"""The component plugin: what the engine starts for programs that use these components from another language."""

import sys
from pathlib import Path

# The engine starts this file with its own folder first on the path; the core lies beside that folder.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pulumi.provider.experimental import component_provider_host

from components import (
    AzurePolicy,
    DynamicScope,
    MachineAssignments,
    MaintenanceSchedule,
    ScheduledVirtualMachine,
)

if __name__ == "__main__":
    component_provider_host(
        name="azure-patching",
        components=[MaintenanceSchedule, MachineAssignments, DynamicScope, ScheduledVirtualMachine, AzurePolicy],
    )

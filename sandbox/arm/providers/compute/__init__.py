"""Microsoft.Compute: virtual machines and their extensions."""

from sandbox.arm import api_versions
from sandbox.arm.ids import VIRTUAL_MACHINE
from sandbox.arm.operations import operations_type
from sandbox.arm.providers.compute import extensions, virtual_machines
from sandbox.arm.simulation.records import results_kept

TYPES = [
    virtual_machines.TYPE,
    extensions.TYPE,
    operations_type("Microsoft.Compute", api_versions.COMPUTE),
    results_kept(VIRTUAL_MACHINE, api_versions.COMPUTE),
]

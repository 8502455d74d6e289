"""Microsoft.Compute: virtual machines and their extensions."""

from sandbox.arm import api_versions
from sandbox.arm.operations import operations_type
from sandbox.arm.providers.compute import extensions, virtual_machines

TYPES = [virtual_machines.TYPE, extensions.TYPE, operations_type("Microsoft.Compute", api_versions.COMPUTE)]

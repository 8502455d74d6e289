"""Microsoft.Authorization: policy definitions and assignments, role definitions and assignments."""

from sandbox.arm.providers.authorization import (
    policy_assignments,
    policy_definitions,
    role_assignments,
    role_definitions,
)

TYPES = [
    *policy_definitions.TYPES,
    policy_assignments.TYPE,
    role_definitions.TYPE,
    role_assignments.TYPE,
]

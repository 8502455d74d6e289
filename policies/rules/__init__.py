"""The rules of the pack, one file a concern: pure functions over plain mappings of a resource's inputs."""

from policies.rules import (
    azure_policies,
    configuration_care,
    maintenance_configurations,
    roles,
    schedules_together,
    targets,
    virtual_machines,
)
from policies.rules.rule import AnyRule

RULES: tuple[AnyRule, ...] = (
    *maintenance_configurations.RULES,
    *configuration_care.RULES,
    *virtual_machines.RULES,
    *targets.RULES,
    *schedules_together.RULES,
    *azure_policies.RULES,
    *roles.RULES,
)

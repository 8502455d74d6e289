"""The rules of the pack, one file a concern: pure functions over plain mappings of a resource's inputs."""

from policies.rules import maintenance_configurations, virtual_machines
from policies.rules.rule import Rule

RULES: tuple[Rule, ...] = (*maintenance_configurations.RULES, *virtual_machines.RULES)

"""Microsoft.PolicyInsights: compliance, remediation, and what policy does to machines as they are written."""

from sandbox.arm.providers.policy_insights import enforcement, policy_states, remediations

TYPES = [policy_states.TYPE, remediations.TYPE, enforcement.TYPE]
WRITE_HOOKS = [enforcement.apply_policies]

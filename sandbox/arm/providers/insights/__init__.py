"""Microsoft.Insights: alert rules over queries, workbooks, and action groups, as far as they are kept and shown."""

from sandbox.arm.providers.insights import action_groups, scheduled_query_rules, workbooks

TYPES = [action_groups.TYPE, scheduled_query_rules.TYPE, workbooks.TYPE]

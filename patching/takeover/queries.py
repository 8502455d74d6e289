"""What Resource Graph is asked for: schedules, their assignments, machines for where they are, subscriptions' names."""

from patching.inventory_file import QUERY as MACHINES
from patching.inventory_file import SUBSCRIPTIONS_QUERY

CONFIGURATIONS = "resources | where type =~ 'microsoft.maintenance/maintenanceconfigurations' | order by id"
ASSIGNMENTS = "maintenanceresources | where type =~ 'microsoft.maintenance/configurationassignments' | order by id"
QUERIES = (CONFIGURATIONS, ASSIGNMENTS, MACHINES, SUBSCRIPTIONS_QUERY)

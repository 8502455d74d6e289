"""The names of the types of Microsoft.Maintenance, and of the type under which it knows its caller."""

CONFIGURATION = "Microsoft.Maintenance/maintenanceConfigurations"
ASSIGNMENT = "Microsoft.Maintenance/configurationAssignments"
APPLY_UPDATE = "Microsoft.Maintenance/applyUpdates"
PUBLIC_CONFIGURATION = "Microsoft.Maintenance/publicMaintenanceConfigurations"
HELD_NAME = "Microsoft.Maintenance/heldNames"
"""Of the local Azure alone: the names that cannot be used yet after a deletion. It answers no request."""
CALLER_TYPE = "Application"

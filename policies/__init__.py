"""A CrossGuard policy pack for maintenance configurations and the machines they patch, usable on any Pulumi program."""

"""The names of the types of Microsoft.Compute that are modelled."""

MACHINE = "Microsoft.Compute/virtualMachines"
EXTENSION = "Microsoft.Compute/virtualMachines/extensions"

"""A stand-in for the azure-native plugin: Pulumi's provider protocol on one side, ARM over HTTP on the other."""

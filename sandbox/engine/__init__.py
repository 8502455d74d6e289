"""Finds the Pulumi engine on this machine, or builds it from Go modules into the user's cache directory."""

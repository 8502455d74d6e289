"""The commands of `python -m patching`: options in, reports out; logic is in the rooms they call.

A command imports what it needs where it needs it, so that each starts fast.
"""

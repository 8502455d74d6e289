"""The pure core of azure-patching: schedules, machines and policies as data, and every rule about them.

No Pulumi, no cloud, no clock; reading and writing of files is left to the command line. `patching.settings` reads a
stack's settings.
"""

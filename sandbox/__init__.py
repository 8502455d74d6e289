"""A local Azure: the Pulumi engine where it is missing, an ARM server, and a stand-in for the azure-native plugin.

Nothing else in the project imports this package, and it imports nothing of the project: it is the judge, and must not
share the mistakes of what it judges.
"""

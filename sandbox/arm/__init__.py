"""A local Azure Resource Manager: one generic store, one small module for each resource provider.

It is the judge of what the rest of the project sends, so it shares no code with it and knows nothing of Pulumi.
"""

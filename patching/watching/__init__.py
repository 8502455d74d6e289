"""What a stack is watched by: Resource Graph queries, and the alert rules and the workbook that are made of them.

Queries keep to what Azure Resource Graph takes: at most three joins, one of which may bring two tables together, and
three mv-expand; those of alert rules have no join at all (sources: Microsoft Learn, "Understanding the Azure Resource
Graph query language" and "Troubleshoot Azure Resource Graph alerts"). A tenant-wide login sees more than the stack's
subscriptions, so that each query names its own. Ids in Resource Graph come in any case and are compared in lower case.
"""

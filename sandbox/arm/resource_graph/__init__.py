"""Microsoft.ResourceGraph: queries over everything that the local Azure has, in a part of the Kusto query language."""

from sandbox.arm.resource_graph.endpoint import TYPE

TYPES = [TYPE]

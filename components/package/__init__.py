"""The Pulumi package `azure-patching`: the components, for programs in other languages.

Its schema and what a program in another language passes and is told are made here from the components' own
annotations, docstrings and faults. A Python program that imports the components needs nothing of it.
"""

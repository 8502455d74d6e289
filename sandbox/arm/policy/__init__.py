"""Azure Policy in the local Azure: built-in definitions, who they apply to, compliance, and what their effects change.

Pure functions over plain values; the resource providers do the storing and the answering.
"""

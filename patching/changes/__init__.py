"""What changes between two versions of a stack: its keys, its calendar, its findings, the machines it reaches.

Values in, values out: `patching.report` says them in words, and `patching.commands.diff` reads the files. Everything is
symmetric: with the versions swapped, what was added is removed, and what moved later moves earlier.
"""

"""The SDK's debug messages: three or four for each resource, each a call that the program waits for.

The engine drops them unless it runs with `--debug`, and does not tell the program which it is. They are a fifth to a
quarter of what a large stack's preview costs.
"""

import os

import pulumi

DEBUG = "AZURE_PATCHING_DEBUG"


def silence_debug_messages() -> None:
    """Keeps the SDK from sending debug messages, unless the environment has `AZURE_PATCHING_DEBUG`.

    For a program that is one's own: the messages of everything in it are meant. Together with resources that are
    registered in their thousands and not paced it makes things slower, because the messages hold them back.
    """
    if not os.environ.get(DEBUG):
        pulumi.log.debug = _nothing


def _nothing(*_: object, **__: object) -> None:
    pass

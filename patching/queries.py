"""Azure Resource Graph queries to watch a stack by: what ran, what failed or was missed, and what nothing reaches.

Resource Graph answers a thousand rows at most in one page, and pages on only where rows have an `id`: what is listed
machine by machine has one, and the rest is summed up.
"""

from typing import TYPE_CHECKING

from patching.watching.machines import machine_queries
from patching.watching.policies import policy_queries
from patching.watching.runs import run_queries

if TYPE_CHECKING:
    from patching.settings.model import Settings


def queries_for(settings: "Settings") -> dict[str, str]:
    """The queries for a stack, by what they answer; each is one KQL text for `az graph query -q`."""
    return {**machine_queries(settings), **run_queries(settings), **policy_queries(settings)}

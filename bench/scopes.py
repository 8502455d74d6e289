"""Dynamic scopes: one resource for each subscription, however many machines it has."""

from bench.estates import arc_machines, rows, stack_config
from bench.lifecycles import Lifecycle, Program


def lifecycle(machines: int, subscriptions: int) -> Lifecycle:
    """So many machines in so many subscriptions, reached by one filter."""
    config = {"bench:subscriptions": str(subscriptions)}
    return Lifecycle(
        f"{machines:,} machines by scopes over {subscriptions} subscriptions",
        "one configuration, and a dynamic scope in each subscription, with a provider of its own. This is the "
        "repository's own program with a stack file; an empty program is what every run costs.",
        subscriptions,
        [
            Program("empty program", "empty", {}),
            Program("bare resources", "scopes_bare", config),
            Program("plain azure-native", "scopes_plain", config),
            Program("stack file", None, stack_config(1, subscriptions)),
        ],
        rows(arc_machines(machines, subscriptions)),
    )

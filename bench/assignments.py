"""Static assignments: one resource for each machine."""

from bench.estates import arc_machines, rows
from bench.lifecycles import Lifecycle, Program

_MOST_WITH_CHECKPOINTS = 100
_MOST_WITH_CHECKPOINTS_IN_FULL = 1_000


def lifecycle(machines: int, *, full: bool) -> Lifecycle:
    """So many machines, assigned one by one; a lot of them with checkpoints takes minutes, and so only if `full`.

    Checkpoints cost the square of the number: three thousand would take most of an hour.
    """
    config = {"bench:machines": str(machines)}
    return Lifecycle(
        f"{machines:,} static assignments",
        "one configuration, and an assignment for each machine. Bare resources are the floor of the ordinary way; "
        "plain is what a user of azure-native writes. But for the last operation, the state is written once, at the "
        "end (PULUMI_SKIP_CHECKPOINTS).",
        machines,
        [
            Program("bare resources", "assignments_bare", config),
            Program("plain azure-native", "assignments_plain", config),
            Program("components", "assignments_by_components", config),
        ],
        rows(arc_machines(machines)),
        checkpoints=machines <= (_MOST_WITH_CHECKPOINTS_IN_FULL if full else _MOST_WITH_CHECKPOINTS),
    )

"""What the local Azure does not do, or does otherwise, area by area: the other side of what it can be trusted with."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Gap:
    """One thing that is not modelled, or whose behaviour on Azure is on no public record."""

    area: str
    what: str


NOT_MODELLED = (
    Gap(
        "Azure Resource Manager",
        "Nobody is asked for a token over HTTP. Over HTTPS everybody may do everything, but one limited application.",
    ),
    Gap(
        "Microsoft Entra ID",
        "Users do not exist, and applications need not: every GUID is one. An assertion is read, not verified.",
    ),
    Gap(
        "Azure Resource Manager",
        "Requests are not throttled, locks and deployments do not exist, regions are not chosen.",
    ),
    Gap("Azure Resource Manager", "Property names in a request are compared with case."),
    Gap(
        "Azure Resource Manager", "The codes of tags that are too many, too long or doubled are our own (InvalidTags)."
    ),
    Gap("Azure Resource Manager", "Registering a namespace takes effect at once; Azure takes minutes."),
    Gap(
        "Azure Resource Manager",
        "The $filter of lists of resources is read as comparisons joined by `and`, no functions.",
    ),
    Gap("Network", "Operations have ended when they are first polled; Azure takes seconds."),
    Gap("Network", "Security rules, IP configurations and peerings exist within their owners only, not as resources."),
    Gap("Network", "Nothing is routed and no rule is applied; public addresses are of a range for documentation."),
    Gap("Compute", "Disks are named and not made: nothing is left after a machine that is deleted."),
    Gap("Compute", "Images are known by publisher and offer only, sizes not at all; quotas do not exist."),
    Gap("Compute", "Availability sets, scale sets, zones, hosts, galleries and capture are not served."),
    Gap("Compute", "Whether an image can be hotpatched is not checked; hotpatching together with the bypass flag is."),
    Gap("Compute", "A power state changes at once; the operation that a client follows ends a little later."),
    Gap("Compute", "The settings of an extension are not read: its handler does not exist."),
    Gap("Compute", "An assessment finds nothing and an installation installs nothing: updates do not exist."),
    Gap(
        "Hybrid Compute",
        "A machine is made by a PUT and is connected; on Azure its agent does that. It has no extensions.",
    ),
    Gap(
        "Resource Graph",
        "A part of the Kusto language is read; the rest is refused by name, and so are tables without machines.",
    ),
    Gap(
        "Resource Graph",
        "A let of a table, an aggregate inside of an expression, and an order by a dynamic value are refused, too.",
    ),
    Gap(
        "Resource Graph",
        "Of history there is each machine's last assessment and last installation on demand; schedules make none.",
    ),
    Gap(
        "Resource Graph",
        "Changes are seen at once; Azure takes seconds to minutes. A dcount is exact; Azure estimates.",
    ),
    Gap(
        "Resource Graph",
        "Facets and scope filters are refused; the quota in the headers never shrinks, and no answer is too large.",
    ),
    Gap(
        "Resource Graph",
        "Where the service's own code for a refusal is on no public record, it is Default or InvalidRequest.",
    ),
    Gap("Resource Graph", "The limited application is refused; on Azure it sees what it may read."),
    Gap(
        "Resource Graph",
        "Policy definitions are no rows of policyresources; its policy states are those of machines, of this moment.",
    ),
    Gap("Maintenance", "Nothing runs: schedules are kept and checked, and do not fire."),
    Gap("Maintenance", "applyUpdates, updates, scheduledEvents and pre- and post-events are not served."),
    Gap(
        "Maintenance",
        "The recommended limits (250 schedules, 3,000 associations, 200 scopes a schedule) are not enforced.",
    ),
    Gap(
        "Maintenance", "Scopes other than InGuestPatch are kept; only their window is checked, and its duration is not."
    ),
    Gap("Maintenance", "Where the service's own code for a refusal is on no public record, it is BadRequest."),
    Gap("Maintenance", "The location of an assignment is kept as it is sent: no rule about it is on public record."),
    Gap("Maintenance", "Locations and tags of a filter are not checked against what exists."),
    Gap("Maintenance", "Which api-version first had dynamic scopes is not enforced."),
)

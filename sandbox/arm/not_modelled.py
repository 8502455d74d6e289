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
        "Locks and deployments do not exist, and regions are not chosen.",
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
    Gap(
        "Compute",
        "Updates are made up: two dozen that come again and again. Each takes as long on any machine, and none fails.",
    ),
    Gap("Compute", "An installation on demand is done at once; its duration decides what is installed."),
    Gap("Compute", "The platform patches nothing by itself: AutomaticByPlatform without the bypass flag does nothing."),
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
        "A let of a table, an aggregate inside of an expression, and a parse by regular expressions are refused, too.",
    ),
    Gap("Resource Graph", "Runs of schedules are kept for ever: for how long Azure keeps them is on no public record."),
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
    Gap(
        "Resource Graph",
        "Policy definitions are no rows of policyresources; its policy states are those of machines, of this moment.",
    ),
    Gap(
        "Maintenance",
        "What becomes of a run on a machine is decided when it begins; what is changed in its window changes nothing.",
    ),
    Gap(
        "Maintenance",
        "A change counts at once: Azure asks for 15 minutes of lead. With a pre-event it is 40, here as there.",
    ),
    Gap(
        "Maintenance",
        "Which of several schedules with the same start runs on a machine is not on record: here the first by id.",
    ),
    Gap(
        "Maintenance",
        "A schedule without parameters for a machine's system installs nothing on it; Azure's way is not on record.",
    ),
    Gap("Maintenance", "Update domains are not honoured, and schedules whose InGuestPatchMode is Platform do not run."),
    Gap("Maintenance", "Updates and scheduledEvents are not served."),
    Gap(
        "Maintenance",
        "The status of a run to come (Pending), and the code of a cancelled one, are on no public record; neither is "
        "whether a cancelled run has a post-event: here it has none.",
    ),
    Gap(
        "Event Grid",
        "Only maintenance configurations have system topics; custom topics, domains, namespaces and partners are not "
        "served, and neither are event subscriptions of a resource itself.",
    ),
    Gap(
        "Event Grid",
        "Only webhooks on this machine are told, once: a failed delivery is recorded, not tried again, and nothing is "
        "dead-lettered. What goes to a queue counts as delivered; functions, hubs and other endpoints get nothing.",
    ),
    Gap(
        "Event Grid",
        "Webhooks are told at an event's own time by `run-until`; while the clock only goes by, with the next request.",
    ),
    Gap(
        "Event Grid",
        "Whether a function, storage account, hub or queue exists is not checked; webhooks elsewhere count as "
        "validated. HTTP is taken on this machine, and any certificate.",
    ),
    Gap(
        "Event Grid",
        "Advanced filters, delivery with an identity and batches are refused or kept unread; a topic has no identity.",
    ),
    Gap("Event Grid", "A system topic stays when its maintenance configuration is deleted."),
    Gap("Event Grid", "Where the service's own code for a refusal is on no public record, it is InvalidRequest."),
    Gap(
        "Maintenance",
        "The code of a machine that is not ready (PrerequisitesNotMet) and of a wait too long are our own.",
    ),
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
    Gap(
        "Azure Resource Manager",
        "The budget of requests is one, not one a region; the providers' own limits (Compute's, for one) do not exist.",
    ),
    Gap("Maintenance", "There are no public maintenance configurations: their list is empty."),
    Gap(
        "Policy",
        "Custom policy definitions and initiatives; of the built-in ones there are those of Azure Update Manager only.",
    ),
    Gap(
        "Policy",
        "Members of the initiative 'Enable Essential Machine Management' other than those of Azure Update Manager.",
    ),
    Gap(
        "Policy",
        "Images that the definitions name beyond the families in sandbox.arm.policy.images (mostly appliances).",
    ),
    Gap("Policy", "Older versions of a definition: a pinned version is checked, shown, and evaluated as the newest."),
    Gap(
        "Policy",
        "Policy exemptions, attestations, policy events and history: compliance is evaluated when it is asked for.",
    ),
    Gap(
        "Policy",
        "The delay of Azure's evaluation cycle, and of the replication of identities (that of roles is a quirk).",
    ),
    Gap("Policy", "Defender for Cloud's assessments: no machine has a healthy one."),
    Gap("Policy", "Selectors by user, group or rollout percentage; overrides of the definition version."),
    Gap(
        "Policy",
        "In queries over policy states: comparisons other than eq and ne, functions, and of $apply all but filter, "
        "groupby and the $count.",
    ),
    Gap("Policy", "Custom roles, role conditions, deny assignments; the caller of the local Azure may do everything."),
    Gap("Policy", "The names of the assignments that the schedule policy makes: they differ from Azure's."),
    Gap("Policy", "At most 200 policy assignments for a scope, and at most 100 remediations at a time in a tenant."),
    Gap("Policy", "The failure of a gallery image's remediation where the identity may not read the gallery."),
    Gap(
        "Insights",
        "Alert rules are kept and never evaluated: no alert is raised, and no action group tells anybody.",
    ),
    Gap("Insights", "Of rules, queries that ask Resource Graph are read and checked; those over logs are not read."),
    Gap(
        "Insights",
        "Rules of the kinds LogToMetric and SimpleLogAlert, and rules of the api-version 2018-04-16, are refused.",
    ),
    Gap(
        "Insights",
        "Whether the scopes and action groups of a rule exist is not checked, nor what its identity may read.",
    ),
    Gap("Insights", "A workbook's serialized data is kept as JSON and not looked at; its revisions are not served."),
    Gap("Insights", "Where the service's own code for a refusal is on no public record, it is BadRequest."),
)
"""For the documentation, area by area."""

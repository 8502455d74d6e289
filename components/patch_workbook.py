"""`PatchWorkbook`: a workbook of Azure Monitor that shows an estate by the queries a stack puts out."""

from typing import NotRequired, TypedDict, cast

import pulumi
from pulumi_azure_native import applicationinsights

from patching import names
from patching.faults import NOTHING, Fault
from patching.settings.monitoring import WorkbookEntry
from patching.watching.workbook import workbook_data

from .declaring import both_known, checked, component_options, component_type

_TITLE = "Patching"


class PatchWorkbookArgs(TypedDict):
    """What `PatchWorkbook` takes. It is made in the subscription of the provider it is given."""

    resource_group_name: pulumi.Input[str]
    """The workbook's resource group."""
    subscription_ids: list[str]
    """The subscriptions (GUIDs) that are asked about."""
    queries: dict[str, pulumi.Input[str]]
    """Resource Graph queries by their names among a stack's outputs, such as `failures`; each known one has a part."""
    display_name: NotRequired[pulumi.Input[str]]
    """Its title; `Patching` without it."""
    location: NotRequired[pulumi.Input[str]]
    """Where it is; the provider's location without it."""
    tags: NotRequired[dict[str, str]]
    """Its tags."""


class PatchWorkbook(pulumi.ComponentResource):
    """A shared workbook: runs, failures, coverage, readiness, assessments and compliance, each by one query."""

    name: pulumi.Output[str]
    """The workbook's name, a GUID."""
    resource_id: pulumi.Output[str]
    """The workbook's ARM id."""

    def __init__(self, name: str, args: PatchWorkbookArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declares the workbook.

        Raises:
            pulumi.RunError: something plain is wrong; the message has all faults.
        """
        super().__init__(component_type(PatchWorkbook), name, None, component_options(opts))
        judged = checked(f'PatchWorkbook "{name}"', WorkbookEntry, args, _FIELDS, _faults(args))
        args = cast("PatchWorkbookArgs", judged)
        title = args.get("display_name", _TITLE)
        subscriptions = args["subscription_ids"]
        queries = cast("pulumi.Input[dict[str, str]]", args["queries"])
        workbook = applicationinsights.Workbook(
            f"{name}-workbook",
            # The SDK's class of arguments has a `resource_name` that its resource does not take.
            resource_name_=names.workbook_name(name, project=pulumi.get_project(), stack=pulumi.get_stack()),
            resource_group_name=args["resource_group_name"],
            location=args.get("location"),
            kind=applicationinsights.WorkbookSharedTypeKind.SHARED,
            category="workbook",
            display_name=title,
            serialized_data=both_known(title, queries, lambda known, asked: workbook_data(known, asked, subscriptions)),
            source_id="azure monitor",
            version="Notebook/1.0",
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self, replace_on_changes=["location"]),
        )
        self.name = workbook.name
        self.resource_id = workbook.id
        self.register_outputs({"name": self.name, "resourceId": self.resource_id})


_FIELDS = {"resource_group_name": "resource_group", "location": "location", "display_name": "display_name"}


def _faults(args: PatchWorkbookArgs) -> list[Fault]:
    missing = [
        ("subscription_ids", args["subscription_ids"], "at least one subscription's id", "name a subscription"),
        ("queries", args["queries"], "at least one query", "take them from a stack's output queries"),
    ]
    return [Fault(field, NOTHING, expected, "", fix) for field, value, expected, fix in missing if not value]

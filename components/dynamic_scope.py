"""`DynamicScope`: one filter on one subscription or resource group, whose machines a maintenance configuration patches.

It never looks at machines itself: the service evaluates the filter at each run.
"""

import re
from typing import Any, NotRequired, TypeAlias, TypedDict, cast

import pulumi
from pulumi_azure_native import maintenance

from patching import names
from patching.arm_ids import ArmIdError, parse_resource_id, parse_scope_id, resource_group_id, subscription_id
from patching.faults import NOTHING, Fault, found
from patching.own_words import assignment_as_there, subscription_assignment_as_there
from patching.settings.entries import ScopeEntry

from .adopting import Inputs, in_own_words
from .configuration_ids import configuration_id_faults, known_configuration_id
from .declaring import both_known, checked, component_options, component_type, waiting_for, when_known


class DynamicScopeArgs(TypedDict):
    """What `DynamicScope` takes. The subscription is that of the provider it is given; no field can name it."""

    maintenance_configuration_id: pulumi.Input[str]
    """The ARM id of the maintenance configuration; it may be in another subscription."""
    resource_group_name: NotRequired[pulumi.Input[str]]
    """The resource group to look at, instead of the whole subscription. `location` and `locations` are needed then."""
    location: NotRequired[pulumi.Input[str]]
    """Where the resource group is; only with `resource_group_name`."""
    resource_types: NotRequired[list[pulumi.Input[str]]]
    """`Microsoft.Compute/virtualMachines`, `Microsoft.HybridCompute/machines`, or both."""
    resource_groups: NotRequired[list[pulumi.Input[str]]]
    """Names of resource groups; any without it."""
    os_types: NotRequired[list[pulumi.Input[str]]]
    """`Linux`, `Windows`, or both; any without it."""
    locations: NotRequired[list[pulumi.Input[str]]]
    """Where the machines are; anywhere without it."""
    tags: NotRequired[dict[str, list[pulumi.Input[str]]]]
    """Allowed values by tag name."""
    tag_operator: NotRequired[pulumi.Input[str]]
    """`Any`, the default: one of the tags is enough. `All`: each tag has to match."""
    assignment_name: NotRequired[pulumi.Input[str]]
    """The configuration assignment's name; without it, it is made from the configuration's id and the component's
    name."""
    adopt_resource_id: NotRequired[str]
    """The ARM id of a configuration assignment that is there already, to be imported instead of created."""
    wait_for: NotRequired[list[pulumi.Input[str]]]
    """Outputs that have to be known before the scope is made."""


class DynamicScope(pulumi.ComponentResource):
    """A filter by type, system, location, group and tags: what matches it at a run is patched.

    Matching Azure machines have to be ready (patch mode AutomaticByPlatform, and the platform's safety checks
    bypassed) at the run.
    """

    name: pulumi.Output[str]
    """The configuration assignment's name."""
    resource_id: pulumi.Output[str]
    """The configuration assignment's ARM id."""

    def __init__(self, name: str, args: DynamicScopeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declares one configuration assignment with a filter.

        Raises:
            pulumi.RunError: the filter is empty, a group's scope has no location, or an id is another thing's.
        """
        super().__init__(component_type(DynamicScope), name, None, component_options(opts))
        where = f'DynamicScope "{name}"'
        args = cast("DynamicScopeArgs", checked(where, ScopeEntry, args, _FIELDS, _faults(args)))
        args["maintenance_configuration_id"] = known_configuration_id(
            where, "maintenance_configuration_id", args["maintenance_configuration_id"]
        )
        group = args.get("resource_group_name")
        declare = _at_subscription if group is None else _at_resource_group
        inputs = self._inputs(args)
        assignment = declare(f"{name}-assignment", self._assignment_name(name, args), args, inputs, self._options(args))
        self.name = assignment.name
        self.resource_id = assignment.id
        self.register_outputs({"name": self.name, "resourceId": self.resource_id})

    def _assignment_name(self, name: str, args: DynamicScopeArgs) -> pulumi.Input[str]:
        return args.get("assignment_name") or both_known(
            args["maintenance_configuration_id"],
            args.get("resource_group_name", ""),
            lambda configuration_id, group: _default_assignment_name(name, configuration_id, group),
        )

    def _inputs(self, args: DynamicScopeArgs) -> Inputs:
        """The assignment's arguments, by azure-native's names; what is adopted has Azure's own words for them."""
        inputs: Inputs = {
            # At a subscription, azure-native would send `azure-native:location`, which the service refuses there.
            "location": "global" if args.get("resource_group_name") is None else args.get("location"),
            "maintenanceConfigurationId": when_known(args["maintenance_configuration_id"], str.lower),
            "filter": _filter(args),
        }
        adopted = args.get("adopt_resource_id")
        if adopted is None:
            return inputs
        scope, assignment_name = _taken_apart(adopted)
        arguments = {"configurationAssignmentName": assignment_name}
        group = parse_scope_id(scope).name
        if group is None:
            getter = "azure-native:maintenance:getConfigurationAssignmentsForSubscription"
            return in_own_words(inputs, subscription_assignment_as_there, getter, arguments, self)
        getter = "azure-native:maintenance:getConfigurationAssignmentsForResourceGroup"
        return in_own_words(inputs, assignment_as_there, getter, {"resourceGroupName": group, **arguments}, self)

    def _options(self, args: DynamicScopeArgs) -> pulumi.ResourceOptions:
        adopted = args.get("adopt_resource_id")
        at_subscription = args.get("resource_group_name") is None
        return pulumi.ResourceOptions(
            parent=self,
            depends_on=waiting_for(args.get("wait_for", [])),
            import_=adopted,
            # The service changes nothing but the filter in place, and no two assignments can have one name at once.
            # An adopted one may have no location, and is not to be replaced by one that has.
            replace_on_changes=["location", "maintenanceConfigurationId"][adopted is not None :],
            delete_before_replace=True,
            # Never set, but answered: an imported assignment would have it for an argument. At a subscription the
            # location says nothing, and one that was adopted keeps the one it has.
            ignore_changes=["resourceId", "location"][: 1 + (at_subscription and adopted is None)],
        )


_ASSIGNMENTS = "/providers/Microsoft.Maintenance/configurationAssignments/"


def _taken_apart(assignment_id: str) -> tuple[str, str]:
    """The scope of a configuration assignment and its name, which is empty where the id is none."""
    scope, *name = re.split(re.escape(_ASSIGNMENTS), assignment_id, maxsplit=1, flags=re.IGNORECASE)
    return scope, "".join(name)


def _default_assignment_name(name: str, configuration_id: str, resource_group: str) -> str:
    configuration = parse_resource_id(configuration_id)
    # Only the length of the scope's id matters here, and every subscription's id is as long as the configuration's.
    subscription = configuration.subscription_id
    scope_id = resource_group_id(subscription, resource_group) if resource_group else subscription_id(subscription)
    return names.assignment_name(configuration.name, configuration_id, scope_id, name.replace("/", "-"))


_FILTER = ("resource_types", "resource_groups", "os_types", "locations", "tags")
_FIELDS = {field: field for field in (*_FILTER, "tag_operator", "location", "assignment_name")} | {
    "resource_group_name": "resource_group"
}
_Assignment: TypeAlias = (
    "maintenance.ConfigurationAssignmentsForSubscription | maintenance.ConfigurationAssignmentsForResourceGroup"
)


def _at_subscription(
    name: str, assignment_name: pulumi.Input[str], _: DynamicScopeArgs, inputs: Inputs, opts: pulumi.ResourceOptions
) -> _Assignment:
    return maintenance.ConfigurationAssignmentsForSubscription(
        name,
        maintenance.ConfigurationAssignmentsForSubscriptionArgs(
            configuration_assignment_name=assignment_name,
            filter=inputs["filter"],
            location=inputs["location"],
            maintenance_configuration_id=inputs["maintenanceConfigurationId"],
        ),
        opts,
    )


def _at_resource_group(
    name: str, assignment_name: pulumi.Input[str], args: DynamicScopeArgs, inputs: Inputs, opts: pulumi.ResourceOptions
) -> _Assignment:
    return maintenance.ConfigurationAssignmentsForResourceGroup(
        name,
        maintenance.ConfigurationAssignmentsForResourceGroupArgs(
            resource_group_name=args.get("resource_group_name", ""),
            configuration_assignment_name=assignment_name,
            filter=inputs["filter"],
            location=inputs["location"],
            maintenance_configuration_id=inputs["maintenanceConfigurationId"],
        ),
        opts,
    )


def _filter(args: DynamicScopeArgs) -> dict[str, Any]:
    """The filter as the service answers it: what is not set is left out, never sent as an empty list."""
    tags = args.get("tags")
    operator = when_known(args.get("tag_operator", "Any"), lambda text: maintenance.TagOperators(text).value)
    sent = {
        "resourceTypes": args.get("resource_types"),
        "resourceGroups": args.get("resource_groups"),
        "osTypes": args.get("os_types"),
        "locations": args.get("locations"),
        "tagSettings": {"tags": tags, "filterOperator": operator} if tags else None,
    }
    return {name: value for name, value in sent.items() if value}


def _faults(args: DynamicScopeArgs) -> list[Fault]:
    faults = configuration_id_faults("maintenance_configuration_id", args["maintenance_configuration_id"])
    faults.extend(_adoption_faults(args.get("adopt_resource_id")))
    if not any(args.get(field) for field in _FILTER):
        faults.append(
            Fault("filter", NOTHING, "at least one filter", "os_types: [Linux]", "say which machines the scope is for")
        )
    if args.get("resource_group_name") is None:
        return faults
    faults.extend(
        Fault(
            field,
            NOTHING,
            "a value, because resource_group_name is set: the service needs it for a group's scope",
            example,
            f"set {field}",
        )
        for field, example in (("location", "westeurope"), ("locations", "[westeurope]"))
        if not args.get(field)
    )
    return faults


def _adoption_faults(adopted: str | None) -> list[Fault]:
    if adopted is None:
        return []
    scope, assignment_name = _taken_apart(adopted)
    expected = "the ARM id of a configuration assignment at a subscription or a resource group"
    example = f"/subscriptions/11111111-1111-4111-8111-111111111111{_ASSIGNMENTS}all-linux"
    try:
        parse_scope_id(scope)
    except ArmIdError as error:
        return [Fault("adopt_resource_id", found(adopted), expected, example, f"write such an id: {error}")]
    if assignment_name:
        return []
    return [Fault("adopt_resource_id", found(adopted), expected, example, "write the assignment's id, not the scope's")]

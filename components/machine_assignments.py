"""`MachineAssignments`: any number of machines attached to one maintenance configuration.

It does not make machines or configurations, and it does not make machines ready to be scheduled.
"""

from functools import partial
from typing import NotRequired, TypedDict

import pulumi
from pulumi_azure_native import maintenance

from patching import names
from patching.arm_ids import ArmIdError, MachineId, parse_machine_id
from patching.faults import Fault, found
from patching.own_words import assignment_as_there

from .adopting import Inputs, in_own_words
from .configuration_ids import configuration_id_faults, known_configuration_id
from .declaring import both_known, component_options, component_type, raise_faults, waiting_for, when_known
from .pacing import Paced, ids_when_registered

_MACHINE_EXAMPLE = (
    "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-web"
    "/providers/Microsoft.Compute/virtualMachines/web01"
)


class MachineAssignmentsArgs(TypedDict):
    """What `MachineAssignments` takes. All machines have to be in the subscription of the provider it is given."""

    maintenance_configuration_id: pulumi.Input[str]
    """The ARM id of the maintenance configuration; it may be in another subscription than the machines."""
    machines: dict[str, pulumi.Input[str]]
    """The ARM ids of Azure virtual machines and Arc machines. The keys name the resources, so they should stay as
    they are."""
    location: NotRequired[pulumi.Input[str]]
    """Where the machines are, if `locations` does not say it; `azure-native:location` without it."""
    locations: NotRequired[dict[str, pulumi.Input[str]]]
    """Where single machines are, by the keys of `machines`."""
    assignment_names: NotRequired[dict[str, pulumi.Input[str]]]
    """Names of single configuration assignments, by the keys of `machines`; without one it is made from the
    configuration's id."""
    adopt: NotRequired[bool]
    """Import the assignments that are there under these names instead of creating them, for machines whose id is
    plain text."""
    wait_for: NotRequired[dict[str, list[pulumi.Input[str]]]]
    """By the keys of `machines`: outputs that have to be known before that machine is attached, such as the end of a
    remediation."""


class MachineAssignments(pulumi.ComponentResource):
    """Any number of machines, Azure or Arc, attached to one maintenance configuration by static assignments.

    An Azure machine has to be ready for it (patch mode AutomaticByPlatform, and the platform's safety checks
    bypassed) when its assignment is made, or the service refuses the assignment. An Arc machine needs nothing.
    """

    name: pulumi.Output[str]
    """The name the component was given."""
    resource_ids: pulumi.Output[dict[str, str]]
    """The ARM ids of the configuration assignments, by the keys of `machines`."""

    def __init__(self, name: str, args: MachineAssignmentsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declares one configuration assignment for each machine.

        Raises:
            pulumi.RunError: a plain ARM id is another thing's, or a key is not one of `machines`.
        """
        super().__init__(component_type(MachineAssignments), name, None, component_options(opts))
        self._where = f'MachineAssignments "{name}"'
        if faults := _faults(args):
            raise_faults(self._where, faults)
        args = MachineAssignmentsArgs(**args)
        args["maintenance_configuration_id"] = known_configuration_id(
            self._where, "maintenance_configuration_id", args["maintenance_configuration_id"]
        )
        configuration_id = when_known(args["maintenance_configuration_id"], str.lower)
        self.name = pulumi.Output.from_input(name)
        self.resource_ids = ids_when_registered(
            self,
            {
                key: Paced(
                    partial(self._assignment, name, key, args, configuration_id),
                    [written_id, *args.get("wait_for", {}).get(key, ())],
                )
                for key, written_id in args["machines"].items()
            },
        )
        self.register_outputs({"name": self.name, "resourceIds": self.resource_ids})

    def _assignment(
        self, name: str, key: str, args: MachineAssignmentsArgs, configuration_id: pulumi.Input[str]
    ) -> "maintenance.ConfigurationAssignment":
        written_id = args["machines"][key]
        machine = when_known(written_id, lambda text: self._parsed(key, text))
        assignment_name = args.get("assignment_names", {}).get(key) or both_known(
            args["maintenance_configuration_id"],
            written_id,
            lambda configuration, machine_id: self._assignment_name(key, configuration, machine_id),
        )
        inputs: Inputs = {
            "location": args.get("locations", {}).get(key, args.get("location")),
            "maintenanceConfigurationId": configuration_id,
        }
        adopted = _imported(written_id, assignment_name) if args.get("adopt") else None
        if adopted is not None:
            inputs = self._as_there(inputs, str(written_id), str(assignment_name))
        return maintenance.ConfigurationAssignment(
            f"{name}-{key}",
            pulumi.ResourceOptions(
                parent=self,
                depends_on=waiting_for(args.get("wait_for", {}).get(key, [])),
                import_=adopted,
                # The service changes nothing but a filter in place, and no two assignments can have one name at once.
                # An adopted one may have no location, and is not to be replaced by one that has.
                replace_on_changes=["location", "maintenanceConfigurationId"][adopted is not None :],
                delete_before_replace=True,
                # Never set, but answered: an imported assignment would have it for an argument.
                ignore_changes=["resourceId"],
            ),
            resource_group_name=when_known(machine, lambda parsed: parsed.resource_group),
            provider_name=when_known(machine, lambda parsed: parsed.provider),
            resource_type=when_known(machine, lambda parsed: parsed.resource_type),
            resource_name_=when_known(machine, lambda parsed: parsed.name),
            configuration_assignment_name=assignment_name,
            location=inputs["location"],
            maintenance_configuration_id=inputs["maintenanceConfigurationId"],
        )

    def _as_there(self, inputs: Inputs, machine_id: str, assignment_name: str) -> Inputs:
        machine = parse_machine_id(machine_id)
        arguments = {
            "resourceGroupName": machine.resource_group,
            "providerName": machine.provider,
            "resourceType": machine.resource_type,
            "resourceName": machine.name,
            "configurationAssignmentName": assignment_name,
        }
        getter = "azure-native:maintenance:getConfigurationAssignment"
        return in_own_words(inputs, assignment_as_there, getter, arguments, self)

    def _assignment_name(self, key: str, configuration_id: str, machine_id: str) -> str:
        try:
            return names.assignment_name(configuration_id.rpartition("/")[2], configuration_id, machine_id)
        except names.NameBudgetError as error:
            raise_faults(self._where, [_no_room(key, machine_id, error)])

    def _parsed(self, key: str, text: str) -> MachineId:
        try:
            return parse_machine_id(text)
        except ArmIdError as error:
            raise_faults(self._where, [_wrong_id(key, text, error)])


def _imported(machine_id: pulumi.Input[str], assignment_name: pulumi.Input[str]) -> str | None:
    """The id of the assignment to import; none for a machine that is not there yet, whose id is an output."""
    if not isinstance(machine_id, str) or not isinstance(assignment_name, str):
        return None
    return f"{machine_id}/providers/Microsoft.Maintenance/configurationAssignments/{assignment_name}"


def _faults(args: MachineAssignmentsArgs) -> list[Fault]:
    faults = configuration_id_faults("maintenance_configuration_id", args["maintenance_configuration_id"])
    for key, written_id in args["machines"].items():
        if isinstance(written_id, str):
            try:
                parse_machine_id(written_id)
            except ArmIdError as error:
                faults.append(_wrong_id(key, written_id, error))
    for field in ("locations", "assignment_names", "wait_for"):
        faults.extend(_unknown_key(field, key, args) for key in args.get(field, {}) if key not in args["machines"])
    return faults


def _wrong_id(key: str, text: str, error: ArmIdError) -> Fault:
    return Fault(
        f"machines.{key}",
        found(text),
        "the ARM id of an Azure VM or an Arc machine",
        _MACHINE_EXAMPLE,
        f"write such an id: {error}",
    )


def _no_room(key: str, machine_id: str, error: names.NameBudgetError) -> Fault:
    return Fault(
        f"machines.{key}",
        found(machine_id),
        "an id that leaves room for an assignment's name",
        "",
        f"use a machine with a shorter id: {error}",
    )


def _unknown_key(field: str, key: str, args: MachineAssignmentsArgs) -> Fault:
    machines = ", ".join(sorted(args["machines"])) or "none"
    return Fault(
        f"{field}.{key}",
        found(key),
        f"a key of machines ({machines})",
        "",
        "use the machine's key, or remove the entry",
    )

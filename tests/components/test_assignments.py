"""`MachineAssignments` and `DynamicScope`."""

import pulumi
import pytest

from components import DynamicScope, MachineAssignments

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
CONFIGURATION = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-MC"
    "/providers/Microsoft.Maintenance/maintenanceConfigurations/Linux"
)
VM = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-web/providers/microsoft.compute/virtualmachines/web01"
ARC = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-web/providers/Microsoft.HybridCompute/machines/arc01"
MACHINE_ASSIGNMENT = "azure-native:maintenance:ConfigurationAssignment"
AT_SUBSCRIPTION = "azure-native:maintenance:ConfigurationAssignmentsForSubscription"
AT_GROUP = "azure-native:maintenance:ConfigurationAssignmentsForResourceGroup"


@pytest.fixture
def attach(record, provider_options):
    def run(machines, **more):
        args = {"maintenance_configuration_id": CONFIGURATION, "machines": machines, **more}

        def program():
            made = MachineAssignments("ring", args, provider_options())
            pulumi.export("ids", made.resource_ids)
            pulumi.export("name", made.name)

        return record(program)

    return run


@pytest.fixture
def scope(record, provider_options):
    def run(**more):
        args = {"maintenance_configuration_id": CONFIGURATION, **more}

        def program():
            made = DynamicScope("ring", args, provider_options())
            pulumi.export("id", made.resource_id)
            pulumi.export("name", made.name)

        return record(program)

    return run


def test_each_machine_is_one_child_named_by_its_key(attach):
    recording = attach({"web": VM, "arc": ARC}, location="westeurope", locations={"arc": "northeurope"})
    children = recording.of_type(MACHINE_ASSIGNMENT)
    component = recording.one("azure-patching:index:MachineAssignments")
    assert set(children) == {"ring-web", "ring-arc"}
    assert {child.parent for child in children.values()} == {component.urn}
    assert recording.names({child.provider for child in children.values()}) == {"main"}
    assert children["ring-web"].inputs["location"] == "westeurope"
    assert children["ring-arc"].inputs["location"] == "northeurope"
    assert set(recording.outputs["ids"]) == {"web", "arc"}


def test_a_machines_id_is_taken_apart_and_the_configurations_is_lower_cased(attach):
    sent = attach({"web": VM}, location="westeurope", assignment_names={"web": "mine"}).one(MACHINE_ASSIGNMENT)
    assert sent.inputs == {
        "resourceGroupName": "rg-web",
        "providerName": "Microsoft.Compute",
        "resourceType": "virtualMachines",
        "resourceName": "web01",
        "configurationAssignmentName": "mine",
        "location": "westeurope",
        "maintenanceConfigurationId": CONFIGURATION.lower(),
    }


def test_an_id_that_is_an_output_is_sent_alike(attach, later):
    plain = attach({"web": VM}).one(MACHINE_ASSIGNMENT)
    of_output = attach({"web": later(VM)}).one(MACHINE_ASSIGNMENT)
    assert of_output.inputs == plain.inputs


def test_the_default_name_tells_configurations_apart_and_nothing_else(attach):
    def name(machine, configuration=CONFIGURATION):
        made = attach({"web": machine}, maintenance_configuration_id=configuration).one(MACHINE_ASSIGNMENT)
        return made.inputs["configurationAssignmentName"]

    assert name(VM) == name(ARC) == name(VM, CONFIGURATION.upper().replace("/SUBSCRIPTIONS", "/subscriptions"))
    assert name(VM) != name(VM, CONFIGURATION.replace("rg-MC", "rg-other"))
    assert name(VM).startswith("linux-")


@pytest.mark.parametrize("declared", ["machine", "scope"])
def test_what_the_service_does_not_change_in_place_is_replaced_and_the_old_goes_first(attach, scope, declared):
    if declared == "machine":
        made = attach({"web": VM}).one(MACHINE_ASSIGNMENT)
    else:
        made = scope(os_types=["Linux"]).one(AT_SUBSCRIPTION)
    assert set(made.replace_on_changes) == {"location", "maintenanceConfigurationId"}
    assert made.delete_before_replace
    assert not made.protect


def test_an_assignment_waits_without_taking_what_it_waits_for(record, provider_options):
    def program():
        options = provider_options()
        first = DynamicScope("first", {"maintenance_configuration_id": CONFIGURATION, "os_types": ["Linux"]}, options)
        MachineAssignments(
            "second",
            {
                "maintenance_configuration_id": CONFIGURATION,
                "machines": {"web": VM, "arc": ARC},
                "wait_for": {"web": [first.resource_id]},
            },
            options,
        )

    for preview in (False, True):
        recording = record(program, preview=preview)
        children = recording.of_type(MACHINE_ASSIGNMENT)
        assert recording.names(children["second-web"].dependencies) == {"first-assignment"}
        assert not children["second-arc"].dependencies
        assert children["second-web"].inputs["resourceName"] == "web01"
        assert recording.order.index(children["second-web"].urn) > recording.order.index(
            recording.one(AT_SUBSCRIPTION).urn
        )


def test_adopting_imports_machines_that_are_there_and_makes_the_rest(attach, later):
    children = attach({"web": VM, "new": later(ARC)}, adopt=True, assignment_names={"web": "mine", "new": "mine"})
    made = children.of_type(MACHINE_ASSIGNMENT)
    assert made["ring-web"].import_id == f"{VM}/providers/Microsoft.Maintenance/configurationAssignments/mine"
    assert made["ring-web"].ignore_changes == ("resourceId",), "the service answers it, and importing would show it"
    assert not made["ring-new"].import_id


def test_all_wrong_ids_and_keys_are_told_at_once(attach):
    scale_set = VM.replace("virtualmachines", "virtualMachineScaleSets")
    with pytest.raises(pulumi.RunError) as raised:
        attach({"web": "web01", "set": scale_set}, locations={"wbe": "westeurope"}, wait_for={"x": []})
    message = str(raised.value)
    assert message.startswith('MachineAssignments "ring": 4 faults')
    for path in ("machines.web: ", "machines.set: ", "locations.wbe: ", "wait_for.x: "):
        assert path in message


def test_an_id_that_turns_out_wrong_ends_the_program(attach, later):
    with pytest.raises(pulumi.RunError, match=r"machines\.web: got"):
        attach({"web": later("nonsense")})


def test_a_scope_at_a_subscription_is_global_and_leaves_out_what_is_not_set(scope):
    recording = scope(os_types=["Linux"], tags={"patch-ring": ["test", "dev"]}, resource_groups=[])
    sent = recording.one(AT_SUBSCRIPTION)
    assert sent.name == "ring-assignment"
    assert sent.parent == recording.one("azure-patching:index:DynamicScope").urn
    assert sent.inputs["location"] == "global"
    assert sent.inputs["maintenanceConfigurationId"] == CONFIGURATION.lower()
    assert sent.inputs["filter"] == {
        "osTypes": ["Linux"],
        "tagSettings": {"tags": {"patch-ring": ["test", "dev"]}, "filterOperator": "Any"},
    }


def test_a_scope_at_a_group_carries_the_groups_location(scope):
    sent = scope(resource_group_name="rg-web", location="westeurope", locations=["westeurope"]).one(AT_GROUP)
    assert sent.inputs["resourceGroupName"] == "rg-web"
    assert sent.inputs["location"] == "westeurope"
    assert sent.inputs["filter"] == {"locations": ["westeurope"]}


def test_a_scope_at_a_group_needs_locations(scope):
    with pytest.raises(pulumi.RunError) as raised:
        scope(resource_group_name="rg-web", os_types=["Linux"])
    assert "location: got nothing" in str(raised.value)
    assert "locations: got nothing" in str(raised.value)


def test_a_scope_without_any_filter_is_refused(scope):
    with pytest.raises(pulumi.RunError, match="at least one filter"):
        scope()


def test_wrong_words_in_a_filter_are_told_at_once(scope):
    with pytest.raises(pulumi.RunError) as raised:
        scope(os_types=["linux"], tag_operator="any", resource_types=["Microsoft.Compute/vm"])
    assert str(raised.value).startswith('DynamicScope "ring": 3 faults')


def test_a_filter_that_is_an_output_is_checked_when_it_is_known(scope, later):
    assert scope(os_types=later(["Linux"])).one(AT_SUBSCRIPTION).inputs["filter"] == {"osTypes": ["Linux"]}
    with pytest.raises(pulumi.RunError, match="os_types"):
        scope(os_types=later(["Solaris"]))


def test_two_scopes_of_one_configuration_have_names_of_their_own(record, provider_options):
    def program():
        options = provider_options()
        for name in ("ring/one", "ring/two"):
            DynamicScope(name, {"maintenance_configuration_id": CONFIGURATION, "os_types": ["Linux"]}, options)

    sent = record(program).of_type(AT_SUBSCRIPTION).values()
    given = {entry.inputs["configurationAssignmentName"] for entry in sent}
    assert len(given) == 2
    assert not any("/" in name for name in given)

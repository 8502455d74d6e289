import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patching.arm_ids import MachineKind, ScopeKind
from patching.limits import Environment
from patching.machines import OperatingSystem
from patching.policy_definitions import PolicyKind
from patching.scopes import RESOURCE_TYPES, TagOperator
from patching.settings import Secret, entries, from_engine, read_settings
from patching.settings.entries import Entry
from patching.settings.validation import read_entry

ENTRIES = [
    one for one in vars(entries).values() if isinstance(one, type) and issubclass(one, Entry) and one is not Entry
]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda one: one.__name__)
def test_every_field_is_described_and_its_example_is_right(entry):
    example = {}
    for info in entry.model_fields.values():
        assert info.description
        assert info.examples
        example[info.alias] = info.examples[0]
    reading = read_entry(entry, {key: value for key, value in example.items() if "…" not in str(value)}, "x")
    assert [str(fault) for fault in reading.faults] == []


def test_a_schedule_s_defaults(stack):
    schedule = stack.schedule().settings().schedules["linux"]
    assert schedule.name == "linux"
    assert schedule.subscription_key == "main"
    assert schedule.resource_group == "rg-patching-test"
    assert schedule.location == "westeurope"
    assert schedule.protect is True
    assert schedule.adopt is False
    assert schedule.updates.reboot.as_answered == "IfRequired"
    assert schedule.updates.windows is None
    assert schedule.resource_id == (
        "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-patching-test"
        "/providers/Microsoft.Maintenance/maintenanceConfigurations/linux"
    )


def test_what_a_schedule_overrides(stack):
    stack.set(protect="false", tags={"owner": "platform"}, resourceGroup="rg-stack")
    stack.schedules(
        a={},
        b={
            "subscription": "spoke",
            "name": "mc-b",
            "resourceGroup": "rg-b",
            "location": "northeurope",
            "protect": True,
        },
    )
    schedules = stack.settings().schedules
    assert [(one.protect, one.resource_group) for one in schedules.values()] == [(False, "rg-stack"), (True, "rg-b")]
    assert schedules["b"].resource_id.endswith(
        "/resourceGroups/rg-b/providers/Microsoft.Maintenance/maintenanceConfigurations/mc-b"
    )
    assert schedules["b"].subscription_id.startswith("2222")
    assert schedules["a"].tags == {"owner": "platform"}


@pytest.mark.parametrize(
    ("written", "answered"), [("Never", "NeverReboot"), ("Always", "AlwaysReboot"), ("IfRequired", "IfRequired")]
)
def test_reboot_settings_are_as_the_service_answers_them(stack, written, answered):
    stack.schedule(updates={"reboot": written, "linux": {"classifications": ["Security"]}})
    assert stack.settings().schedules["linux"].updates.reboot.as_answered == answered


def test_kb_numbers_lose_their_prefix(stack):
    stack.schedule(updates={"windows": {"kbNumbersToInclude": ["KB5034441", "kb 5034442", "5034443"]}})
    updates = stack.settings().schedules["linux"].updates.windows
    assert updates.kb_numbers_to_include == ("5034441", "5034442", "5034443")


def test_machines_by_key_and_by_id(stack, vm_id, arc_id):
    spoke = "22222222-2222-4222-8222-222222222222"
    stack.machine(location="northeurope").schedule(
        machines=[
            "web",
            vm_id("old")
            .replace("virtualMachines", "VIRTUALMACHINES")
            .replace("Microsoft.Compute", "microsoft.compute"),
            {"id": arc_id("edge", subscription=spoke), "location": "uksouth", "assignmentName": "Mine"},
        ]
    )
    web, old, edge = stack.settings().schedules["linux"].machines
    assert (web.key, web.kind, web.location) == ("web", MachineKind.AZURE, "northeurope")
    assert web.resource_id == stack.settings().virtual_machines["web"].resource_id
    assert old.resource_id == vm_id("old")
    assert (old.provider, old.resource_type, old.name, old.location) == (
        "Microsoft.Compute",
        "virtualMachines",
        "old",
        "westeurope",
    )
    assert (edge.kind, edge.subscription_key, edge.location, edge.assignment_name) == (
        MachineKind.ARC,
        "spoke",
        "uksouth",
        "Mine",
    )
    assert web.assignment_name == old.assignment_name
    assert web.assignment_name.startswith("linux-")
    assert len({web.key, old.key, edge.key}) == 3


def test_a_subscription_s_id_is_the_same_in_any_case(stack, vm_id):
    letters = "abcdefab-cdef-4abc-8def-abcdefabcdef"
    stack.set(subscriptions={"main": {"id": letters}})
    machine, *_ = (
        stack.schedule(machines=[vm_id("a", subscription=letters.upper())]).settings().schedules["linux"].machines
    )
    assert machine.subscription_key == "main"


def test_a_subscription_s_id_in_another_case_changes_nothing(stack, vm_id):
    letters = "abcdefab-cdef-4abc-8def-abcdefabcdef"

    def settings_of(change):
        written = change(letters)
        stack.set(subscriptions={"main": {"id": written}}, freezes={})
        stack.machine().schedule(machines=["web", vm_id("a", subscription=written)], scopes={"s": {}})
        return stack.policy(kind="periodicAssessment", scope=f"/subscriptions/{written}/resourceGroups/rg").settings()

    assert settings_of(str.upper) == settings_of(str.lower)
    del stack.config["azure-patching:subscriptions"]
    for change in (str.upper, str.lower):
        stack.config["azure-native:subscriptionId"] = change(letters)
        assert stack.schedule().set(virtualMachines={}, azurePolicies={}).settings().subscriptions["main"].id == letters


def test_the_key_of_a_machine_does_not_depend_on_case_or_place(stack, vm_id):
    def keys(*ids):
        return {machine.key for machine in stack.schedule(machines=list(ids)).settings().schedules["linux"].machines}

    assert keys(vm_id("a"), vm_id("b")) == keys(vm_id("B"), vm_id("A"))


def test_a_dynamic_scope_is_one_target_for_each_subscription(stack):
    stack.schedule(scopes={"ring": {"tags": {"patch-ring": ["test", "dev"]}, "osTypes": ["Linux"]}})
    scope = stack.settings().schedules["linux"].scopes["ring"]
    assert [(one.subscription_key, one.resource_group, one.location) for one in scope.targets] == [
        ("main", None, "global"),
        ("spoke", None, "global"),
    ]
    assert scope.filter.resource_types == RESOURCE_TYPES
    assert scope.filter.tags == {"patch-ring": ("test", "dev")}
    assert (scope.filter.os_types, scope.filter.tag_operator) == ((OperatingSystem.LINUX,), TagOperator.ANY)


def test_a_dynamic_scope_on_a_group_lies_where_the_group_is(stack):
    stack.schedule(
        scopes={
            "here": {"resourceGroup": "rg-web", "locations": ["uksouth"], "subscriptions": ["spoke"]},
            "there": {
                "resourceGroup": "rg-web",
                "locations": ["uksouth"],
                "subscriptions": ["main"],
                "location": "ukwest",
            },
        }
    )
    scopes = stack.settings().schedules["linux"].scopes
    assert [(one.resource_group, one.location) for scope in scopes.values() for one in scope.targets] == [
        ("rg-web", "westeurope"),
        ("rg-web", "ukwest"),
    ]


def test_two_scopes_of_a_schedule_have_names_of_their_own(stack):
    stack.schedule(scopes={"a": {}, "b": {}})
    scopes = stack.settings().schedules["linux"].scopes
    assert len({target.assignment_name for scope in scopes.values() for target in scope.targets}) == 2


def test_a_machine_carries_the_stack_s_tags_and_its_own(stack):
    stack.set(tags={"owner": "platform", "env": "x"}).machine(tags={"env": "dev"})
    assert stack.settings().virtual_machines["web"].tags == {"owner": "platform", "env": "dev"}


def test_a_machine_s_own_tag_wins_whatever_its_case(stack):
    stack.set(tags={"Owner": "platform", "env": "x"}).machine(tags={"owner": "me"})
    assert stack.settings().virtual_machines["web"].tags == {"env": "x", "owner": "me"}


@pytest.mark.parametrize(
    ("scope", "kind", "key"),
    [
        ("spoke", ScopeKind.SUBSCRIPTION, "spoke"),
        ("/SUBSCRIPTIONS/22222222-2222-4222-8222-222222222222/", ScopeKind.SUBSCRIPTION, "spoke"),
        (
            "/subscriptions/22222222-2222-4222-8222-222222222222/resourcegroups/rg-web",
            ScopeKind.RESOURCE_GROUP,
            "spoke",
        ),
        ("/providers/microsoft.management/managementGroups/mg-root", ScopeKind.MANAGEMENT_GROUP, "main"),
    ],
)
def test_where_a_policy_is_assigned_and_by_whose_provider(stack, scope, kind, key):
    policy = stack.policy(kind="periodicAssessment", scope=scope).settings().azure_policies["policy"]
    assert (policy.scope.kind, policy.subscription_key) == (kind, key)
    assert policy.scope.id.split("/")[1] in ("subscriptions", "providers")


def test_a_policy_s_defaults(stack):
    policy = stack.policy(kind="periodicAssessment", scope="main").settings().azure_policies["policy"]
    assert policy.machines == (MachineKind.AZURE, MachineKind.ARC)
    assert policy.operating_systems == (OperatingSystem.LINUX, OperatingSystem.WINDOWS)
    assert (policy.assign_roles, policy.remediate, policy.roles_granted) == (True, True, False)
    assert (policy.remediation.wait_minutes, policy.remediation.attempt) == (10, 1)
    audit = stack.policy(kind="auditAssessment", scope="main").settings().azure_policies["policy"]
    assert (audit.assign_roles, audit.remediate) == (False, False)
    prerequisite = stack.policy(kind="schedulingPrerequisite", scope="main").settings().azure_policies["policy"]
    assert prerequisite.machines == (MachineKind.AZURE,)
    assert prerequisite.kind is PolicyKind.SCHEDULING_PREREQUISITE


@pytest.mark.parametrize(
    ("written", "environment"),
    [("public", Environment.PUBLIC), ("AzureUSGovernment", Environment.US_GOVERNMENT), ("china", Environment.CHINA)],
)
def test_the_cloud(stack, written, environment):
    stack.config["azure-native:environment"] = written
    assert stack.settings().environment is environment


def test_an_unknown_cloud_is_a_fault(stack):
    stack.config["azure-native:environment"] = "german"
    assert [fault.path for fault in stack.read().faults] == ["azure-native:environment"]


def test_the_ambient_subscription_is_main(stack):
    del stack.config["azure-patching:subscriptions"]
    stack.config["azure-native:subscriptionId"] = "33333333-3333-4333-8333-333333333333"
    settings = stack.schedule().settings()
    assert settings.ambient_subscription
    assert {key: one.id for key, one in settings.subscriptions.items()} == {
        "main": "33333333-3333-4333-8333-333333333333"
    }


def test_every_azure_native_setting_is_kept_and_secrets_stay_out(stack):
    stack.config |= {"azure-native:tenantId": "t", "azure-native:useOidc": True, "azure-native:clientSecret": Secret()}
    kept = stack.settings().azure_native
    assert kept == {"location": "westeurope", "tenantId": "t", "useOidc": "True", "clientSecret": Secret()}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=12,
)
keys = st.sampled_from(
    [
        *(
            f"azure-patching:{name}"
            for name in ("subscriptions", "resourceGroup", "tags", "protect", "adminPasswords", "nix")
        ),
        *(f"azure-native:{name}" for name in ("location", "subscriptionId", "environment", "nix")),
        "azure-patching",
        "",
        ":",
        "x:y",
    ]
)


@given(st.dictionaries(keys, json_values, max_size=5), json_values)
def test_no_configuration_of_any_shape_ends_in_a_traceback(config, value):
    for name in ("schedules", "virtualMachines", "azurePolicies", "freezes"):
        reading = read_settings({**config, f"azure-patching:{name}": value}, project="azure-patching", stack="s")
        assert (reading.settings is None) is bool(reading.faults)


def _fields(entry):
    return st.dictionaries(
        st.sampled_from([info.alias for info in entry.model_fields.values()]), json_values, max_size=4
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    schedule=_fields(entries.ScheduleEntry),
    scope=_fields(entries.ScopeEntry),
    machine=_fields(entries.VirtualMachineEntry),
    policy=_fields(entries.AzurePolicyEntry),
    freeze=_fields(entries.FreezeEntry),
)
def test_no_entry_with_anything_in_its_fields_ends_in_a_traceback(stack, *, schedule, scope, machine, policy, freeze):
    stack.schedule(**{"scopes": {"s": scope}, **schedule}).machine(**machine).set(freezes={"f": freeze})
    stack.policy(**policy)
    reading = stack.read()
    assert all(
        str(fault) and fault.path and fault.expected and fault.fix for fault in (*reading.faults, *reading.warnings)
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=30), st.text(max_size=30))
def test_no_text_in_a_schedule_s_window_ends_in_a_traceback(stack, one, other):
    stack.schedule(
        start=one, expires=other, timeZone=one, duration=other, recurEvery=one, machines=[other, "/" + one], name=one
    )
    assert stack.read().settings is None


@given(st.randoms(use_true_random=False))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_the_order_of_keys_means_nothing_because_the_engine_has_none(stack, random):
    def shuffled(value):
        if isinstance(value, dict):
            keys = list(value)
            random.shuffle(keys)
            return {key: shuffled(value[key]) for key in keys}
        return [shuffled(one) for one in value] if isinstance(value, list) else value

    stack.schedules(b={"scopes": {"y": {}, "x": {}}, "nix": 1}, a={"duration": "x", "recurEvery": "Month"})
    stack.policy(kind="periodicAssessment", scope="main", tags={"b": "1", "a": 2})
    expected = stack.read()
    reading = read_settings(shuffled(stack.config), project="azure-patching", stack="test")
    assert reading.faults == expected.faults
    stack.schedules(b={"scopes": {"y": {}, "x": {}}}, a={"start": "2027-01-13 22:00"}).set(azurePolicies={})
    reading = read_settings(shuffled(stack.config), project="azure-patching", stack="test")
    assert reading.settings == stack.settings()
    assert list(reading.settings.subscriptions) == ["main", "spoke"]


def test_a_default_that_may_surprise_is_a_warning(stack):
    stack.set(
        subscriptions={
            "prod": {"id": "3" * 8 + "-3333-4333-8333-333333333333"},
            "dev": {"id": "4" * 8 + "-4444-4444-8444-444444444444"},
        }
    )
    assert stack.warnings() == []
    (warning,) = stack.schedule().warnings()
    assert "the default is the first by its key, dev" in warning
    assert stack.settings().schedules["linux"].subscription_key == "dev"
    assert stack.schedule(subscription="prod").warnings() == []


def test_the_engine_s_flat_text_gives_the_same_as_the_file(stack):
    stack.set(protect="false", resourceGroup="rg-x", tags={"a": "b"}).schedule().machine()
    flat = {key: value if isinstance(value, str) else json.dumps(value) for key, value in stack.config.items()}
    assert from_engine(flat) == stack.config
    reading = read_settings(from_engine(flat), project="azure-patching", stack="test")
    assert reading.settings == stack.settings()


def test_a_date_is_the_same_from_the_engine_as_from_the_file():
    from patching.stack_file import parse_stack_file

    file = parse_stack_file(
        b"config:\n  a:b: {c: [2027-01-05], d: 2027-01-05 22:00:00}\n  a:e: 2027-01-05\n", "f"
    ).config
    flat = {
        "a:b": '{"c": ["2027-01-05 00:00:00 +0000 UTC"], "d": "2027-01-05 22:00:00 +0000 UTC"}',
        "a:e": "2027-01-05 00:00:00 +0000 UTC",
    }
    assert from_engine(flat) == file


def test_what_only_looks_like_a_date_stays_text():
    assert from_engine({"a:b": '["2027-13-05 00:00:00 +0000 UTC"]'}) == {"a:b": ["2027-13-05 00:00:00 +0000 UTC"]}


def test_what_is_nested_too_deeply_stays_text():
    for depth in (100, 800, 5000):
        text = "[" * depth + "]" * depth
        assert from_engine({"azure-patching:schedules": text}) == {"azure-patching:schedules": text}


def test_secrets_of_the_engine_stay_out_and_their_keys_are_known():
    flat = {"a:adminPasswords": '{"win": "hunter2"}', "azure-native:clientSecret": "hunter2", "a:b": "[1"}
    read = from_engine(flat, {"a:adminPasswords", "azure-native:clientSecret"})
    assert read == {"a:adminPasswords": {"win": Secret()}, "azure-native:clientSecret": Secret(), "a:b": "[1"}
    assert "hunter2" not in repr(read)


def test_the_network_that_is_made_has_room_for_as_many_machines_as_azure_gives_addresses(stack):
    def machines(count, subnet=None, location="westeurope"):
        entry = stack.machine(subnetId=subnet, location=location).config["azure-patching:virtualMachines"]["web"]
        kept = {key: value for key, value in entry.items() if value is not None}
        return {f"{location}{subnet is None}{number:03d}": kept for number in range(count)}

    group = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-net"
    subnet = f"{group}/providers/Microsoft.Network/virtualNetworks/hub/subnets/web"
    roomy = machines(251) | machines(2, subnet) | machines(2, location="northeurope")
    assert stack.set(virtualMachines=roomy).faults() == []
    (fault,) = stack.set(virtualMachines=machines(253)).faults()
    assert fault.startswith("virtualMachines.westeuropeTrue251.subnetId: got nothing; expected a subnet: ")

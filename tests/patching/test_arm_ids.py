# ruff: noqa: PT017 (either outcome is right, and each is judged)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patching.arm_ids import (
    ArmIdError,
    MachineKind,
    ScopeKind,
    parse_machine_id,
    parse_resource_id,
    parse_scope_id,
    virtual_machine_id,
)

MAIN = "11111111-1111-4111-8111-111111111111"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"/subscriptions/{MAIN}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm", MachineKind.AZURE),
        (f"/SUBSCRIPTIONS/{MAIN}/resourcegroups/rg/PROVIDERS/microsoft.compute/virtualmachines/vm/", MachineKind.AZURE),
        (f"/subscriptions/{MAIN}/resourceGroups/rg/providers/MICROSOFT.HYBRIDCOMPUTE/Machines/vm", MachineKind.ARC),
    ],
)
def test_a_machine_in_any_case(text, kind):
    machine = parse_machine_id(text)
    assert (machine.kind, machine.resource_group, machine.name) == (kind, "rg", "vm")
    assert str(machine).lower() == text.lower().rstrip("/")
    assert machine.provider in ("Microsoft.Compute", "Microsoft.HybridCompute")


def test_an_id_put_together_is_the_one_taken_apart():
    text = virtual_machine_id(MAIN, "rg-a", "vm-b")
    assert str(parse_resource_id(text)) == str(parse_machine_id(text)) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("vm", "starts with a slash"),
        ("/providers/x", "does not start with /subscriptions/"),
        ("/subscriptions/x/resourceGroups/rg", '"x" is no subscription id'),
        (f"/subscriptions/{MAIN}//providers/Microsoft.Compute/virtualMachines/vm", "one of its parts is empty"),
        (f"/subscriptions/{MAIN}/resourceGroups/rg", "does not have the form"),
        (
            f"/subscriptions/{MAIN}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm/extensions/x",
            "names a part of",
        ),
        (
            f"/subscriptions/{MAIN}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachineScaleSets/s/virtualMachines/0",
            "scale sets",
        ),
        (f"/subscriptions/{MAIN}/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/k", "AKS"),
        (
            f"/subscriptions/{MAIN}/resourceGroups/rg/providers/Microsoft.Compute/disks/d",
            "neither an Azure VM nor an Arc machine",
        ),
    ],
)
def test_what_is_no_machine_says_why(text, reason):
    with pytest.raises(ArmIdError, match=reason.replace("(", r"\(")):
        parse_machine_id(text)


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        (f"/subscriptions/{MAIN}", ScopeKind.SUBSCRIPTION, None),
        (f"/subscriptions/{MAIN}/RESOURCEGROUPS/rg/", ScopeKind.RESOURCE_GROUP, "rg"),
        ("/providers/Microsoft.Management/MANAGEMENTGROUPS/mg", ScopeKind.MANAGEMENT_GROUP, "mg"),
    ],
)
def test_scopes(text, kind, name):
    scope = parse_scope_id(text)
    assert (scope.kind, scope.name) == (kind, name)


@pytest.mark.parametrize(
    "text", ["/providers/Microsoft.Management/managementGroups/", f"/subscriptions/{MAIN}/providers/x", "main"]
)
def test_other_scopes_are_refused(text):
    with pytest.raises(ArmIdError):
        parse_scope_id(text)


@given(
    st.text(max_size=80),
    st.sampled_from([parse_machine_id, parse_scope_id, parse_resource_id]),
    st.sampled_from(["", "/", f"/subscriptions/{MAIN}/"]),
)
def test_no_text_ends_in_anything_but_an_id_or_its_error(text, parse, before):
    try:
        parsed = parse(before + text)
    except ArmIdError as error:
        assert str(error)
    else:
        assert parsed.subscription_id in (MAIN, None) or parsed.subscription_id

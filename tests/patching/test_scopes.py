import pytest
from hypothesis import given
from hypothesis import strategies as st

from patching.arm_ids import MachineId, MachineKind
from patching.machines import OperatingSystem
from patching.scopes import RESOURCE_TYPES, Machine, ScopeFilter, TagOperator, are_disjoint, matches

TYPES = {
    MachineKind.AZURE: ("Microsoft.Compute", "virtualMachines"),
    MachineKind.ARC: ("Microsoft.HybridCompute", "machines"),
}
values = st.sampled_from(["a", "b", "A"])


def machine(kind=MachineKind.AZURE, group="rg-web", os=OperatingSystem.LINUX, location="westeurope", **tags):
    return Machine(MachineId("s", group, *TYPES[kind], "vm", kind), os, location, tags)


machines = st.builds(
    lambda kind, group, os, location, tags: machine(kind, group, os, location, **tags),
    st.sampled_from(MachineKind),
    st.sampled_from(["rg-a", "RG-A", "rg-b"]),
    st.sampled_from([*OperatingSystem, None]),
    st.sampled_from(["westeurope", "West Europe", "uksouth"]),
    st.dictionaries(st.sampled_from(["ring", "env"]), values, max_size=2),
)
filters = st.builds(
    ScopeFilter,
    resource_types=st.sampled_from([RESOURCE_TYPES, RESOURCE_TYPES[:1], RESOURCE_TYPES[1:], ()]),
    resource_groups=st.sampled_from([(), ("rg-a",), ("rg-b",)]),
    os_types=st.sampled_from([(), (OperatingSystem.LINUX,), (OperatingSystem.WINDOWS,)]),
    locations=st.sampled_from([(), ("westeurope",), ("UK South",)]),
    tags=st.dictionaries(
        st.sampled_from(["ring", "RING2", "env"]),
        st.lists(values, min_size=1, max_size=2, unique=True).map(tuple),
        max_size=2,
    ),
    tag_operator=st.sampled_from(TagOperator),
)


@given(filters, filters, machines)
def test_disjoint_filters_share_no_machine(one, other, candidate):
    if are_disjoint(one, other):
        assert not (matches(one, candidate) and matches(other, candidate))


@given(filters, filters)
def test_being_disjoint_has_no_order_and_no_filter_excludes_itself(one, other):
    assert are_disjoint(one, other) is are_disjoint(other, one)
    assert not are_disjoint(one, one)


@pytest.mark.parametrize(
    ("scope", "candidate", "expected"),
    [
        (ScopeFilter(), machine(), True),
        (ScopeFilter(), machine(MachineKind.ARC), True),
        (ScopeFilter(resource_types=("microsoft.hybridcompute/MACHINES",)), machine(MachineKind.ARC), True),
        (ScopeFilter(resource_types=("Microsoft.HybridCompute/machines",)), machine(), False),
        (ScopeFilter(resource_groups=("RG-WEB",)), machine(), True),
        (ScopeFilter(os_types=(OperatingSystem.WINDOWS,)), machine(), False),
        (ScopeFilter(os_types=(OperatingSystem.WINDOWS,)), machine(os=None), False),
        (ScopeFilter(locations=("West Europe",)), machine(), True),
        (ScopeFilter(tags={"Ring": ("test", "dev")}), machine(RING="dev"), True),
        (ScopeFilter(tags={"ring": ("test",)}), machine(ring="Test"), False),
        (ScopeFilter(tags={"ring": ("test",), "env": ("x",)}), machine(ring="test"), True),
        (
            ScopeFilter(tags={"ring": ("test",), "env": ("x",)}, tag_operator=TagOperator.ALL),
            machine(ring="test"),
            False,
        ),
        (
            ScopeFilter(tags={"ring": ("test",), "env": ("x",)}, tag_operator=TagOperator.ALL),
            machine(ring="test", env="x"),
            True,
        ),
        (ScopeFilter(tags={"ring": ("test",)}), machine(), False),
    ],
)
def test_matching(scope, candidate, expected):
    assert matches(scope, candidate) is expected

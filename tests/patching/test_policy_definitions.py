import pytest

from patching.arm_ids import MachineKind
from patching.machines import OperatingSystem
from patching.policy_definitions import (
    CONNECTED_MACHINE_ADMINISTRATOR,
    CONTRIBUTOR,
    PolicyKind,
    definitions_of,
    plan_assignments,
)

BOTH = {"operating_systems": tuple(OperatingSystem), "machines": tuple(MachineKind)}


def test_periodic_assessment_is_one_assignment_for_each_system_and_sort_of_machine():
    plans = plan_assignments(PolicyKind.PERIODIC_ASSESSMENT, **BOTH, tags={"env": "prod"}, locations=["westeurope"])
    assert [plan.suffix for plan in plans] == ["linux", "windows", "linux-arc", "windows-arc"]
    assert [plan.definition.name[:8] for plan in plans] == ["59efceea", "59efceea", "bfea026e", "bfea026e"]
    assert [plan.definition.roles for plan in plans] == [(CONTRIBUTOR,)] * 2 + [(CONNECTED_MACHINE_ADMINISTRATOR,)] * 2
    assert plans[0].parameters == {
        "assessmentMode": "AutomaticByPlatform",
        "osType": "Linux",
        "locations": ["westeurope"],
        "tagOperator": "Any",
        "tagValues": {"env": "prod"},
    }


@pytest.mark.parametrize("kind", [PolicyKind.SCHEDULING_PREREQUISITE, PolicyKind.RECURRING_UPDATES])
def test_the_others_take_both_systems_and_tags_as_pairs(kind):
    configuration = "/mc" if kind is PolicyKind.RECURRING_UPDATES else None
    (plan,) = plan_assignments(kind, **BOTH, tags={"env": "prod"}, configuration_id=configuration)
    assert plan.suffix == ""
    assert plan.parameters["operatingSystemTypes"] == ["Linux", "Windows"]
    assert plan.parameters["tagValues"] == [{"key": "env", "value": "prod"}]
    assert plan.parameters.get("maintenanceConfigurationResourceId") == configuration
    assert plan.definition.roles == (CONTRIBUTOR,)


@pytest.mark.parametrize("kind", [PolicyKind.AUDIT_ASSESSMENT, PolicyKind.AUDIT_MISSING_UPDATES])
def test_audits_need_nothing(kind):
    (plan,) = plan_assignments(kind, **BOTH)
    assert (plan.parameters, plan.definition.roles) == ({}, ())
    assert kind.is_audit


def test_only_what_is_asked_for():
    plans = plan_assignments(
        PolicyKind.PERIODIC_ASSESSMENT, operating_systems=[OperatingSystem.WINDOWS], machines=[MachineKind.ARC]
    )
    assert [plan.suffix for plan in plans] == ["windows-arc"]


def test_definitions_have_ids_of_their_own():
    ids = [definition.id for kind in PolicyKind for definition in definitions_of(kind)]
    assert len(set(ids)) == len(ids) == 6
    assert all(one.startswith("/providers/Microsoft.Authorization/policyDefinitions/") for one in ids)
    for kind in PolicyKind:
        for definition in definitions_of(kind):
            assert bool(definition.roles) is not kind.is_audit

"""Whom a run reaches is decided when it begins: machines come, go, and change their tags in between."""

from tests.arm.conftest import READY, SUBSCRIPTION, made

SCOPE = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Maintenance/configurationAssignments/ring"


def reached(world, until):
    """The machines of each run until then, by name."""
    return [{one["id"].rsplit("/", 1)[-1] for one in run["machines"]} for run in world.pass_time(until)]


def test_each_night_has_the_machines_of_that_night(world, machine):
    configuration = world.schedule("daily")
    tags = {"tags": {"ring": ["one", "two"]}, "filterOperator": "All"}
    properties = {"maintenanceConfigurationId": configuration, "filter": {"tagSettings": tags}}
    made(world.arm.put(SCOPE, {"location": "global", "properties": properties}))
    assert reached(world, "2027-01-06T12:00Z") == [set()]

    first, other = machine("first", tags={"Ring": "one"}, **READY), machine("other", tags={"ring": "One"}, **READY)
    assert reached(world, "2027-01-07T12:00Z") == [{"first"}]

    machine("second", tags={"ring": "two"}, **READY)
    made(world.arm.patch(other, {"tags": {"ring": "two"}}))
    made(world.arm.patch(first, {"tags": {}}))
    assert reached(world, "2027-01-08T12:00Z") == [{"second", "other"}]

    made(world.arm.delete(other))
    world.assign(configuration, first)
    assert reached(world, "2027-01-09T12:00Z") == [{"second", "first"}]

    tags["filterOperator"], tags["tags"]["stage"] = "Any", ["none has this"]
    made(world.arm.put(SCOPE, {"location": "global", "properties": properties}))
    assert reached(world, "2027-01-10T12:00Z") == [{"second", "first"}]
    tags["filterOperator"] = "All"
    made(world.arm.put(SCOPE, {"location": "global", "properties": properties}))
    assert reached(world, "2027-01-12T12:00Z") == [{"first"}] * 2


def test_a_machine_made_anew_under_its_name_has_no_static_assignment(world, machine):
    configuration = world.schedule("daily")
    world.assign(configuration, machine("vm", **READY))
    assert reached(world, "2027-01-06T12:00Z") == [{"vm"}]
    made(world.arm.delete(f"{world.group}/providers/Microsoft.Compute/virtualMachines/vm"))
    machine("vm", **READY)
    assert reached(world, "2027-01-07T12:00Z") == [set()]

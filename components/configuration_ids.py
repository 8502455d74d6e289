"""Ids of maintenance configurations, as components are given them: read at once if plain, else when they are known."""

import pulumi

from patching.arm_ids import ArmIdError, parse_resource_id
from patching.faults import Fault, found

from .declaring import raise_faults, when_known

_TYPE = ("microsoft.maintenance", "maintenanceconfigurations")
_EXAMPLE = (
    "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg"
    "/providers/Microsoft.Maintenance/maintenanceConfigurations/weekly"
)


def configuration_id_faults(argument: str, configuration_id: object) -> list[Fault]:
    """What is wrong with an id; nothing with one that is not known yet."""
    if not isinstance(configuration_id, str):
        return []
    try:
        parsed = parse_resource_id(configuration_id)
    except ArmIdError as error:
        return [_fault(argument, configuration_id, f"write such an id: {error}")]
    if (parsed.provider.lower(), parsed.resource_type.lower()) == _TYPE:
        return []
    other = f"{parsed.provider}/{parsed.resource_type}"
    return [_fault(argument, configuration_id, f"write such an id: this is one of {other}")]


def known_configuration_id(where: str, argument: str, configuration_id: pulumi.Input[str]) -> pulumi.Input[str]:
    """The id, judged when it is known.

    Raises:
        pulumi.RunError: it is plain, and no maintenance configuration's.
    """

    def judged(text: str) -> str:
        if faults := configuration_id_faults(argument, text):
            raise_faults(where, faults)
        return text

    return when_known(configuration_id, judged)


def _fault(argument: str, text: str, fix: str) -> Fault:
    return Fault(argument, found(text), "the ARM id of a maintenance configuration", _EXAMPLE, fix)

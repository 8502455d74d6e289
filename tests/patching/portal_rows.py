"""A schedule that the portal made and what is attached to it, as rows of Resource Graph."""

import copy

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
SPOKE = "22222222-2222-4222-8222-222222222222"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-portal"
CONFIGURATION = {
    "id": f"{GROUP}/providers/Microsoft.Maintenance/maintenanceConfigurations/weekly",
    "name": "weekly",
    "type": "microsoft.maintenance/maintenanceconfigurations",
    "location": "westeurope",
    "tags": None,
    "properties": {
        "maintenanceScope": "InGuestPatch",
        "visibility": "Custom",
        "extensionProperties": {"InGuestPatchMode": "User"},
        "maintenanceWindow": {
            "startDateTime": "2027-01-03 22:00",
            "expirationDateTime": "9999-12-31 23:59:59",
            "duration": "03:00",
            "timeZone": "UTC",
            "recurEvery": "Week Sunday",
        },
        "installPatches": {
            "rebootSetting": "IfRequired",
            "linuxParameters": {"classificationsToInclude": ["Security"]},
        },
    },
}


def assigned(scope, name="of-portal", found=None, configuration=CONFIGURATION["id"], **more):
    return {
        "id": f"{scope}/providers/Microsoft.Maintenance/configurationAssignments/{name}",
        "name": name,
        "properties": {"maintenanceConfigurationId": configuration, "filter": found},
        **more,
    }


def changed(path="", value=None, **more):
    made = copy.deepcopy(CONFIGURATION) | more
    *parents, last = f"properties.{path}".split(".")
    inner = made
    for key in parents:
        inner = inner[key]
    if path:
        inner[last] = value
    return made

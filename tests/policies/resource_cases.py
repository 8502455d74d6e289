"""Cases of each rule on one resource: what passes, what fails, what is missing, and what a preview does not know."""

from pulumi_policy.proxy import (
    UNKNOWN_ARRAY_VALUE,
    UNKNOWN_BOOLEAN_VALUE,
    UNKNOWN_OBJECT_VALUE,
    UNKNOWN_STRING_VALUE,
)

WINDOW = {
    "maintenanceScope": "InGuestPatch",
    "duration": "03:00",
    "recurEvery": "Month Second Tuesday Offset4",
    "startDateTime": "2027-01-16 22:00",
    "timeZone": "W. Europe Standard Time",
    "extensionProperties": {"InGuestPatchMode": "User"},
    "installPatches": {"linuxParameters": {"classificationsToInclude": ["Critical"]}},
}
OFFICE = {"windows": [{"days": ["Saturday"], "from": "21:00", "to": "02:00"}]}


def without(props, *names):
    return {key: value for key, value in props.items() if key not in names}


def machine(os="linux", configuration=None, **patching):
    publisher = {"linux": "Canonical", "windows": "MicrosoftWindowsServer"}[os]
    image = {"publisher": publisher, "offer": "any", "sku": "any"}
    profile = {"adminUsername": "somebody", f"{os}Configuration": {"patchSettings": patching, **(configuration or {})}}
    return {"osProfile": profile, "storageProfile": {"imageReference": image}}


PLATFORM = {"patchMode": "AutomaticByPlatform", "assessmentMode": "AutomaticByPlatform"}
BYPASS = {"automaticByPlatformSettings": {"bypassPlatformSafetyChecksOnUserSchedule": True}}
READY = machine(**PLATFORM, **BYPASS)

ASSESSMENT = "/providers/Microsoft.Authorization/policyDefinitions/59EFCEEA-0c96-497e-a4a1-4eb2290dac15"
PREREQUISITE = "/providers/Microsoft.Authorization/policyDefinitions/9905ca54-1471-49c6-8291-7582c04cd4d4"
RECURRING = "/providers/Microsoft.Authorization/policyDefinitions/ba0df93e-e4ac-479a-aac2-134bbae39a1a"
AUDIT = "/providers/Microsoft.Authorization/policyDefinitions/bd876905-5b84-4f73-ab2d-2e7a7c4568d9"
POLICY = {
    "policyDefinitionId": ASSESSMENT,
    "identity": {"type": "SystemAssigned"},
    "location": "westeurope",
    "nonComplianceMessages": [{"message": "Ask us."}],
    "parameters": {"tagValues": {"value": {"env": "prod"}}, "osType": {"value": "Linux"}},
}
PAIRS = {"tagValues": {"value": [{"key": "env", "value": "prod"}]}}
SCOPE = {"filter": {"osTypes": ["Linux"], "tagSettings": {"tags": {"ring": ["a"]}, "filterOperator": "All"}}}

GOOD = {
    "maintenance-window-accepted": [
        WINDOW,
        WINDOW | {"expirationDateTime": "9999-12-31 23:59:59"},
        WINDOW | {"expirationDateTime": "2028-01-01 00:00", "maintenanceScope": "inguestpatch"},
        WINDOW | {"duration": "04:00"},
        {"maintenanceScope": "Host", "duration": "05:00", "recurEvery": "Month", "timeZone": "Pacific Standard Time"},
        {"maintenanceScope": "SQLDB"},
    ],
    "guest-patch-mode-set": [
        WINDOW,
        {"maintenanceScope": "OSImage"},
        WINDOW | {"extensionProperties": None, "maintenanceScope": "Host"},
        WINDOW | {"extensionProperties": {"InGuestPatchMode": "user"}},
    ],
    "schedule-installs-something": [
        WINDOW,
        WINDOW | {"installPatches": {"windowsParameters": {"kbNumbersToInclude": ["5034441"]}}},
        WINDOW | {"installPatches": {"linuxParameters": {"packageNameMasksToInclude": ["openssl*"]}}},
        {"maintenanceScope": "Extension"},
    ],
    "schedule-runs-as-written": [WINDOW, WINDOW | {"startDateTime": "soon"}, {"maintenanceScope": "Host"}],
    "recurrence-canonical": [
        WINDOW,
        WINDOW | {"recurEvery": "nonsense"},
        WINDOW | {"maintenanceScope": "Host", "recurEvery": "1Day"},
    ],
    "configuration-protected": [WINDOW, WINDOW | {"tags": {"environment": "dev"}}],
    "required-tags": [WINDOW | {"tags": {"OWNER": "me"}}, {"maintenanceScope": "Host"}],
    "window-allowed": [WINDOW, WINDOW | {"startDateTime": "2027-01-16 21:00"}],
    "start-fixed": [
        WINDOW,
        WINDOW | {"startDateTime": "2027-01-16 22:15"},
        WINDOW | {"startDateTime": "2027-01-16 22:00:00"},
    ],
    "patch-settings-accepted": [
        READY,
        machine("windows", patchMode="Manual", configuration={"enableAutomaticUpdates": False}),
    ],
    "machine-schedulable": [READY, machine("windows", **PLATFORM, enableHotpatching=True)],
    "machine-assessed": [READY],
    "dynamic-scope-accepted": [SCOPE, {"filter": {"resourceTypes": ["microsoft.compute/virtualmachines"]}}],
    "policy-identity-accepted": [
        POLICY,
        {"policyDefinitionId": AUDIT},
        {"policyDefinitionId": "/providers/Microsoft.Authorization/policyDefinitions/custom"},
        without(POLICY, "location") | {"identity": {"type": "None"}},
    ],
    "policy-parameters-accepted": [
        POLICY,
        POLICY | {"policyDefinitionId": PREREQUISITE, "parameters": PAIRS | {"effect": {"value": "Disabled"}}},
        POLICY | {"policyDefinitionId": "/x/custom", "parameters": {"tagValues": 3}},
    ],
    "policy-message-set": [POLICY, {"policyDefinitionId": "/x/custom"}],
}

MISSING = {
    "maintenance-window-accepted": (without(WINDOW, "recurEvery"), "recurEvery is not set"),
    "guest-patch-mode-set": (without(WINDOW, "extensionProperties"), "InGuestPatchMode"),
    "schedule-installs-something": (without(WINDOW, "installPatches"), "installPatches says nothing to install"),
    "schedule-runs-as-written": (without(WINDOW, "recurEvery"), None),
    "recurrence-canonical": (without(WINDOW, "recurEvery"), None),
    "configuration-protected": (without(WINDOW, "tags"), None),
    "required-tags": (without(WINDOW, "tags"), "lacks the tag owner"),
    "window-allowed": (without(WINDOW, "startDateTime"), None),
    "start-fixed": (without(WINDOW, "startDateTime"), None),
    "patch-settings-accepted": (machine(), None),
    "machine-schedulable": (machine(), "patch mode is ImageDefault"),
    "machine-assessed": (machine("windows"), "assessmentMode"),
    "dynamic-scope-accepted": ({}, None),
    "policy-identity-accepted": (without(POLICY, "location"), "no location"),
    "policy-parameters-accepted": (
        POLICY | {"policyDefinitionId": RECURRING, "parameters": {}},
        "maintenanceConfigurationResourceId is missing",
    ),
    "policy-message-set": (without(POLICY, "nonComplianceMessages"), "nonComplianceMessages"),
}

BAD = [
    ("maintenance-window-accepted", WINDOW | {"duration": "01:00"}, "01:30"),
    ("maintenance-window-accepted", WINDOW | {"recurEvery": "Month"}, "recurEvery"),
    ("maintenance-window-accepted", WINDOW | {"recurEvery": "Month PatchTuesday"}, 'write "Month Second Tuesday"'),
    ("maintenance-window-accepted", WINDOW | {"timeZone": "Europe/Berlin"}, "W. Europe Standard Time"),
    ("maintenance-window-accepted", WINDOW | {"startDateTime": "tomorrow"}, "YYYY-MM-DD HH:mm"),
    ("maintenance-window-accepted", WINDOW | {"startDateTime": "2027-03-28 02:30"}, "daylight saving"),
    ("maintenance-window-accepted", WINDOW | {"startDateTime": None}, "startDateTime is not set"),
    ("maintenance-window-accepted", WINDOW | {"expirationDateTime": "2027-01-01 00:00"}, "after the start"),
    ("maintenance-window-accepted", WINDOW | {"expirationDateTime": "never"}, "expirationDateTime is 'never'"),
    ("guest-patch-mode-set", WINDOW | {"extensionProperties": {}}, "InGuestPatchMode"),
    ("guest-patch-mode-set", WINDOW | {"extensionProperties": {"InGuestPatchMode": "Auto"}}, "'Auto'"),
    (
        "schedule-installs-something",
        WINDOW | {"installPatches": {"rebootSetting": "IfRequired"}},
        "installPatches says",
    ),
    ("schedule-installs-something", WINDOW | {"installPatches": {"windowsParameters": {}}}, "windowsParameters says"),
    (
        "schedule-installs-something",
        WINDOW | {"installPatches": {"windowsParameters": {"classificationsToInclude": ["UpdateRollUp"]}}},
        "write UpdateRollup",
    ),
    ("schedule-runs-as-written", WINDOW | {"startDateTime": "2027-01-15 22:00"}, "2027-01-16 22:00"),
    ("schedule-runs-as-written", WINDOW | {"startDateTime": "2027-01-16 23:50"}, "23:45"),
    ("schedule-runs-as-written", WINDOW | {"duration": "04:00"}, "03:55"),
    ("recurrence-canonical", WINDOW | {"recurEvery": "month second  TUESDAY offset 4"}, WINDOW["recurEvery"]),
    ("configuration-protected", WINDOW | {"tags": {"ENV": "Production"}}, "protect"),
    ("required-tags", WINDOW | {"tags": {"other": "x"}}, "owner"),
    ("window-allowed", WINDOW | {"startDateTime": "2027-01-16 23:30"}, "agreed is Saturday 21:00 to 02:00"),
    (
        "window-allowed",
        WINDOW | {"recurEvery": "Month Second Tuesday Offset5", "startDateTime": "2027-01-17 22:00"},
        "Sunday",
    ),
    ("start-fixed", WINDOW | {"startDateTime": "2027-01-16 22:13"}, "clock"),
    ("start-fixed", WINDOW | {"startDateTime": "2027-01-16 22:00:37"}, "clock"),
    ("patch-settings-accepted", machine(patchMode="Manual"), "ImageDefault, AutomaticByPlatform"),
    ("patch-settings-accepted", machine(**BYPASS), "bypass"),
    ("patch-settings-accepted", machine("windows", **PLATFORM, **BYPASS, enableHotpatching=True), "hotpatching"),
    (
        "patch-settings-accepted",
        machine(patchMode="AutomaticByPlatform", configuration={"provisionVMAgent": False}),
        "agent",
    ),
    (
        "patch-settings-accepted",
        machine(**PLATFORM, configuration={"provisionVMAgent": False}),
        "patch mode AutomaticByPlatform needs the VM agent; assessment mode",
    ),
    ("machine-schedulable", machine(**PLATFORM), "bypassPlatformSafetyChecksOnUserSchedule"),
    ("machine-schedulable", machine(**PLATFORM), "The platform patches this machine when it sees fit"),
    (
        "machine-schedulable",
        {**READY, "osProfile": {**READY["osProfile"], "allowExtensionOperations": False}},
        "extension",
    ),
    ("machine-assessed", machine(assessmentMode="ImageDefault"), "assessmentMode"),
    ("dynamic-scope-accepted", {"filter": {"resourceTypes": ["Virtual Machines"]}}, "filter.resourceTypes"),
    ("dynamic-scope-accepted", {"filter": {"osTypes": ["Ubuntu"]}}, "Linux or Windows"),
    ("dynamic-scope-accepted", {"filter": {"tagSettings": {"filterOperator": "Some"}}}, "Any or All"),
    ("dynamic-scope-accepted", {"filter": {"resourceGroups": [f"rg-{n}" for n in range(51)]}}, "50"),
    ("policy-identity-accepted", without(POLICY, "identity", "location"), "needs an identity"),
    ("policy-identity-accepted", POLICY | {"location": "Global"}, "region"),
    ("policy-parameters-accepted", POLICY | {"parameters": PAIRS}, "wrong shape"),
    (
        "policy-parameters-accepted",
        POLICY | {"policyDefinitionId": f"{ASSESSMENT}/", "parameters": PAIRS},
        "wrong shape",
    ),
    ("policy-parameters-accepted", POLICY | {"parameters": {"osType": "Linux"}}, "not wrapped"),
    ("policy-parameters-accepted", POLICY | {"parameters": {"osType": {"value": "Ubuntu"}}}, "Linux or Windows"),
    ("policy-parameters-accepted", POLICY | {"parameters": {"operatingSystemTypes": {"value": ["Linux"]}}}, "osType"),
    (
        "policy-parameters-accepted",
        POLICY | {"policyDefinitionId": PREREQUISITE, "parameters": {"tagValues": {"value": {"env": "prod"}}}},
        '[{"key": "env", "value": "prod"}]',
    ),
    ("policy-message-set", POLICY | {"nonComplianceMessages": []}, "nonComplianceMessages"),
]

UNKNOWN_PLATFORM = {"automaticByPlatformSettings": {"bypassPlatformSafetyChecksOnUserSchedule": UNKNOWN_BOOLEAN_VALUE}}
NOT_KNOWN = [
    *(
        ("maintenance-window-accepted", WINDOW | {name: UNKNOWN_STRING_VALUE})
        for name in (*WINDOW, "expirationDateTime", "resourceGroupName")
    ),
    ("guest-patch-mode-set", WINDOW | {"extensionProperties": UNKNOWN_OBJECT_VALUE}),
    ("guest-patch-mode-set", WINDOW | {"extensionProperties": {"InGuestPatchMode": UNKNOWN_STRING_VALUE}}),
    ("schedule-installs-something", WINDOW | {"installPatches": UNKNOWN_OBJECT_VALUE}),
    ("schedule-installs-something", WINDOW | {"installPatches": {"linuxParameters": UNKNOWN_OBJECT_VALUE}}),
    (
        "schedule-installs-something",
        WINDOW | {"installPatches": {"linuxParameters": {"classificationsToInclude": UNKNOWN_ARRAY_VALUE}}},
    ),
    ("schedule-runs-as-written", WINDOW | {"startDateTime": "2027-01-15 22:00", "recurEvery": UNKNOWN_STRING_VALUE}),
    ("recurrence-canonical", WINDOW | {"recurEvery": UNKNOWN_STRING_VALUE}),
    ("configuration-protected", WINDOW | {"tags": UNKNOWN_OBJECT_VALUE}),
    ("configuration-protected", WINDOW | {"tags": {"environment": UNKNOWN_STRING_VALUE}}),
    ("required-tags", WINDOW | {"tags": UNKNOWN_OBJECT_VALUE}),
    ("required-tags", WINDOW | {"tags": {"owner": UNKNOWN_STRING_VALUE}}),
    ("window-allowed", WINDOW | {"startDateTime": UNKNOWN_STRING_VALUE}),
    ("start-fixed", WINDOW | {"startDateTime": UNKNOWN_STRING_VALUE}),
    ("patch-settings-accepted", machine(patchMode=UNKNOWN_STRING_VALUE, **BYPASS)),
    ("machine-schedulable", machine(patchMode="AutomaticByPlatform", **UNKNOWN_PLATFORM)),
    ("machine-schedulable", {"osProfile": UNKNOWN_OBJECT_VALUE, "storageProfile": machine()["storageProfile"]}),
    ("machine-schedulable", machine() | {"storageProfile": {"imageReference": UNKNOWN_OBJECT_VALUE}, "osProfile": {}}),
    ("machine-assessed", machine(assessmentMode=UNKNOWN_STRING_VALUE)),
    ("machine-assessed", {"osProfile": UNKNOWN_OBJECT_VALUE}),
    ("dynamic-scope-accepted", {"filter": UNKNOWN_OBJECT_VALUE}),
    ("dynamic-scope-accepted", {"filter": {"osTypes": [UNKNOWN_STRING_VALUE]}}),
    ("policy-identity-accepted", POLICY | {"identity": UNKNOWN_OBJECT_VALUE, "location": None}),
    ("policy-identity-accepted", POLICY | {"location": UNKNOWN_STRING_VALUE}),
    ("policy-identity-accepted", {"policyDefinitionId": UNKNOWN_STRING_VALUE}),
    ("policy-parameters-accepted", POLICY | {"parameters": UNKNOWN_OBJECT_VALUE}),
    ("policy-parameters-accepted", POLICY | {"parameters": {"tagValues": {"value": UNKNOWN_OBJECT_VALUE}}}),
    ("policy-message-set", POLICY | {"nonComplianceMessages": UNKNOWN_ARRAY_VALUE}),
]

SETTINGS = {"required-tags": {"tags": ["owner"]}, "window-allowed": OFFICE}

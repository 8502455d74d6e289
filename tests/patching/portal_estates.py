"""What a portal, policies and `az` may have left in a tenant, generated; and the rows in which users get it."""

import copy
from dataclasses import dataclass

from hypothesis import strategies as st

SUBSCRIPTIONS = [f"{digit}" * 8 + "-aaaa-4aaa-8aaa-" + f"{digit}" * 12 for digit in "abc"]
GROUPS = ["rg-portal", "RG-Old", "rg.web_1"]
REGIONS = ["westeurope", "northeurope", "West Europe"]
MAINTENANCE = "Microsoft.Maintenance"
NAMES = st.one_of(
    st.sampled_from(["Weekly Old", "weekly-old", "patch(1)", "mc.linux", "on", "2027-01-05", "1e3", "null"]),
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 _.()-]{0,10}[A-Za-z0-9)]", fullmatch=True),
)
ASSIGNMENT_NAMES = st.one_of(st.uuids().map(str), st.from_regex(r"[a-z0-9]{13}-AzPolicy", fullmatch=True), NAMES)
TAG_TEXT = st.one_of(
    st.sampled_from(["on", "yes", "0123", "12:30", "1e3", "~", "", "a: b", "# no", "'\"", "line\nbreak", "ä€", "[x]"]),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=8),
)
TAG_NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 :_.#-]{0,8}[A-Za-z0-9]", fullmatch=True).filter(
    lambda name: name != "secure"
)
TAGS = st.dictionaries(TAG_NAMES, TAG_TEXT, max_size=3).filter(
    lambda tags: len({name.lower() for name in tags}) == len(tags)
)
RECURRENCES = {
    "1Week Sunday": "Week Sunday",
    "week saturday, Sunday": "Week Saturday,Sunday",
    "Month Second Tuesday Offset4": "Month Second Tuesday Offset4",
    "2Months day1,day-1": "2Months day1,day-1",
    "3Days": "3Days",
    "6Hour": "6Hours",
    "Day": "Day",
}
"""As the service keeps them, and as this project writes them."""
TYPES = ["Microsoft.Compute/virtualMachines", "Microsoft.HybridCompute/machines"]


def some(values, **limits):
    return st.lists(st.sampled_from(values), unique=True, **limits)


@st.composite
def updates(draw):
    def block(system, classes, include, exclude, excluded):
        chosen = draw(some(classes, min_size=1))
        made = {
            "classificationsToInclude": chosen,
            include: draw(st.sampled_from([None, []])),
            exclude: draw(st.sampled_from([None, [], excluded])),
        }
        return made | ({"excludeKbsRequiringReboot": draw(st.sampled_from([None, False, True]))} if system else {})

    windows = block(
        1, ["Critical", "Security", "UpdateRollup"], "kbNumbersToInclude", "kbNumbersToExclude", ["KB5034441"]
    )
    linux = block(
        0, ["Critical", "Security", "Other"], "packageNameMasksToInclude", "packageNameMasksToExclude", ["kernel*"]
    )
    which = draw(st.sampled_from(["both", "windows", "linux"]))
    return {
        "rebootSetting": draw(st.sampled_from(["IfRequired", "NeverReboot", "AlwaysReboot", "Never"])),
        "windowsParameters": windows if which != "linux" else None,
        "linuxParameters": linux if which != "windows" else None,
    }


@st.composite
def filters(draw):
    tags = draw(st.dictionaries(TAG_NAMES, st.lists(TAG_TEXT, min_size=1, max_size=2, unique=True), max_size=2))
    if len({name.lower() for name in tags}) < len(tags):
        tags = {}
    nothing = st.sampled_from([None, []])
    return {
        "resourceTypes": draw(st.one_of(nothing, some([*TYPES], min_size=1), st.just([TYPES[0].lower()]))),
        "resourceGroups": draw(st.one_of(nothing, some(["rg-web", "RG-Old"]))),
        "osTypes": draw(st.one_of(nothing, some(["Linux", "windows"]))),
        "locations": draw(st.one_of(nothing, some(["westeurope", "North Europe"]))),
        "tagSettings": draw(
            st.one_of(
                st.none() if not tags else st.nothing(),
                st.just({"tags": tags, "filterOperator": "All"}),
                st.just({"tags": tags, "filterOperator": "Any"}),
                st.just({"tags": tags, "filterOperator": None}),
            )
        ),
    }


@dataclass(frozen=True)
class Portal:
    """Full bodies, as ARM has them: configurations, and assignments by their scope."""

    configurations: list
    assignments: list
    machines: list

    def everything(self):
        return [*self.configurations, *self.assignments, *self.machines]


@st.composite
def configurations(draw):
    name, group = draw(NAMES), draw(st.sampled_from(GROUPS))
    scope = f"/subscriptions/{draw(st.sampled_from(SUBSCRIPTIONS))}/resourceGroups/{group}"
    return {
        "id": f"{scope}/providers/{MAINTENANCE}/maintenanceConfigurations/{name}",
        "name": name,
        "type": f"{MAINTENANCE}/maintenanceConfigurations",
        "location": draw(st.sampled_from(REGIONS)),
        "tags": draw(TAGS),
        "properties": {
            "namespace": draw(st.sampled_from([None, MAINTENANCE])),
            "maintenanceScope": "InGuestPatch",
            "visibility": "Custom",
            "extensionProperties": {"InGuestPatchMode": "User"},
            "maintenanceWindow": {
                "startDateTime": draw(st.sampled_from(["2026-12-06 22:00", "2027-03-01 01:15"])),
                "expirationDateTime": draw(st.sampled_from([None, "9999-12-31 23:59:59", "2040-01-01 00:00"])),
                "duration": draw(st.sampled_from(["01:30", "03:55"])),
                "timeZone": draw(st.sampled_from(["UTC", "W. Europe Standard Time"])),
                "recurEvery": draw(st.sampled_from(sorted(RECURRENCES))),
            },
            "installPatches": draw(updates()),
        },
    }


def assignment(scope, name, configuration, location, found):
    return {
        "id": f"{scope}/providers/{MAINTENANCE}/configurationAssignments/{name}",
        "name": name,
        "type": f"{MAINTENANCE}/configurationAssignments",
        "location": location,
        "properties": {"maintenanceConfigurationId": configuration["id"], "resourceId": scope, "filter": found},
    }


@st.composite
def assignments(draw, made):
    configuration, name = draw(st.sampled_from(made)), draw(ASSIGNMENT_NAMES)
    subscription = f"/subscriptions/{draw(st.sampled_from(SUBSCRIPTIONS))}"
    kind = draw(st.sampled_from(["vm", "arc", "subscription", "group"]))
    location = draw(st.sampled_from(["westeurope", "northeurope", "", None, "global"]))
    if kind in {"vm", "arc"}:
        machine_type = TYPES[kind == "arc"]
        scope = (
            f"{subscription}/resourceGroups/RG-Web/providers/{machine_type}/{draw(st.sampled_from(['Web01', 'web02']))}"
        )
        return assignment(scope, name, configuration, location, None)
    found = draw(filters())
    if kind == "group":
        return assignment(
            f"{subscription}/resourceGroups/RG-Old",
            name,
            configuration,
            location,
            found | {"resourceGroups": None, "locations": ["westeurope"]},
        )
    return assignment(subscription, name, configuration, location, found)


@st.composite
def portals(draw):
    """Estates that a stack file can describe, every machine in one schedule, so that none overlap on it."""
    made = draw(st.lists(configurations(), min_size=1, max_size=4, unique_by=lambda one: one["id"].lower()))
    attached = draw(st.lists(assignments(made), max_size=8, unique_by=lambda one: one["id"].lower()))
    kept = {}
    for one in attached:
        is_static = one["properties"]["filter"] is None
        key = one["properties"]["resourceId"].lower() if is_static else one["id"].lower()
        kept.setdefault(key, one)
    return Portal(made, list(kept.values()), [])


@st.composite
def rows(draw, portal):
    """The same, as users get it: rows of Resource Graph, of ARM or of `az`, in any order and case."""
    return [draw(as_row(copy.deepcopy(one))) for one in draw(st.permutations(portal.everything()))]


@st.composite
def as_row(draw, resource):
    tool = draw(st.sampled_from(["graph", "arm", "az"]))
    written = draw(st.sampled_from([str.lower, str]))
    resource["id"] = written(resource["id"])
    properties = resource["properties"]
    if "maintenanceConfigurationId" in properties:
        properties["maintenanceConfigurationId"] = written(properties["maintenanceConfigurationId"])
    if tool == "graph":
        return resource | {
            "type": resource["type"].lower(),
            "subscriptionId": resource["id"].split("/")[2],
            "tenantId": "99999999-9999-4999-8999-999999999999",
            "resourceGroup": "rg",
        }
    if tool == "arm":
        return {key: value for key, value in resource.items() if key != "type"}
    window = properties.pop("maintenanceWindow", {})
    return {key: value for key, value in resource.items() if key != "properties"} | properties | window

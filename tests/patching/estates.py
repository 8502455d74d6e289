"""Rows of inventories as Resource Graph prints them, made of parts, and what a stack's coverage of them is."""

import json

from patching.coverage import cover
from patching.faults import Findings
from patching.inventory import read_inventory
from patching.inventory_file import Page, parse_inventory, warn_if_incomplete

MAIN = "11111111-1111-4111-8111-111111111111"
SPOKE = "22222222-2222-4222-8222-222222222222"
STRANGE = "44444444-4444-4444-8444-444444444444"
READY = {
    "patchMode": "AutomaticByPlatform",
    "assessmentMode": "AutomaticByPlatform",
    "automaticByPlatformSettings": {"bypassPlatformSafetyChecksOnUserSchedule": True},
}


def vm_row(name="vm", *, group="rg", subscription=MAIN, os="Linux", location="westeurope", tags=None, **properties):
    """An Azure VM that is ready; `properties` replace its own, and None takes one away."""
    own = {
        "storageProfile": {"osDisk": {"osType": os}, "imageReference": {"publisher": "p", "offer": "o", "sku": "s"}},
        "osProfile": {f"{os.lower()}Configuration": {"provisionVMAgent": True, "patchSettings": READY}},
        "extended": {"instanceView": {"powerState": {"code": "PowerState/running"}}},
    } | properties
    return _row("Microsoft.Compute/virtualMachines", name, group, subscription, location, tags, own)


def arc_row(name="arc", *, group="rg", subscription=MAIN, os="linux", location="westeurope", tags=None, **properties):
    """An Arc machine that is ready; `properties` replace its own, and None takes one away."""
    patching = {"patchSettings": {"assessmentMode": "AutomaticByPlatform"}}
    own = {"status": "Connected", "osType": os, "osProfile": {f"{os}Configuration": patching}} | properties
    return _row("Microsoft.HybridCompute/machines", name, group, subscription, location, tags, own)


def _row(kind, name, group, subscription, *columns):
    location, tags, properties = columns
    return {
        "id": f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{kind}/{name}",
        "name": name,
        "type": kind.lower(),
        "location": location,
        "tags": tags,
        "properties": {key: value for key, value in properties.items() if value is not None},
    }


def inventory(*rows):
    return read_inventory([Page("inventory.json", list(rows))])


def parsed(document, source="inventory.json"):
    """What a file's content comes to: its pages, faults and warnings."""
    findings = Findings()
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    pages = parse_inventory(content, source, findings)
    warn_if_incomplete(pages, findings)
    return pages, list(map(str, findings.faults)), list(map(str, findings.warnings))


def covered(settings, *rows):
    return cover(settings, inventory(*rows))


def reached(coverage):
    """By machine name what reaches it, as (schedule, by, scope or policy)."""
    return {
        one.machine.machine.id.name: [
            (reach.schedule, reach.by.value, reach.scope or reach.policy) for reach in one.verdict.schedules
        ]
        for one in coverage.machines
    }


def problems(coverage):
    return {one.machine.machine.id.name: list(map(str, one.verdict.problems)) for one in coverage.machines}


def only(coverage):
    """The verdict of the only machine."""
    (one,) = coverage.machines
    return one.verdict

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patching.arm_ids import MachineKind
from patching.faults import Findings
from patching.inventory import read_inventory
from patching.inventory_file import Page, read_inventory_file
from patching.machines import AssessmentMode, OperatingSystem, PatchMode, Unsupported
from tests.patching.estates import MAIN, READY, arc_row, inventory, parsed, vm_row

DISK = "/subscriptions/x/resourceGroups/rg/providers/Microsoft.Compute/disks/d"


def state(row):
    (one,) = inventory(row).machines
    return one.state


def names(pages):
    return [one.machine.id.name for one in read_inventory(pages).machines]


ENVELOPES = {
    "resource graph": lambda rows: {"data": rows, "count": 2, "skip_token": None, "total_records": 2},
    "array": lambda rows: rows,
    "arm list": lambda rows: {"value": rows, "nextLink": None},
    "powershell": lambda rows: {"Data": rows, "SkipToken": None},
    "pages in one file": lambda rows: [{"data": rows[:1]}, {"data": rows[1:]}],
    "one page in a list": lambda rows: [{"value": rows}],
}


@pytest.mark.parametrize("envelope", ENVELOPES.values(), ids=ENVELOPES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_envelope_and_encoding(envelope, encoding):
    content = json.dumps(envelope([vm_row("a"), arc_row("b")])).encode(encoding)
    pages, faults, warnings = parsed(content)
    assert (names(pages), faults, warnings) == (["a", "b"], [], [])


def test_one_machine_alone():
    pages, faults, _ = parsed(vm_row("a"))
    assert (names(pages), faults) == (["a"], [])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "got nothing; expected JSON"),
        (b"az: command not found", '"az: command not found"; expected JSON (line 1, column 1'),
        (b'{"data": []}{"data": []}', "put each answer into a file of its own"),
        (b'"text"', '"text"; expected an inventory'),
        (b"{}", "an empty object; expected an inventory"),
        (b'{"error": {"code": "x"}}', "an object with the keys error; expected an inventory"),
        (b'{"data": {"columns": [], "rows": []}}', "expected an inventory"),
        (b"[" * 100_000, "usual depth"),
        (b"[" + b"9" * 5000 + b"]", "usual numbers"),
        (b'["\xff"]', "expected JSON in UTF-8 or UTF-16"),
    ],
)
def test_what_is_no_inventory(content, words):
    pages, (fault,), _ = parsed(content)
    assert pages == []
    assert fault.startswith("inventory.json: got ")
    assert words in fault
    assert "az graph query" in fault


def test_a_file_that_is_not_there(tmp_path):
    findings = Findings()
    assert read_inventory_file(tmp_path / "none.json", findings) == []
    assert str(findings.faults[0]).startswith(
        "none.json: got nothing; expected an inventory file that can be read (no such"
    )


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ([{"data": [1, 2], "count": 2, "total_records": 2, "skip_token": None}], []),
        ([{"data": [1], "count": 1, "totalRecords": 2, "$skipToken": "x"}], ["1 of 2 rows"]),
        ([{"data": [1], "total_records": 2, "skip_token": "x"}, {"data": [2], "total_records": 2}], []),
        ([{"data": [1], "total_records": 2, "skip_token": "x"}, {"data": [2, 3], "total_records": 3}],
         ["1 of 2 rows", "2 of 3 rows"]),
        ([{"data": [1], "skip_token": "x"}], ["a page that others follow"]),
        ([{"data": [1], "skip_token": "x"}, {"data": [2]}], []),
        ([{"value": [1], "nextLink": "https://management.azure.com/…"}], ["a page that others follow"]),
        ([{"value": [1], "nextLink": "https://management.azure.com/…"}, {"value": [1]}], []),
    ],
)  # fmt: skip
def test_a_first_page_alone_is_told(documents, expected):
    _, faults, warnings = parsed(documents)
    assert faults == []
    assert [warning.split("got ")[1].split(";")[0] for warning in warnings] == expected


def test_rows_that_are_no_machines_are_counted_once():
    subscription = {"id": f"/subscriptions/{MAIN}", "type": "microsoft.resources/subscriptions", "properties": {}}
    rows = [
        vm_row("a"),
        {"id": DISK, "type": "microsoft.compute/disks"},
        {"id": f"{DISK}2", "type": "Microsoft.Compute/disks"},
        {"id": DISK.replace("x", MAIN)},
        {"name": "x"},
        {"id": None},
        {"id": 3},
        None,
        "text",
        [],
        subscription,
    ]
    read = inventory(*rows)
    assert [one.machine.id.name for one in read.machines] == ["a"]
    (warning,) = read.warnings
    assert warning.got.text == (
        "9 rows of no machine: 2 microsoft.compute/disks, 1 resources of another type, 6 without an id"
    )


def test_an_id_that_is_wrong_is_named_with_its_place():
    broken = vm_row() | {"id": "/subscriptions/abc/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/x"}
    (warning,) = inventory(vm_row("a"), broken).warnings
    assert warning.path == "inventory.json[1].id"
    assert "no subscription id" in warning.expected


def test_a_machine_that_comes_twice_counts_once_in_any_case():
    read = inventory(vm_row("a", tags={"x": "1"}), vm_row("a") | {"id": vm_row("a")["id"].upper()})
    assert [one.machine.tags for one in read.machines] == [{"x": "1"}]
    (warning,) = read.warnings
    assert warning.got.text == "1 row more of the same"


@pytest.mark.parametrize("tags", [None, [], "x", {}, {"a": None}, {"a": 3}])
def test_tags_that_are_none(tags):
    assert inventory(vm_row(tags=tags)).machines[0].machine.tags == {}


def test_a_row_without_properties_is_told_once_for_all():
    rows = [{key: value for key, value in vm_row(name).items() if key != "properties"} for name in "ab"]
    read = inventory(*rows, vm_row("c", storageProfile=None, osProfile=None) | {"properties": None})
    assert [one.state.described for one in read.machines] == [False] * 3
    assert [warning.got.text for warning in read.warnings] == ["3 machines without properties"]


def test_what_the_azure_cli_prints_is_flat():
    row = vm_row("a", os="Windows", tags={"x": "y"})
    flat = {key: value for key, value in row.items() if key != "properties"} | row["properties"]
    flat["osProfile"]["windowsConfiguration"] = {"provisionVmAgent": False, "patchSettings": READY}
    flat["powerState"] = "VM deallocated"
    del flat["extended"], flat["type"]
    (one,) = inventory(flat).machines
    assert (one.machine.os, one.machine.tags) == (OperatingSystem.WINDOWS, {"x": "y"})
    assert (one.state.settings.agent, one.state.settings.bypass, one.state.power) == (False, True, "deallocated")


def test_what_the_azure_cli_prints_of_arc_machines_is_flat():
    row = arc_row("a")
    flat = {key: value for key, value in row.items() if key != "properties"} | row["properties"]
    flat["osProfile"] = {"linuxConfiguration": {"assessmentMode": "AutomaticByPlatform", "patchMode": "ImageDefault"}}
    (one,) = inventory(flat).machines
    assert (one.machine.id.kind, one.machine.os) == (MachineKind.ARC, OperatingSystem.LINUX)
    assert (one.state.arc_status, one.state.settings.assessment_mode) == (
        "connected",
        AssessmentMode.AUTOMATIC_BY_PLATFORM,
    )


@pytest.mark.parametrize(
    ("row", "os"),
    [
        (vm_row(os="Windows"), OperatingSystem.WINDOWS),
        (vm_row(storageProfile=None), OperatingSystem.LINUX),
        (vm_row(osProfile=None), OperatingSystem.LINUX),
        (vm_row(osProfile=None, storageProfile={"imageReference": {"publisher": "RedHat"}}), OperatingSystem.LINUX),
        (vm_row(osProfile=None, storageProfile={}), None),
        (arc_row(os="windows"), OperatingSystem.WINDOWS),
        (arc_row(osType=None, osName="Linux", osProfile=None), OperatingSystem.LINUX),
        (arc_row(osType="", osProfile=None), None),
    ],
)
def test_the_operating_system(row, os):
    assert inventory(row).machines[0].machine.os is os


@pytest.mark.parametrize(("os", "mode"), [("Linux", PatchMode.IMAGE_DEFAULT), ("Windows", PatchMode.AUTOMATIC_BY_OS)])
@pytest.mark.parametrize("patching", [{}, {"patchSettings": None}, {"patchSettings": {"patchMode": None}}])
def test_azure_s_defaults(os, mode, patching):
    settings = state(vm_row(os=os, osProfile={f"{os.lower()}Configuration": patching})).settings
    assert (settings.patch_mode, settings.bypass, settings.agent) == (mode, False, True)
    assert settings.assessment_mode is AssessmentMode.IMAGE_DEFAULT


def image(publisher="p", offer="o", sku="s"):
    return {"osDisk": {"osType": "Windows"}, "imageReference": {"publisher": publisher, "offer": offer, "sku": sku}}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (vm_row(), None),
        (vm_row(virtualMachineScaleSet={"id": "/subscriptions/…/virtualMachineScaleSets/s"}), Unsupported.SCALE_SET),
        (vm_row(virtualMachineScaleSet=None), None),
        (vm_row() | {"managedBy": "/subscriptions/s/providers/Microsoft.Compute/virtualMachineScaleSets/s"},
         Unsupported.SCALE_SET),
        (vm_row() | {"managedBy": "/subscriptions/s/providers/Microsoft.ContainerService/managedClusters/k"},
         Unsupported.AKS),
        (vm_row() | {"managedBy": "/subscriptions/s/providers/Microsoft.Databricks/workspaces/w"},
         Unsupported.DATABRICKS),
        (vm_row() | {"managedBy": ""}, None),
        (vm_row() | {"managedBy": "/subscriptions/s/providers/Microsoft.Other/things/t"}, None),
        (vm_row(storageProfile=image("AzureDatabricks", "Databricks")), Unsupported.DATABRICKS),
        (vm_row(storageProfile=image("microsoft-aks", "aks")), Unsupported.AKS),
        (vm_row(tags={"aks-managed-poolName": "np"}), Unsupported.AKS),
        (vm_row(storageProfile=image("MicrosoftWindowsDesktop", "windows-11", "win11-24h2-pro")),
         Unsupported.WINDOWS_CLIENT),
        (vm_row(storageProfile=image("MicrosoftVisualStudio", "Windows", "Windows-10-N-x64")),
         Unsupported.WINDOWS_CLIENT),
        (vm_row(storageProfile=image("MicrosoftWindowsServer", "WindowsServer", "2022-datacenter")), None),
        (vm_row(os="Windows", licenseType="Windows_Client"), Unsupported.WINDOWS_CLIENT),
        (vm_row(os="Windows", licenseType="Windows_Server"), None),
        (vm_row(extended={"instanceView": {"osName": "Windows 10 Pro"}}), Unsupported.WINDOWS_CLIENT),
        (vm_row(extended={"instanceView": {"osName": "Windows Server 2019 Datacenter"}}), None),
        (arc_row(os="windows", osSku="Windows 11 Enterprise"), Unsupported.WINDOWS_CLIENT),
        (arc_row(os="windows", osSku="Windows Server 2012 R2 Standard"), None),
        (arc_row(osSku="Ubuntu 22.04.5 LTS"), None),
    ],
)  # fmt: skip
def test_what_no_schedule_patches(row, reason):
    assert state(row).unsupported is reason


@pytest.mark.parametrize(
    ("properties", "power"),
    [
        ({}, "running"),
        ({"extended": {"instanceView": {"powerState": {"code": "PowerState/deallocated"}}}}, "deallocated"),
        ({"extended": None, "instanceView": {"statuses": [
            {"code": "ProvisioningState/succeeded"}, {"code": "PowerState/stopped"}]}}, "stopped"),
        ({"extended": None}, None),
        ({"extended": {"instanceView": None}}, None),
    ],
)  # fmt: skip
def test_the_power_state(properties, power):
    assert state(vm_row(**properties)).power == power


def test_management_groups_come_from_the_rows_of_subscriptions():
    chain = [{"name": "MG-Corp", "displayName": "Corp"}, {"name": "root"}]
    row = {
        "id": f"/subscriptions/{MAIN.upper()}",
        "type": "microsoft.resources/subscriptions",
        "properties": {"managementGroupAncestorsChain": chain},
    }
    read = inventory(row)
    assert read.management_groups == {MAIN: {"mg-corp", "root"}}
    assert read.warnings == ()


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "type", "data", "value", "tags", "properties", "osProfile", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(plain)
def test_no_document_ends_in_a_traceback(document):
    pages, faults, _ = parsed(document)
    read_inventory(pages)
    assert bool(faults) != bool(pages)


PLACES = [
    ("tags",),
    ("location",),
    ("type",),
    ("managedBy",),
    ("properties",),
    *[("properties", name) for name in ("osProfile", "storageProfile", "extended", "instanceView", "status", "osType")],
    ("properties", "storageProfile", "osDisk"),
    ("properties", "storageProfile", "imageReference"),
    ("properties", "osProfile", "linuxConfiguration"),
    ("properties", "osProfile", "linuxConfiguration", "patchSettings"),
]


@given(st.sampled_from([vm_row, arc_row]), st.sampled_from(PLACES), plain)
def test_no_odd_value_in_a_row_ends_in_a_traceback(make, place, value):
    row = json.loads(json.dumps(make()))
    inner = row
    for name in place[:-1]:
        inner = inner.setdefault(name, {})
    inner[place[-1]] = value
    read = read_inventory([Page("inventory.json", [row])])
    assert len(read.machines) == (0 if place == ("type",) and isinstance(value, str) else 1)

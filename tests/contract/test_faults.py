"""Stack files that are wrong: told before anything is made, and by the engine as by `check`."""

import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY
from tests.contract.world import check, config, schedule, touched

HEAD = """
config:
  azure-native:location: westeurope
  azure-native:subscriptionId: 11111111-1111-4111-8111-111111111111
"""

MANY = """
  azure-patching:subscriptions:
    main: {id: 11111111-1111-4111-8111-111111111111}
    spoke: {id: 2222}
  azure-patching:resourceGroup: {name: "rg/patching", create: maybe}
  azure-patching:tags: {owner: 7}
  azure-patching:protect: perhaps
  azure-patching:schedule: {}
  azure-patching:schedules:
    Bad Key:
      start: 2027-01-05 22:00
      timeZone: Europe/Berlin
      duration: 04:30
      recurEvery: Month
      updates:
        reboot: Sometimes
        linux: {classifications: [Kritisch]}
        windows: {kbNumbersToExclude: [KB12x, 5034441]}
      machines: [nobody, {id: /subscriptions/x}, 7, [a]]
      scopes:
        s: {subscriptions: [hub], osTypes: [BSD], tags: {ring: 1}, tagOperator: Either, resourceGroup: rg}
      follows: {schedule: cannary, days: many}
      duratoin: "03:00"
    empty: {}
    "null":
    list: [a]
  azure-patching:virtualMachines:
    web: {os: Solaris, size: Big, image: latest, healthProbe: {protocol: icmp}, subnetId: web, colour: red}
    win-server-with-a-long-name: {os: Windows, size: Standard_B2s, image: {publisher: a, offer: b, sku: c}}
  azure-patching:azurePolicies:
    p: {kind: patchNow, scope: /providers/x, remediation: {attempt: 0, failureThreshold: 10, parallelDeployments: 31}}
    q: {kind: recurringUpdates, scope: main, schedule: nightly, mode: ImageDefault}
    r: {kind: auditAssessment, scope: main, remediate: true, notScopes: [/subscriptions/3]}
  azure-patching:freezes:
    f: {from: "2027-01-04 00:00", to: "2026-12-18 00:00", timeZone: UTC, onRun: stop}
    g: {calendar: /nowhere/at-all.ics}
    h: {calendar: a.ics, from: "2027-01-04 00:00"}
  azure-nativ:location: westeurope
  azure-native:tenant: a
"""

WRONG_TYPES = {
    "subscriptions": ["main", "[a]", "null", "{main: 11111111-1111-4111-8111-111111111111}"],
    "resourceGroup": ["[a]", "null", '""', "{}"],
    "tags": ["[a]", "text", "null", "{a: [b]}"],
    "protect": ["{}", "7", "null", '"yes"'],
    "schedules": ["[a]", "2027-01-05", "null", "{a: text}"],
    "virtualMachines": ["[a]", "text", "null", "{a: []}"],
    "adminPasswords": ["[a]", "text", "null", "{a: plain}"],
    "webhookUrls": ["[a]", "text", "null", "{a: plain}"],
    "azurePolicies": ["[a]", "text", "null", "{a: 7}"],
    "freezes": ["[a]", "text", "null", "{a: null}"],
}


def by_check(stack):
    """The faults as `check` prints them."""
    command = [sys.executable, "-m", "patching", "check", "--file", str(stack.file)]
    ended = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (1, "")
    return [line for line in ended.stdout.splitlines() if "; fix: " in line and not line.startswith("warning: ")]


def told(result):
    """The faults in the engine's one error, without its head."""
    assert result.exit_code != 0
    assert not any("Traceback" in line for line in result.diagnostics), result.diagnostics
    assert "Traceback" not in result.stderr
    assert touched(result) == set(), "something was made"
    (error,) = [line for line in result.diagnostics if "fault" in line.splitlines()[0]]
    head, *faults = error.splitlines()
    assert head.endswith(f": {len(faults)} fault{'' if len(faults) == 1 else 's'}")
    return [fault.strip() for fault in faults]


def test_many_faults_of_every_kind_are_told_at_once_by_both(pulumi_stack):
    stack = pulumi_stack()
    stack.file.write_text(HEAD + MANY)
    by_engine = told(stack.preview(check=False))
    assert by_check(stack) == by_engine
    _, faults, _ = check(stack.file)
    assert len(faults) == len(by_engine)
    paths = {fault["path"] for fault in faults}
    assert len(paths) >= 45, sorted(paths)


def test_wrong_types_at_the_top_are_faults_for_both(pulumi_stack):
    stack = pulumi_stack()
    for row in zip(*WRONG_TYPES.values(), strict=True):
        keys = list(zip(WRONG_TYPES, row, strict=True))
        stack.file.write_text(HEAD + "".join(f"  azure-patching:{key}: {value}\n" for key, value in keys))
        by_engine = told(stack.preview(check=False))
        assert by_check(stack) == by_engine
        for key, value in keys:
            assert any(fault.startswith(key) for fault in by_engine), (key, value, by_engine)


@pytest.mark.parametrize("missing", ["location", "subscriptionId"])
def test_what_is_missing_of_azure_native_is_named(missing, pulumi_stack):
    own = {
        "azure-native:location": "westeurope",
        "azure-native:subscriptionId": "11111111-1111-4111-8111-111111111111",
        "azure-patching:schedules": {"weekly": schedule()},
    }
    del own[f"azure-native:{missing}"]
    stack = pulumi_stack(own)
    (fault,) = told(stack.up(check=False))
    assert fault.startswith(f"azure-native:{missing}: got nothing")
    assert by_check(stack) == [fault]


def test_faults_leave_what_is_there_alone(pulumi_stack, subscription):
    here = subscription()
    stack = pulumi_stack(config(here, schedules={"weekly": schedule()}))
    stack.up()
    made = here.everything()
    stack.configure(config(here, schedules={"weekly": schedule(duration="09:00"), "more": schedule()}))
    told(stack.up(check=False))
    assert here.everything() == made
    stack.destroy()

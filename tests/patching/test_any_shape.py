"""Anything at all in the place of anything in a stack file that is right."""
# ruff: noqa: DTZ001 (a time of YAML has no zone)

import copy
import json
import re
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patching import stack_file
from patching.settings import Secret, from_engine, read_settings
from patching.stack_yaml import read_yaml

RIGHT = """
config:
  azure-native:location: westeurope
  azure-native:environment: public
  azure-patching:subscriptions:
    hub: {id: 11111111-1111-4111-8111-111111111111}
    spoke: {id: 22222222-2222-4222-8222-222222222222}
  azure-patching:resourceGroup: {name: rg-patching-dev, create: false}
  azure-patching:tags: {owner: platform}
  azure-patching:protect: "false"
  azure-patching:schedules:
    early:
      subscription: hub
      start: "2027-01-12 22:00"
      expires: "2031-01-05 22:00"
      timeZone: W. Europe Standard Time
      duration: "03:00"
      recurEvery: Month Second Tuesday
      description: Servers in ring early
      name: mc-early
      resourceGroup: rg-own
      location: northeurope
      updates:
        reboot: IfRequired
        windows:
          classifications: [Critical, Security]
          kbNumbersToInclude: ["5034439"]
          kbNumbersToExclude: ["5034441"]
          excludeKbsRequiringReboot: false
        linux:
          classifications: [Critical, Other]
          packageNameMasksToInclude: [openssl*, curl=7.81.0-1ubuntu1.15]
          packageNameMasksToExclude: [kernel*]
      machines:
        - web
        - HUB/resourceGroups/rg-old/providers/Microsoft.Compute/virtualMachines/old01
        - id: SPOKE/resourceGroups/rg-old/providers/Microsoft.HybridCompute/machines/arc01
          location: northeurope
          assignmentName: as-made-by-the-portal
      scopes:
        ring: {subscriptions: [spoke], resourceTypes: [Microsoft.Compute/virtualMachines], osTypes: [Linux],
               resourceGroups: [rg-a], locations: [westeurope], tags: {ring: [early]}, tagOperator: All,
               assignmentName: x}
        group: {resourceGroup: rg-web, location: westeurope, locations: [uksouth]}
      protect: true
      adopt: true
    late:
      start: "2027-01-19 22:00"
      timeZone: W. Europe Standard Time
      duration: "03:00"
      recurEvery: Month PatchTuesday Offset7
      updates: {linux: {classifications: [Security]}}
      scopes: {ring: {tags: {ring: [prod]}}}
      follows: {schedule: early, days: 7}
  azure-patching:virtualMachines:
    web:
      os: Linux
      size: Standard_B2s
      image: {publisher: Canonical, offer: 0001-com-ubuntu-server-jammy, sku: 22_04-lts-gen2, version: latest}
      subnetId: HUB/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/s
      subscription: hub
      location: westeurope
      adminUsername: azureuser
      sshPublicKey: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAwtYfxwC7+bU0R7xhCUzNDy4jveGvo2ndmJDw2ddDMM of-a-test
      healthProbe: {protocol: http, port: 80, path: /healthz}
      tags: {ring: early}
  azure-patching:azurePolicies:
    assessment:
      kind: periodicAssessment
      scope: hub
      notScopes: [HUB/resourceGroups/rg-x]
      operatingSystems: [Linux]
      machines: [azure]
      mode: ImageDefault
      locations: [westeurope]
      tags: {env: prod}
      tagOperator: All
      nonComplianceMessage: It is not assessed.
      enforcementMode: DoNotEnforce
      assignRoles: false
      rolesGranted: true
      remediate: true
      remediation: {parallelDeployments: 10, resourceCount: 500, failureThreshold: 0.1, locations: [westeurope],
                    discovery: ExistingNonCompliant, attempt: 1, waitMinutes: 10}
      location: westeurope
    attach: {kind: recurringUpdates, scope: spoke, schedule: late}
  azure-patching:freezes:
    peak: {from: "2026-12-18 00:00", to: "2027-01-04 00:00", timeZone: UTC, reason: Peak, onRun: fail}
""".replace("HUB", "/subscriptions/11111111-1111-4111-8111-111111111111").replace(
    "SPOKE", "/subscriptions/22222222-2222-4222-8222-222222222222"
)
CONFIG = read_yaml(RIGHT).data["config"]
WRONG = [
    *(None, "", " ", "x", "X y", "é", "/", "a" * 5000, "22:00", "-1", "01:00", "\n", "\x00", "{}", "[]", "[1]"),
    *(0, -1, 7, 10**30, 1.5, float("nan"), float("inf"), True, False),
    *([], [None], ["x"], [[]], [{}], ["a", "a"], {}, {"x": 1}, {"": None}, {"id": None}, [1] * 100),
    *(datetime(2027, 1, 5, 22), Secret()),
]


def places(value, path=()):
    """The path of everything in a value, the value's own included."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in items:
        yield from places(one, (*path, key))


PLACES = [path for path in places(CONFIG) if path]


def grafted(path, value):
    config = copy.deepcopy(CONFIG)
    *above, last = path
    inner = config
    for key in above:
        inner = inner[key]
    inner[last] = value
    return config


def read(config):
    return read_settings(config, project="azure-patching", stack="test", read_file=_no_file)


def _no_file(name):
    raise FileNotFoundError(2, "No such file or directory")


def where(path):
    """A path as a fault has it."""
    first, *rest = path
    text = str(first).removeprefix("azure-patching:")
    return text + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in rest)


def test_the_file_that_is_broken_here_is_right():
    reading = read(CONFIG)
    assert [str(fault) for fault in (*reading.faults, *reading.warnings)] == []


@pytest.mark.parametrize("path", PLACES, ids=where)
def test_nothing_in_the_place_of_anything_ends_in_a_traceback_or_says_too_little(path):
    examples = set()
    for value in WRONG:
        reading = read(grafted(path, value))
        assert (reading.settings is None) is bool(reading.faults)
        for fault in (*reading.faults, *reading.warnings):
            assert str(fault).isprintable()
            assert fault.path
            assert fault.expected
            assert fault.fix
        examples |= {
            fault.example for fault in reading.faults if fault.path == where(path) and "…" not in fault.example
        }
    for example in examples - {""}:
        as_written = [example, read_yaml(f"a: {example}").data["a"]]
        refused = [
            [str(fault) for fault in read(grafted(path, one)).faults if _is_about(fault, path)] for one in as_written
        ]
        assert [] in refused, (example, refused)


def _is_about(fault, path):
    """Whether a fault is about the value in a place, rather than about how it goes with the rest of the file."""
    return fault.path == where(path) and not {"beside", "once"} & set(re.findall(r"\w+", fault.expected))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from(WRONG),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=400)
@given(st.lists(st.tuples(st.sampled_from(PLACES), values), min_size=1, max_size=3))
def test_no_values_in_any_places_end_in_a_traceback(grafts):
    config = copy.deepcopy(CONFIG)
    for (*above, last), value in grafts:
        inner = config
        try:
            for key in above:
                inner = inner[key]
            inner[last] = value
        except (KeyError, IndexError, TypeError):  # another graft took its place away
            continue
    reading = read(config)
    assert (reading.settings is None) is bool(reading.faults)
    assert all(str(fault).isprintable() for fault in (*reading.faults, *reading.warnings))


def as_the_engine_has_it(config):
    """The engine's own encoding of a configuration, and the keys it calls secret."""

    def encoded(value):
        if isinstance(value, Secret):
            return "decrypted"
        if isinstance(value, datetime):
            return f"{value} +0000 UTC"
        if isinstance(value, dict):
            return {key: encoded(value[key]) for key in sorted(value)}
        return [encoded(one) for one in value] if isinstance(value, list) else value

    def text(value):
        if value is None:
            return ""
        return value if isinstance(value, str) else json.dumps(value)

    def is_secret(value):
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return isinstance(value, Secret) or any(map(is_secret, inner))

    return {key: text(encoded(value)) for key, value in config.items()}, {
        key for key in config if is_secret(config[key])
    }


plain_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(max_size=8)
    | st.just(Secret())
    | st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(lambda moment: moment.replace(microsecond=0)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300)
@given(st.sampled_from(PLACES), plain_values)
def test_the_engine_s_encoding_of_any_values_gets_the_faults_of_the_file(path, value):
    config = grafted(path, value)
    file = {key: stack_file._as_the_engine(key, one) for key, one in config.items()}
    engine = from_engine(*as_the_engine_has_it(config))
    assert [str(fault) for fault in read(file).faults] == [str(fault) for fault in read(engine).faults]
    assert [str(fault) for fault in read(file).warnings] == [str(fault) for fault in read(engine).warnings]

"""A schedule's events in the stack file: what is read of them, what is a fault, and the names that they get."""

import hashlib
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patching import names
from patching.arm_ids import maintenance_configuration_id
from patching.event_handlers import EndpointType, Moment
from patching.handler_grants import grants_of
from patching.settings import Secret
from tests.patching.conftest import MAIN, SPOKE

GROUP = f"/subscriptions/{MAIN}/resourceGroups/rg/providers"
FUNCTION = f"{GROUP}/Microsoft.Web/sites/app/functions/before"
ACCOUNT = f"{GROUP}/Microsoft.Storage/storageAccounts/store"
QUEUE = {"storageQueue": {"storageAccount": ACCOUNT, "queue": "runs"}}
PRINCIPAL = "22222222-3333-4444-8555-666666666666"
CONFIGURATION = maintenance_configuration_id(MAIN, "rg-patching", "linux")
texts = st.text(st.characters(codec="ascii", categories=["L", "N", "P", "Z"]), min_size=1, max_size=100)
keys = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,99}\Z").filter(lambda key: not key.endswith("."))


def told(stack, **handler):
    return stack.schedule(events={"before": {"start": handler}})


def test_who_is_told_is_read_by_key_and_moment(stack):
    events = {
        "before": {"start": {"azureFunction": FUNCTION}, "hook": {"webhook": "mine"}},
        "after": {"start": {**QUEUE, "deliverySchema": "CloudEventSchemaV1_0"}},
    }
    stack.set(webhookUrls={"mine": Secret()})
    read = stack.schedule(events=events).settings().schedules["linux"].events
    before, after = read.before, read.after
    assert sorted(one.name for one in read.handlers) == ["post-start", "pre-hook", "pre-start"]
    assert {key: one.endpoint for key, one in before.items()} == {
        "start": EndpointType.AZURE_FUNCTION,
        "hook": EndpointType.WEBHOOK,
    }
    assert before["hook"].target == "mine"
    assert (after["start"].target, after["start"].queue) == (ACCOUNT, "runs")
    assert after["start"].schema == "CloudEventSchemaV1_0"
    assert [one.event_type for one in Moment] == [
        "Microsoft.Maintenance.PreMaintenanceEvent",
        "Microsoft.Maintenance.PostMaintenanceEvent",
    ]
    assert read.grant is None


def test_without_events_there_are_none(stack):
    assert stack.schedule().settings().schedules["linux"].events is None


@pytest.mark.parametrize(
    ("handler", "path", "said"),
    [
        ({}, "", "expected one of azureFunction, webhook"),
        ({"webhook": "mine", "azureFunction": FUNCTION}, "", "got [azureFunction, webhook]"),
        ({"webhook": "min"}, ".webhook", "fix: write mine"),
        ({"webhook": "https://example.com/?code=x"}, ".webhook", "a key of webhookUrls: mine"),
        ({"webhook": Secret()}, ".webhook", "only adminPasswords, webhookUrls and"),
        ({"azureFunction": ACCOUNT}, ".azureFunction", "Microsoft.Web/sites/functions"),
        ({"azureFunction": FUNCTION.rpartition("/functions")[0]}, ".azureFunction", "Microsoft.Web/sites is not"),
        ({"azureFunction": f"{FUNCTION}/more"}, ".azureFunction", "the ARM id of a function"),
        ({"azureFunction": f"{FUNCTION}/keys/default"}, ".azureFunction", "the ARM id of a function"),
        ({"azureFunction": "before"}, ".azureFunction", "an ARM id starts with a slash"),
        ({"azureFunction": "/subscriptions/x/y"}, ".azureFunction", "is no subscription id"),
        ({"storageQueue": {"storageAccount": ACCOUNT}}, ".storageQueue.queue", "got nothing"),
        ({"storageQueue": {"storageAccount": ACCOUNT, "queue": "Runs"}}, ".storageQueue.queue", "lower-case"),
        ({"storageQueue": ACCOUNT}, ".storageQueue", "expected a map with storageAccount, queue"),
        ({"eventHub": ACCOUNT}, ".eventHub", "the ARM id of an event hub"),
        ({"serviceBusQueue": ACCOUNT}, ".serviceBusQueue", "the ARM id of a Service Bus queue"),
        ({"webhook": "mine", "deliverySchema": "CloudEvents"}, ".deliverySchema", "fix: write CloudEventSchemaV1_0"),
        ({"webhok": "mine"}, ".webhok", "fix: write webhook"),
    ],
)
def test_what_is_wrong_is_told_at_its_key(stack, handler, path, said):
    stack.set(webhookUrls={"mine": Secret()})
    faults = told(stack, **handler).faults()
    where = f"schedules.linux.events.before.start{path}: "
    assert any(fault.startswith(where) and said in fault for fault in faults), faults


@pytest.mark.parametrize(
    ("events", "path"),
    [
        ({}, "events"),
        ({"before": {}}, "events"),
        ([], "events"),
        ({"before": []}, "events.before"),
        ({"before": {"a": []}}, "events.before.a"),
        ({"before": {"a": None}}, "events.before.a"),
        ({"before": {"": QUEUE}}, "events.before."),
        ({"before": {"a/b": QUEUE}}, "events.before.a/b"),
        ({"after": {"a": QUEUE}, "befor": {}}, "events.befor"),
        ({"after": {"a": QUEUE}, "grant": {}}, "events.grant.principalId"),
        ({"after": {"a": QUEUE}, "grant": {"principalId": "me"}}, "events.grant.principalId"),
        ({"after": {"a": QUEUE}, "grant": {"principalId": PRINCIPAL, "cancel": "yes"}}, "events.grant.cancel"),
    ],
)
def test_what_is_no_map_of_handlers_is_a_fault(stack, events, path):
    paths = [fault.path for fault in stack.schedule(events=events).read().faults]
    assert f"schedules.linux.{path}" in paths


@pytest.mark.parametrize("urls", [["a"], "https://x", None, {"mine": "https://example.com/?code=s3cret"}])
def test_urls_are_a_map_of_secrets_and_are_not_shown(stack, urls):
    faults = told(stack.set(webhookUrls=urls), webhook="mine").faults()
    assert any(fault.startswith("webhookUrls") for fault in faults)
    assert "s3cret" not in "".join(faults)


def test_a_whole_secret_map_is_trusted_and_a_url_that_nobody_uses_is_a_warning(stack):
    assert told(stack.set(webhookUrls=Secret()), webhook="mine").faults() == []
    told(stack.set(webhookUrls={"mine": Secret(), "other": Secret()}), webhook="mine")
    assert [warning.partition(":")[0] for warning in stack.warnings()] == ["webhookUrls.other"]


@pytest.mark.parametrize(("minute", "warned"), [(19, False), (20, False), (21, True), (59, True)])
def test_a_run_nearer_than_forty_minutes_is_a_warning_where_there_is_a_pre_event(stack, minute, warned):
    changes = {"timeZone": "UTC", "recurEvery": "Day"}
    as_of = datetime(2027, 2, 3, 21, minute, tzinfo=UTC)
    stack.schedule(events={"before": {"a": QUEUE}}, **changes)
    paths = [warning.partition(":")[0] for warning in stack.warnings(as_of=as_of)]
    assert ("schedules.linux.events.before" in paths) == warned
    stack.schedule(events={"after": {"a": QUEUE}}, **changes)
    assert "events" not in str(stack.warnings(as_of=as_of))
    stack.schedule(events={"before": {"a": QUEUE}}, **changes)
    assert "events" not in str(stack.warnings())


def test_grants_are_as_narrow_as_the_file_and_each_is_made_once(stack, vm_id, arc_id):
    def events(*, cancel):
        return {"before": {"a": QUEUE}, "grant": {"principalId": PRINCIPAL.upper(), "cancel": cancel}}

    azure_only = {"subscriptions": ["spoke"], "resourceTypes": ["Microsoft.Compute/virtualMachines"]}
    arc_only = {"subscriptions": ["main"], "resourceTypes": ["Microsoft.HybridCompute/machines"]}
    group = {"subscriptions": ["main"], "resourceGroup": "rg-web", "locations": ["westeurope"]}
    stack.schedules(
        one={"events": events(cancel=True), "scopes": {"a": azure_only, "b": arc_only, "c": group}},
        two={"events": events(cancel=False), "scopes": {"a": azure_only}, "machines": [vm_id("vm"), arc_id("arc")]},
        three={"events": {"before": {"a": QUEUE}}, "scopes": {"all": {"osTypes": ["Linux"]}}},
    )
    settings = stack.settings()
    found = [(one.scope_id, one.role.title) for one in grants_of(settings)]
    assert len(set(found)) == len(found)
    on_machines = ("Reader", "Virtual Machine Contributor", "Tag Contributor")
    places = (f"/subscriptions/{SPOKE}", f"/subscriptions/{MAIN}/resourceGroups/rg-web", vm_id("vm"))
    expected = {(place, role) for place in places for role in on_machines}
    assert set(found) == expected | {(settings.schedules["one"].resource_id, "Contributor")}
    assert {one.principal_id for one in grants_of(settings)} == {PRINCIPAL}


@given(texts, texts)
def test_a_system_topic_s_name_is_one_that_azure_takes_and_tells_configurations_apart(one, other):
    ids = [maintenance_configuration_id(MAIN, "rg", name) for name in (one, other)]
    first, second = (names.system_topic_name(name, made) for name, made in zip((one, other), ids, strict=True))
    assert re.fullmatch(r"[A-Za-z0-9-]{3,50}", first)
    assert (first == second) is (one == other) or ids[0].lower() == ids[1].lower()


def test_a_system_topic_s_name_is_its_configuration_s_and_a_hash():
    hashed = hashlib.sha256(CONFIGURATION.lower().encode()).hexdigest()[:8]
    assert names.system_topic_name("linux", CONFIGURATION) == f"linux-{hashed}"
    assert names.system_topic_name("linux", CONFIGURATION.upper()) == f"linux-{hashed}"
    assert names.system_topic_name("l" * 90, CONFIGURATION) == f"{'l' * 41}-{hashed}"


@given(keys, keys, st.sampled_from(Moment), st.sampled_from(Moment))
def test_an_event_subscription_s_name_is_one_that_azure_takes_and_no_other_has_it(one, other, moment, another):
    first, second = (
        names.event_subscription_name(moment.value, one),
        names.event_subscription_name(another.value, other),
    )
    assert re.fullmatch(r"[A-Za-z0-9-]{3,64}", first)
    # Azure tells names apart without regard to case.
    assert (first.lower() == second.lower()) is ((one, moment) == (other, another))


def test_an_event_subscription_s_name_is_plain_where_it_can_be():
    assert names.event_subscription_name("pre", "start-machines") == "pre-start-machines"
    assert names.event_subscription_name("post", "Stop.it").startswith("post-Stop-it-")

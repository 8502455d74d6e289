"""Subscriptions that are not registered for Microsoft.Maintenance: told how to register, or registered when asked."""

import pytest

MAINTENANCE = "Microsoft.Maintenance"
SCHEDULE = {
    "start": "2027-01-12 22:00",
    "timeZone": "UTC",
    "duration": "02:00",
    "recurEvery": "Month Second Tuesday",
    "updates": {"linux": {"classifications": ["Security"]}},
    "scopes": {"all": {"tags": {"ring": ["one"]}}},
}


@pytest.fixture
def unregistered(subscription):
    """A subscription of this test alone that is not registered for Microsoft.Maintenance."""
    found = subscription()
    found.clients.resources.providers.unregister(MAINTENANCE)
    assert state(found) == "NotRegistered"
    return found


def state(subscription):
    return subscription.clients.resources.providers.get(MAINTENANCE).registration_state


def configuration(subscription, **more):
    return {
        "azure-native:location": "westeurope",
        "azure-native:subscriptionId": subscription.id,
        "azure-patching:protect": False,
        "azure-patching:schedules": {
            "one": SCHEDULE,
            "two": SCHEDULE | {"start": "2027-01-12 03:00", "scopes": {"all": {"tags": {"ring": ["two"]}}}},
        },
        **more,
    }


def test_one_is_told_once_how_to_register(unregistered, pulumi_stack):
    stack = pulumi_stack(configuration(unregistered))
    assert stack.preview().diagnostics == []
    failed = stack.up(check=False)
    assert failed.exit_code != 0
    told = [line for line in failed.diagnostics if "az provider register" in line]
    assert len(told) == 1, failed.diagnostics
    assert f"az provider register --wait --namespace {MAINTENANCE} --subscription {unregistered.id}" in told[0]
    assert state(unregistered) == "NotRegistered"


def test_the_stack_registers_when_it_is_asked_to(unregistered, pulumi_stack, local_azure):
    host = local_azure.environment["AZURE_SANDBOX_HTTPS_URL"].removeprefix("https://")
    more = {"azure-patching:registerResourceProviders": True, "azure-native:metadataHost": host}
    stack = pulumi_stack(configuration(unregistered, **more))
    trusted = {"REQUESTS_CA_BUNDLE": local_azure.environment["AZURE_SANDBOX_CA_BUNDLE"]}
    stack.preview(**trusted)
    assert state(unregistered) == "NotRegistered"
    stack.up(**trusted)
    assert state(unregistered) == "Registered"
    assert unregistered.configuration("rg-patching-" + stack.name, "one").recur_every == "Month Second Tuesday"
    assert stack.up(**trusted).changes == {}


def test_what_is_in_the_way_of_registering_is_told(unregistered, pulumi_stack):
    more = {"azure-patching:registerResourceProviders": True, "azure-native:metadataHost": "127.0.0.1:1"}
    failed = pulumi_stack(configuration(unregistered, **more)).up(check=False)
    assert failed.exit_code != 0
    (told,) = [line for line in failed.diagnostics if "az provider register" in line]
    assert "the stack could not" in told
    assert state(unregistered) == "NotRegistered"

"""The harness itself: each of its guards bites."""

import pulumi
import pytest
from pulumi_azure_native import Provider, authorization, policyinsights, resources, storage


def _provider():
    return Provider("main", subscription_id="11111111-1111-4111-8111-111111111111")


def _group(name, provider, **options):
    return resources.ResourceGroup(
        name, resource_group_name=name, location="westeurope", opts=pulumi.ResourceOptions(provider=provider, **options)
    )


def test_what_a_program_declares_is_recorded(record):
    def program():
        group = _group("rg", _provider(), protect=True)
        pulumi.export("id", group.id)

    recording = record(program)
    group = recording.one("azure-native:resources:ResourceGroup")
    assert group.inputs["location"] == "westeurope"
    assert group.protect
    assert recording.registrations[group.provider].name == "main"
    assert recording.outputs == {"id": "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg"}


def test_an_unknown_type_fails(record):
    def program():
        storage.StorageAccount(
            "account",
            resource_group_name="rg",
            kind="StorageV2",
            sku=storage.SkuArgs(name="Standard_LRS"),
            opts=pulumi.ResourceOptions(provider=_provider()),
        )

    with pytest.raises(Exception, match="unknown resource type azure-native:storage:StorageAccount"):
        record(program)


def test_a_duplicate_name_fails(record):
    def program():
        provider = _provider()
        _group("rg", provider)
        _group("rg", provider)

    with pytest.raises(Exception, match="duplicate resource"):
        record(program)


def test_a_resource_on_the_default_provider_fails(record):
    with pytest.raises(Exception, match="has no explicit provider"):
        record(lambda: _group("rg", None))


def test_an_unknown_function_fails(record):
    def program():
        provider = _provider()
        pulumi.export(
            "config", authorization.get_client_config_output(opts=pulumi.InvokeOptions(provider=provider)).client_id
        )

    with pytest.raises(Exception, match="unknown function azure-native:authorization:getClientConfig"):
        record(program)


def _read_remediation():
    read = policyinsights.get_remediation_at_resource_output(
        remediation_name="r", resource_id="/subscriptions/s", opts=pulumi.InvokeOptions(provider=_provider())
    )
    pulumi.export("state", read.provisioning_state)


def test_a_function_called_in_a_preview_fails(record):
    with pytest.raises(Exception, match="was called in a preview"):
        record(_read_remediation, preview=True)


def test_a_known_function_is_answered_and_recorded(record):
    recording = record(_read_remediation)
    assert recording.outputs == {"state": "Succeeded"}
    assert [token for token, *_ in recording.calls] == ["azure-native:policyinsights:getRemediationAtResource"]


def test_what_a_program_raises_is_raised(record):
    def program():
        pulumi.Output.from_input(1).apply(lambda _: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        record(program)


def test_secrets_are_recorded_as_such(record):
    def program():
        Provider("main", subscription_id="s", client_secret=pulumi.Output.secret("hush"))

    provider = record(program).one("pulumi:providers:azure-native")
    assert provider.inputs["clientSecret"] == "hush"
    assert provider.secrets == {"clientSecret"}


def test_outputs_of_new_resources_are_unknown_in_a_preview(record):
    def program():
        _group("rg", _provider())
        pulumi.export("id", _group("rg2", _provider2()).id)

    def _provider2():
        return Provider("spoke", subscription_id="22222222-2222-4222-8222-222222222222")

    assert isinstance(record(program, preview=True).outputs["id"], pulumi.output.Unknown)

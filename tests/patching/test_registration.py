import pytest

from patching.registration import missing_registration, register_command


@pytest.mark.parametrize(
    ("error", "namespace"),
    [
        (
            (
                'Status=409 Code="MissingSubscriptionRegistration" Message="The subscription is not registered to use '
                "namespace 'Microsoft.Maintenance'. See https://aka.ms/rps-not-found\""
            ),
            "Microsoft.Maintenance",
        ),
        (
            (
                "The subscription registration is in 'Unregistered' state. The subscription must be registered to use "
                "namespace 'Microsoft.PolicyInsights'. See https://aka.ms/rps-not-found"
            ),
            "Microsoft.PolicyInsights",
        ),
        ("The subscription '<REDACTED>' is not registered to use microsoft.insights.", "microsoft.insights"),
        ("The client is not authorized to register resource providers", None),
        ("", None),
    ],
)
def test_azures_several_words_for_it(error, namespace):
    assert missing_registration(["something else", error]) == namespace


def test_the_command_names_both():
    command = register_command("Microsoft.Maintenance", "11111111-1111-4111-8111-111111111111")
    assert "--namespace Microsoft.Maintenance " in command
    assert command.endswith("--subscription 11111111-1111-4111-8111-111111111111")

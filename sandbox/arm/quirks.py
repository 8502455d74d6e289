"""Where the service answers otherwise than its documentation says: each quirk by name, with its source, switchable."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Quirk:
    """One oddity of the service: what it does, where that is on record, and whether the local Azure does it unasked."""

    name: str
    what: str
    source: str
    on: bool = True


LOWER_CASED_IDS = "lower-cased-ids"
REBOOT_SPELLING = "reboot-spelling"
NULLS = "nulls"
DEFAULT_EXPIRY = "default-expiry"
LONG_IDS_FAIL = "long-ids-fail"
NAME_HELD_AFTER_DELETE = "name-held-after-delete"
MISSING_ASSIGNMENT_IS_400 = "missing-assignment-is-400"
NO_SUBSCRIPTION_LIST = "no-subscription-list"
ROLES_SPREAD_SLOWLY = "roles-spread-slowly"

QUIRKS = (
    Quirk(
        LOWER_CASED_IDS,
        "Microsoft.Maintenance answers its ids, and the ids of what they refer to, in lower case.",
        "Azure/azure-rest-api-specs issues 8653 and 34824",
    ),
    Quirk(
        REBOOT_SPELLING,
        "The reboot settings Never and Always of a configuration come back as NeverReboot and AlwaysReboot.",
        "Azure/azure-rest-api-specs issues 22872, 27222 and 27409",
    ),
    Quirk(
        NULLS,
        "The fields of a dynamic scope's filter that were not sent come back as null.",
        "alchemy-run/alchemy, tested against the service",
    ),
    Quirk(
        DEFAULT_EXPIRY,
        "A maintenance window without an end comes back with expirationDateTime 9999-12-31 23:59:59.",
        "the description of expirationDateTime in the published REST specification",
    ),
    Quirk(
        LONG_IDS_FAIL,
        "A write to Microsoft.Maintenance whose full id is longer than 256 characters is answered 500.",
        "alchemy-run/alchemy, tested against the service",
    ),
    Quirk(
        NAME_HELD_AFTER_DELETE,
        "The name of a maintenance configuration just deleted cannot be used for two minutes: 409.",
        "alchemy-run/alchemy, tested against the service; Microsoft's documentation says about 20 minutes",
        on=False,
    ),
    Quirk(
        MISSING_ASSIGNMENT_IS_400,
        "A GET of a configuration assignment that does not exist is answered 400 instead of 404.",
        "Azure/azure-rest-api-specs issue 26565 (in some cases only)",
        on=False,
    ),
    Quirk(
        NO_SUBSCRIPTION_LIST,
        "Listing all configuration assignments within a subscription is answered 501 NotImplemented.",
        "Azure/azure-rest-api-specs issue 27660; Microsoft's troubleshooting page calls it unsupported",
        on=False,
    ),
    Quirk(
        ROLES_SPREAD_SLOWLY,
        "A role assignment allows its principal something only ten minutes after it was made.",
        "learn.microsoft.com/azure/role-based-access-control/troubleshooting (up to 10 minutes)",
        on=False,
    ),
)
ON_BY_DEFAULT = frozenset(quirk.name for quirk in QUIRKS if quirk.on)

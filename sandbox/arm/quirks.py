"""Where the service answers otherwise than its documentation says: each quirk by name, with its source, switchable."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Quirk:
    """One oddity of the service: what it does, and where that is on record.

    The local Azure does it unasked, unless `off_because` says why not.
    """

    name: str
    what: str
    source: str
    off_because: str = ""

    @property
    def on(self) -> bool:
        """Whether the local Azure does it unasked."""
        return not self.off_because


LOWER_CASED_IDS = "lower-cased-ids"
REBOOT_SPELLING = "reboot-spelling"
NULLS = "nulls"
DEFAULT_EXPIRY = "default-expiry"
LONG_IDS_FAIL = "long-ids-fail"
NAME_HELD_AFTER_DELETE = "name-held-after-delete"
MISSING_ASSIGNMENT_IS_400 = "missing-assignment-is-400"
NO_SUBSCRIPTION_LIST = "no-subscription-list"
ROLES_SPREAD_SLOWLY = "roles-spread-slowly"
THROTTLING = "throttling"
AZURES_OWN_BUDGET = "azures-own-budget"

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
    ),
    Quirk(
        NO_SUBSCRIPTION_LIST,
        "Listing all configuration assignments within a subscription is answered 501 NotImplemented.",
        "Azure/azure-rest-api-specs issue 27660; alchemy-run/alchemy, tested against the service; Microsoft's "
        "troubleshooting page calls it unsupported",
    ),
    Quirk(
        THROTTLING,
        "Past a budget of requests, ARM answers 429 with Retry-After. The budget is a hundred times Azure's: for each "
        "subscription (or the tenant), principal and kind of request 25,000 reads, 20,000 writes and 20,000 deletes, "
        "of which 2,500, 1,000 and 1,000 come back each second.",
        "learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling",
    ),
    Quirk(
        AZURES_OWN_BUDGET,
        "Throttling has Azure's own budget: 250 reads, 200 writes, 200 deletes; 25, 10 and 10 come back each second.",
        "learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling",
        off_because="the way to Azure is slow enough that few clients meet the budget; the way to here is not",
    ),
    Quirk(
        MISSING_ASSIGNMENT_IS_400,
        "A GET of an assignment that does not exist, on a machine that has another, is answered 400 instead of 404.",
        "Azure/azure-rest-api-specs issue 26565 (November 2023)",
        off_because="the record is doubtful: hashicorp/terraform-provider-azurerm issue 23772 found it mended in March "
        "2024, and with it azure-native could not make a machine's second assignment",
    ),
    Quirk(
        ROLES_SPREAD_SLOWLY,
        "A role assignment allows its principal something only ten minutes after it was made.",
        "learn.microsoft.com/azure/role-based-access-control/troubleshooting (up to 10 minutes)",
        off_because="ten minutes is the longest, not the usual; a first `up` would take that long",
    ),
)
ON_BY_DEFAULT = frozenset(quirk.name for quirk in QUIRKS if quirk.on)


def switched(choices: Iterable[str], standing: frozenset[str] = ON_BY_DEFAULT) -> frozenset[str]:
    """Return the names of the quirks that are on, after choices such as `nulls=off`, the last of a name counting.

    Raises ValueError, with what is allowed, for a choice that is none.
    """
    on = set(standing)
    known = {quirk.name for quirk in QUIRKS}
    for choice in choices:
        name, _, state = choice.partition("=")
        if name not in known or state not in {"on", "off"}:
            raise ValueError(f"'{choice}' is no quirk=on or quirk=off. The quirks: {', '.join(sorted(known))}.")
        (on.add if state == "on" else on.discard)(name)
    return frozenset(on)

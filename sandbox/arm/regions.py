"""The regions of Azure's public cloud: short name and display name, for checking and for normalising a location."""

from collections.abc import Mapping
from typing import Any

from sandbox.arm.errors import ArmError, bad_request

REGIONS = {
    "australiacentral": "Australia Central",
    "australiacentral2": "Australia Central 2",
    "australiaeast": "Australia East",
    "australiasoutheast": "Australia Southeast",
    "austriaeast": "Austria East",
    "belgiumcentral": "Belgium Central",
    "brazilsouth": "Brazil South",
    "brazilsoutheast": "Brazil Southeast",
    "canadacentral": "Canada Central",
    "canadaeast": "Canada East",
    "centralindia": "Central India",
    "centralus": "Central US",
    "chilecentral": "Chile Central",
    "denmarkeast": "Denmark East",
    "eastasia": "East Asia",
    "eastus": "East US",
    "eastus2": "East US 2",
    "francecentral": "France Central",
    "francesouth": "France South",
    "germanynorth": "Germany North",
    "germanywestcentral": "Germany West Central",
    "indonesiacentral": "Indonesia Central",
    "israelcentral": "Israel Central",
    "italynorth": "Italy North",
    "japaneast": "Japan East",
    "japanwest": "Japan West",
    "jioindiacentral": "Jio India Central",
    "jioindiawest": "Jio India West",
    "koreacentral": "Korea Central",
    "koreasouth": "Korea South",
    "malaysiawest": "Malaysia West",
    "mexicocentral": "Mexico Central",
    "newzealandnorth": "New Zealand North",
    "northcentralus": "North Central US",
    "northeurope": "North Europe",
    "norwayeast": "Norway East",
    "norwaywest": "Norway West",
    "polandcentral": "Poland Central",
    "qatarcentral": "Qatar Central",
    "southafricanorth": "South Africa North",
    "southafricawest": "South Africa West",
    "southcentralus": "South Central US",
    "southindia": "South India",
    "southeastasia": "Southeast Asia",
    "spaincentral": "Spain Central",
    "swedencentral": "Sweden Central",
    "swedensouth": "Sweden South",
    "switzerlandnorth": "Switzerland North",
    "switzerlandwest": "Switzerland West",
    "uaecentral": "UAE Central",
    "uaenorth": "UAE North",
    "uksouth": "UK South",
    "ukwest": "UK West",
    "westcentralus": "West Central US",
    "westeurope": "West Europe",
    "westindia": "West India",
    "westus": "West US",
    "westus2": "West US 2",
    "westus3": "West US 3",
}
GLOBAL = "global"
DEFAULT = "westeurope"
"""The region of what names none, or none that is known."""


def normalised(location: str) -> str:
    """Return a location as ARM compares it: `West Europe` and `westeurope` are the same."""
    return location.replace(" ", "").lower()


def region(location: object, resource_type: str) -> str:
    """Return the short name of the region that a request names for a resource of the given type.

    Raises ArmError (400): LocationRequired where there is none, LocationNotAvailableForResourceType where it is no
    region.
    """
    if not isinstance(location, str) or not location.strip():
        raise bad_request("LocationRequired", "The location property is required for this definition.")
    short = normalised(location)
    if short not in REGIONS:
        raise bad_request(
            "LocationNotAvailableForResourceType",
            f"The provided location '{location}' is not available for resource type '{resource_type}'. "
            f"List of available regions for the resource type is '{','.join(REGIONS)}'.",
        )
    return short


def region_of(document: Mapping[str, Any]) -> str:
    """Return the location of a stored resource, for its operations; the default where it has none."""
    return str(document.get("location") or DEFAULT)


def check_unchanged(found: object, asked: str, name: str, resource_group: str | None) -> None:
    """Check that a write does not move a resource to another region.

    Raises ArmError (409 InvalidResourceLocation).
    """
    if isinstance(found, str) and normalised(found) != normalised(asked):
        raise ArmError(
            409,
            "InvalidResourceLocation",
            f"The resource '{name}' already exists in location '{found}' in resource group '{resource_group}'. "
            f"A resource with the same name cannot be created in location '{asked}'. "
            "Please select a new resource name.",
        )

"""A machine as policy rules see it: an Azure VM or an Arc-enabled server, read field by field from its document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from sandbox.arm.ids import ARC_MACHINE, MACHINE_TYPES, ResourceId
from sandbox.arm.store import Resource

LINUX = "linux"
WINDOWS = "windows"

_IMAGE = ("storageProfile", "imageReference")


@dataclass(frozen=True)
class Machine:
    """One machine; fields that it does not have, or that have another type than text, read as ''."""

    id: ResourceId
    location: str
    tags: Mapping[str, str]
    properties: Mapping[str, Any]

    @property
    def is_arc(self) -> bool:
        """Tell an Arc-enabled server from an Azure VM."""
        return self.id.is_type(ARC_MACHINE)

    @property
    def os_type(self) -> str:
        """The OS that the machine's document states, in lower case: osDisk.osType of a VM, osName of an Arc machine."""
        path = ("osName",) if self.is_arc else ("storageProfile", "osDisk", "osType")
        return self.text(*path).lower()

    @property
    def publisher(self) -> str:
        """The publisher of a marketplace image, in lower case."""
        return self.text(*_IMAGE, "publisher").lower()

    @property
    def offer(self) -> str:
        """The offer of a marketplace image, in lower case."""
        return self.text(*_IMAGE, "offer").lower()

    @property
    def sku(self) -> str:
        """The SKU of a marketplace image, in lower case."""
        return self.text(*_IMAGE, "sku").lower()

    @property
    def image_id(self) -> str:
        """The id of a gallery image or a custom image, in lower case."""
        return self.text(*_IMAGE, "id").lower()

    def has(self, *path: str) -> bool:
        """Tell whether the properties hold something at the path."""
        return value_at(self.properties, *path) is not None

    def text(self, *path: str) -> str:
        """Return the text at a path of the properties."""
        value = value_at(self.properties, *path)
        return value if isinstance(value, str) else ""

    def patch_setting(self, os_type: str, *path: str) -> Any:
        """Return a patch setting of the given OS's configuration (`linux` or `windows`), or None."""
        return value_at(self.properties, "osProfile", f"{os_type}Configuration", "patchSettings", *path)


def is_machine(resource_id: ResourceId) -> bool:
    """Tell whether policy for machines looks at resources of this type."""
    return any(resource_id.is_type(one) for one in MACHINE_TYPES)


def machine_of(resource: Resource) -> Machine:
    """Return the machine that a stored resource is."""
    tags: Mapping[str, str] = resource.document.get("tags") or {}
    return Machine(resource.id, str(resource.document.get("location") or ""), tags, resource.properties)


def value_at(document: object, *path: str) -> Any:
    """Return what is at a path of nested JSON objects, the keys in any case, or None."""
    for key in path:
        if not isinstance(document, Mapping):
            return None
        mapping = cast("Mapping[str, object]", document)
        document = mapping.get(key)
        if document is None:
            document = next((value for name, value in mapping.items() if name.lower() == key.lower()), None)
    return document


def is_text(value: object, expected: str) -> bool:
    """Compare as policy's `equals` does: text, without regard to case."""
    return isinstance(value, str) and value.lower() == expected.lower()

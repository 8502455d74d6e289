"""ARM ids from arguments, and arguments from ARM ids.

Both as azure-native does it: `PrepareAzureRESTIdAndQuery` in `provider/pkg/provider/crud/crud.go`, `ParseResourceID` in
`provider/pkg/resources/parseResourceId.go`.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from sandbox.plugin.errors import PluginError
from sandbox.plugin.table import FULL_ID_PARAMETERS, ResourceType

_SEGMENT_SAFE = "$&+=:@~"

NO_SUBSCRIPTION = (
    "A Subscription ID must be configured. Set it with 'pulumi config set azure-native:subscriptionId <id>', "
    "or as subscription_id of an explicit provider."
)


def resource_id(resource_type: ResourceType, arguments: Mapping[str, Any], subscription: str) -> str:
    """Return the id of the resource that `arguments` describe.

    Raises PluginError where a path argument is missing or is no text, or where the subscription is needed and not
    known.
    """
    identifier = resource_type.path
    if "{subscriptionId}" in identifier:
        if not subscription:
            raise PluginError(NO_SUBSCRIPTION)
        identifier = identifier.replace("{subscriptionId}", subscription)
    for name in resource_type.parameters:
        identifier = identifier.replace(f"{{{name}}}", _segment(name, arguments.get(name)))
    return identifier


def _segment(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise PluginError(f"expected string value for path parameter '{name}', got {type(value).__name__}")
    return value.strip("/") if name in FULL_ID_PARAMETERS else quote(value, safe=_SEGMENT_SAFE)


def path_arguments(resource_type: ResourceType, identifier: str) -> dict[str, str]:
    """Return the path arguments of the resource `identifier`, without the subscription.

    Literal parts are compared without regard to case. A scope comes without the slash in front, as from azure-native.
    Raises PluginError where the id is not one of this type.
    """
    segments = (
        f"(?P<{segment[1:-1]}>.*?)" if segment.startswith("{") else re.escape(segment)
        for segment in resource_type.path.split("/")
    )
    match = re.fullmatch("/".join(segments), identifier, re.IGNORECASE)
    if match is None:
        raise PluginError(f"failed to parse '{identifier}' against the path '{resource_type.path}'")
    return {name: match[name] for name in resource_type.parameters}

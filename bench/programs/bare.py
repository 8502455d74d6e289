"""A resource with nothing of azure-native's typed SDK around it: what the engine and Pulumi's own SDK cost."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import pulumi


def declare(token: str, name: str, inputs: Mapping[str, Any], options: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """Declares `azure-native:TOKEN`; inputs by azure-native's names."""
    of_version = pulumi.ResourceOptions(version=version("pulumi-azure-native"))
    return pulumi.CustomResource(
        f"azure-native:{token}", name, dict(inputs), pulumi.ResourceOptions.merge(options, of_version)
    )

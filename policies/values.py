"""Resources as plain values, whatever the policy SDK wraps them in."""

import re
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, cast

from pulumi_policy import PolicyResource, ResourceValidationArgs
from pulumi_policy.proxy import (
    UNKNOWN_ARCHIVE_VALUE,
    UNKNOWN_ARRAY_VALUE,
    UNKNOWN_ASSET_VALUE,
    UNKNOWN_BOOLEAN_VALUE,
    UNKNOWN_NUMBER_VALUE,
    UNKNOWN_OBJECT_VALUE,
    UNKNOWN_STRING_VALUE,
)
from pulumi_policy.secret import Secret

from policies.rules.rule import UNKNOWN, Path, Plain, Resource, Stack

# A program that pins an API version has it in the token, or in the name of a package of its own:
# azure-native:compute/v20240701:VirtualMachine,
# azure-native_maintenance_v20230401:maintenance:MaintenanceConfiguration.
_TOKEN = re.compile(r"azure-native(?:_\w+)?:(\w+)(?:/v[0-9]{8}\w*)?:(\w+)", re.ASCII)
_MODULES = {"maintenance", "policyinsights"}
_KINDS = {
    "authorization:PolicyAssignment",
    "authorization:RoleAssignment",
    "compute:VirtualMachine",
    "resources:ResourceGroup",
}
_SENTINELS = frozenset(
    {
        UNKNOWN_ARCHIVE_VALUE,
        UNKNOWN_ARRAY_VALUE,
        UNKNOWN_ASSET_VALUE,
        UNKNOWN_BOOLEAN_VALUE,
        UNKNOWN_NUMBER_VALUE,
        UNKNOWN_OBJECT_VALUE,
        UNKNOWN_STRING_VALUE,
        "[secret]",  # what `pulumi policy analyze` has in the place of a secret that it cannot decrypt
    }
)


Depends = Mapping[str, tuple[str, ...]]
"""The URNs of the resources that each property of a resource comes from."""


class _Options(Protocol):
    """What is looked at of the SDK's options of a resource."""

    protect: bool
    ignore_changes: Sequence[str]


def kind_of(token: str) -> str | None:
    """The type of a resource without package and API version; None for one that no rule looks at."""
    match = _TOKEN.fullmatch(token)
    if match is None:
        return None
    kind = f"{match[1]}:{match[2]}"
    return kind if match[1] in _MODULES or kind in _KINDS else None


def plain(props: Mapping[str, Any]) -> dict[str, Any]:
    """Return properties as plain dicts and lists, with `UNKNOWN` for what a preview does not know."""
    raw = cast("Mapping[str, Any]", _unwrapped(props))
    return {key: _value(raw[key]) for key in raw}


def _value(value: Any) -> Any:
    if isinstance(value, Secret):
        return _value(value.value)
    if isinstance(value, str):
        return UNKNOWN if value in _SENTINELS else value
    if isinstance(value, Mapping):
        return plain(cast("Mapping[str, Any]", value))
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [_value(one) for one in _unwrapped(cast("Sequence[Any]", value))]
    return value


def _unwrapped(proxy: Any) -> Any:
    """What is in one of the SDK's proxies, got as the SDK itself gets it: they raise at each unknown value."""
    return cast("Any", proxy) if isinstance(proxy, dict | list) else proxy["__target"]


def _flat(props: dict[str, Any]) -> dict[str, Any]:
    """Properties as azure-native has them now: what a program or a state keeps under `properties` is at the top."""
    inner: Any = props.get("properties")
    return {**cast("dict[str, Any]", inner), **props} if isinstance(inner, dict) else props


def resource_of(args: ResourceValidationArgs, kind: str) -> Resource:
    """The resource that the engine gives a resource policy: its inputs."""
    return _resource(args, kind, _flat(plain(args.props)), {}, {})


def _resource(
    args: ResourceValidationArgs | PolicyResource,
    kind: str,
    props: Plain,
    outputs: Plain,
    depends: Depends,
) -> Resource:
    # Where the SDK's own classes are not at hand, as in a test of a policy by itself, an attribute may be missing.
    options: _Options | None = getattr(args, "opts", None)
    provider: Any = getattr(args, "provider", None)
    return Resource(
        kind=kind,
        props=props,
        urn=getattr(args, "urn", ""),
        name=getattr(args, "name", ""),
        protect=bool(options and options.protect),
        ignored=tuple(options.ignore_changes) if options else (),
        subscription=plain(provider.props).get("subscriptionId") if provider else None,
        depends=depends,
        outputs=outputs,
    )


class Inputs:
    """What the engine showed, taken out of the SDK's wrapping once, for all rules.

    The inputs of each resource are kept until it shows the whole stack. Of that it shows the outputs: in a preview all
    that the program did not set is unknown there, and a resource's own name and group are never there.
    """

    def __init__(self) -> None:
        self._seen: dict[str, Resource] = {}
        self._stack: Stack | None = None

    def see(self, args: ResourceValidationArgs, kind: str) -> None:
        """Keeps a resource; an update's takes the place of its preview's."""
        self._seen[args.urn] = resource_of(args, kind)

    def see_stack(self, resources: Iterable[tuple[PolicyResource, Depends]]) -> None:
        """Keeps a stack, in the place of the one that was shown before."""
        found = ((one, kind, depends) for one, depends in resources if (kind := kind_of(one.resource_type)))
        self._stack = Stack([self._merged(*each) for each in found])

    def resource(self, args: ResourceValidationArgs, kind: str) -> Resource:
        """The resource that a rule is asked about: the one that was kept, or what the SDK hands it."""
        return self._seen.get(getattr(args, "urn", "")) or resource_of(args, kind)

    def stack(self, resources: Iterable[PolicyResource]) -> Stack:
        """The stack that a rule is asked about: the one that was kept, or what the SDK hands it."""
        if self._stack is None:
            self.see_stack((one, _depends(one)) for one in resources)
        return cast("Stack", self._stack)

    def _merged(self, one: PolicyResource, kind: str, depends: Depends) -> Resource:
        outputs = _flat(plain(one.props))
        seen = self._seen.get(one.urn)
        if seen is None or not seen.props:
            # A program that only reads a resource gives it no inputs, and it is not shown by itself.
            return replace(_resource(one, kind, outputs, outputs, depends), managed=not self._seen)
        # What the program does not set is Azure's default, and no input that may yet have a value.
        known = {key: value for key, value in outputs.items() if value is not UNKNOWN}
        return _resource(one, kind, {**known, **seen.props}, outputs, depends)


def _depends(resource: PolicyResource) -> Depends:
    return {name: tuple(other.urn for other in others) for name, others in resource.property_dependencies.items()}


def mended(props: Mapping[str, Any], values: Mapping[Path, Any]) -> Mapping[str, Any] | None:
    """The SDK's own properties with some values put right in place: what is secret or unknown beside them stays so.

    None where there is nothing to put right, or no place for it.
    """
    fitting = {path: value for path, value in values.items() if _has_place(props, path)}
    for path, value in fitting.items():
        here = cast("MutableMapping[str, Any]", props)
        for name in path[:-1]:
            if here.get(name) is None:
                here[name] = {}
            here = here[name]
        here[path[-1]] = value
    return props if fitting else None


def _has_place(props: Mapping[str, Any], path: Path) -> bool:
    """Whether there are maps, or nothing yet, all the way to a place."""
    here: Any = props
    for name in path[:-1]:
        here = cast("Mapping[str, Any]", here).get(name)
        if here is None:
            return True
        if not isinstance(here, Mapping):
            return False
    return True

"""What every component here needs to declare its resources: its type, checks of what is plain, and values that wait.

Nothing in here declares a resource.
"""

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import Any, NoReturn, TypeVar, cast

import pulumi

from patching.faults import Fault
from patching.resource_ids import is_in_the_providers_subscription
from patching.settings.entries import Entry
from patching.settings.validation import read_entry

from .registrations_first import wait_for_registrations_first

PACKAGE = "azure-patching"
_KEEP_VERSION_ALIASES = "keepVersionAliases"
_VERSION_ALIAS = re.compile(r"azure-native:[^/:]+/v\d[^/:]*:[^:]+$")

T = TypeVar("T")
U = TypeVar("U")
V = TypeVar("V")


def component_type(component: type[pulumi.ComponentResource]) -> str:
    """A component's type token, by which engine and other languages know it: `azure-patching:index:DynamicScope`."""
    return f"{PACKAGE}:index:{component.__name__}"


def component_options(opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions:
    """A component's options as its caller gave them, and without azure-native's version aliases for its children.

    What every component calls: a program of many is registered in linear time from here on.
    """
    wait_for_registrations_first()
    options = pulumi.ResourceOptions() if opts is None else copy(opts)
    given = options.transformations or []
    # First, so that what the caller's own transformations add stays.
    first = without_version_aliases()
    options.transformations = [*first, *(one for one in given if one not in first)]
    return options


def without_version_aliases() -> list[pulumi.ResourceTransformation]:
    """Transformations that keep azure-native's version aliases from resources; all other aliases stay.

    azure-native gives every resource an alias for each API version that it has ever had a module for, 8 to 29 of them,
    so that state written under such a module is found again. Sending them costs more than all the rest of a resource,
    and nothing here was ever written under one. Who has such state, taken over from another program, sets
    `azure-patching:keepVersionAliases` to true.

    Not for the stack: there they would reach other people's resources, and a component host refuses them.
    """
    keep = pulumi.Config(PACKAGE).get_bool(_KEEP_VERSION_ALIASES)
    return [] if keep else [_remove_version_aliases]


def _remove_version_aliases(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    aliases = args.opts.aliases
    if not isinstance(aliases, Sequence) or not args.type_.startswith("azure-native:"):
        return None
    opts = copy(args.opts)
    opts.aliases = [alias for alias in aliases if not _is_version_alias(alias)]
    return pulumi.ResourceTransformationResult(args.props, opts)


def _is_version_alias(alias: object) -> bool:
    return isinstance(alias, pulumi.Alias) and _VERSION_ALIAS.match(str(alias.type_)) is not None


def replaced_in_another_subscription(subscription_id: str) -> pulumi.ResourceTransformation:
    """A transformation by which resources are replaced when their provider's subscription becomes another.

    azure-native finds nothing to change then: the subscription is no argument of a resource, only a part of its id.
    What the state has without this trigger, because it was adopted, is taken as it is.
    """

    def attach(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if not is_in_the_providers_subscription(args.type_):
            return None
        opts = copy(args.opts)
        opts.replacement_trigger = subscription_id
        return pulumi.ResourceTransformationResult(args.props, opts)

    return attach


class FaultsError(pulumi.RunError):
    """What ends a program with faults: where they are, and each of them."""

    def __init__(self, where: str, faults: Sequence[Fault]) -> None:
        """`where` is the component, as `DynamicScope "all-linux"`, or the stack's file."""
        self.where = where
        self.faults = tuple(faults)
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        super().__init__("\n".join([f"{where}: {count}", *(f"  {fault}" for fault in faults)]))


def raise_faults(where: str, faults: Sequence[Fault]) -> NoReturn:
    """Ends the program with all faults in one message.

    Raises:
        FaultsError: always.
    """
    raise FaultsError(where, faults)


def is_plain(value: object) -> bool:
    """Whether a value is known now, all the way down: no output and nothing to await is in it."""
    if isinstance(value, Mapping):
        return all(is_plain(inner) for inner in cast("Mapping[object, object]", value).values())
    if isinstance(value, list | tuple):
        return all(is_plain(inner) for inner in cast("Sequence[object]", value))
    return not isinstance(value, pulumi.Output) and not hasattr(value, "__await__")


def when_known(value: pulumi.Input[T], read: Callable[[T], U]) -> pulumi.Input[U]:
    """Reads a value at once if it is plain, so that a mistake in it is found early; otherwise when it is known."""
    if is_plain(value):
        return read(cast("T", value))
    output: pulumi.Output[T] = pulumi.Output.from_input(cast("Any", value))
    return output.apply(read)


def both_known(one: pulumi.Input[T], other: pulumi.Input[U], read: Callable[[T, U], V]) -> pulumi.Input[V]:
    """Reads two values at once if both are plain; otherwise when both are known."""
    if is_plain(other):
        # One output is cheaper than one of two.
        return when_known(one, lambda known: read(known, cast("U", other)))
    return when_known(cast("pulumi.Input[tuple[T, U]]", (one, other)), lambda known: read(*known))


def together(outputs: Mapping[str, pulumi.Output[T]]) -> pulumi.Output[dict[str, T]]:
    """One output of many, by key."""
    return pulumi.Output.from_input(cast("Any", dict(outputs)))


def together_in_order(outputs: Sequence[pulumi.Output[T]]) -> pulumi.Output[list[T]]:
    """One output of many, in order."""
    return pulumi.Output.from_input(cast("Any", list(outputs)))


def checked(
    where: str,
    model: type[Entry],
    values: Mapping[str, object],
    names: Mapping[str, str],
    also: Iterable[Fault] = (),
) -> dict[str, Any]:
    """Arguments judged by the core's own model of such an entry: a component and a stack file are told the same.

    What is plain is judged now, and all its faults are raised at once, together with those found by other means
    (`also`); what is an output is judged when it is known. `names` has the model's name for each argument that is
    judged; the others are left alone. Returns `values`, outputs with their check attached.

    Raises:
        pulumi.RunError: something plain is wrong or missing.
    """
    judged = {argument: values[argument] for argument in names if values.get(argument) is not None}
    plain = {argument: value for argument, value in judged.items() if is_plain(value)}
    later = judged.keys() - plain.keys()
    faults = [fault for fault in _entry_faults(model, plain, names) if fault.path not in later]
    if faults := [*faults, *also]:
        raise_faults(where, faults)

    def check_later(argument: str) -> Callable[[object], object]:
        def check(value: object) -> object:
            of_argument = [
                fault
                for fault in _entry_faults(model, {argument: value}, names)
                if re.match(rf"{argument}(\W|$)", fault.path)
            ]
            if of_argument:
                raise_faults(where, of_argument)
            return value

        return check

    return {
        **values,
        **{argument: when_known(cast("Any", judged[argument]), check_later(argument)) for argument in later},
    }


def _entry_faults(model: type[Entry], values: Mapping[str, object], names: Mapping[str, str]) -> list[Fault]:
    """The faults of an entry with these arguments, at the arguments' own names."""
    reading = read_entry(model, {names[argument]: value for argument, value in values.items()}, "", by_name=True)
    by_field = {field: argument for argument, field in names.items()}

    def at_argument(fault: Fault) -> Fault:
        field = re.split(r"\W", fault.path, maxsplit=1)[0]
        return replace(fault, path=by_field.get(field, field) + fault.path[len(field) :])

    return [at_argument(fault) for fault in reading.faults]


def after(value: T, *outputs: pulumi.Output[Any]) -> pulumi.Output[T]:
    """A plain value that carries the resources behind `outputs`.

    Whatever takes it as an input is created after those resources, and replaced with them, yet its value is known in
    every preview.
    """

    async def resources() -> set[pulumi.Resource]:
        behind = await asyncio.gather(*(output.resources() for output in outputs))
        return set[pulumi.Resource]().union(*behind)

    return pulumi.Output(resources(), settled(value), settled(value=True))


def waiting_for(outputs: Sequence[pulumi.Input[str]]) -> pulumi.Input[list[pulumi.Input[pulumi.Resource]]] | None:
    """What to give `depends_on` so that a resource waits for `outputs` to be known, without taking them as an input.

    In a preview nothing is waited for, but the resources behind the outputs are recorded as dependencies all the same.
    """
    if not outputs:
        return None
    return pulumi.Output.all(*outputs).apply(_nothing_more)


def _nothing_more(_: object) -> list[pulumi.Input[pulumi.Resource]]:
    return []


async def settled(value: T) -> T:
    """What is known already, to be awaited."""
    return value

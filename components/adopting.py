"""What is there already, as Azure has it: looked at before it is imported, in a preview too.

Only what a program says is there is ever looked at. `patching.own_words` says what is done with the answer.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

import pulumi

from .declaring import both_known, when_known

_ABSENT = re.compile(r"\b404\b|NotFound|does not exist")

There = Mapping[str, Any] | None
Inputs = dict[str, pulumi.Input[Any]]
"""Arguments of a resource, by azure-native's names."""


def in_own_words(
    inputs: Inputs,
    choose: Callable[[Mapping[str, Any], There], Mapping[str, Any]],
    getter: str,
    arguments: Mapping[str, str],
    parent: pulumi.Resource,
) -> Inputs:
    """The inputs of a resource to be imported, as `choose` has them beside what is there."""
    there = what_is_there(getter, arguments, parent)
    chosen = both_known(cast("pulumi.Input[dict[str, Any]]", inputs), there, choose)
    return {name: when_known(chosen, lambda known, name=name: known.get(name)) for name in inputs}


def what_is_there(getter: str, arguments: Mapping[str, str], parent: pulumi.Resource) -> pulumi.Output[There]:
    """What a function of azure-native answers of one resource; None where it is not there.

    `getter` is the function's token. That what is to be imported is not there is left to the import to say.

    Raises:
        pulumi.RunError: Azure could not be asked.
    """

    async def look() -> There:
        try:
            return await pulumi.runtime.invoke_async(getter, dict(arguments), pulumi.InvokeOptions(parent=parent))
        except Exception as error:
            if says_absent(error):
                return None
            raise pulumi.RunError(f"{getter} of {_named(arguments)}: {error}") from error

    return pulumi.Output.from_input(cast("Any", look()))


def says_absent(error: Exception) -> bool:
    """Whether a function of azure-native failed because there is no such resource."""
    return bool(_ABSENT.search(str(error)))


def _named(arguments: Mapping[str, str]) -> str:
    return "/".join(arguments.values())

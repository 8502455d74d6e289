"""Names as programs in other languages write them: `resourceGroupName` where Python has `resource_group_name`."""

import inspect
import re
from collections.abc import Mapping
from dataclasses import replace

from patching.faults import Fault

_SNAKE_CASE = re.compile(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b")
_WRAPPED = re.compile(r"(?<!\n)\n(?!\n|[-*] )")


class Words:
    """The names of a package's properties, by their Python names; whatever else is in a text stays as it is."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """`names` has the schema's name for each Python name."""
        self._names = names

    def of(self, text: str) -> str:
        """A text with the schema's names in it."""
        return _SNAKE_CASE.sub(lambda match: self._names.get(match[0], match[0]), text)

    def of_docstring(self, docstring: str) -> str:
        """A docstring as a description: not indented, one line for each paragraph and each item of a list."""
        return self.of(_WRAPPED.sub(" ", inspect.cleandoc(docstring)))

    def of_fault(self, fault: Fault) -> Fault:
        """A fault with the schema's names in all that is ours; what the user wrote stays."""
        return replace(
            fault,
            path=self.of(fault.path),
            expected=self.of(fault.expected),
            example=self.of(fault.example),
            fix=self.of(fault.fix),
        )

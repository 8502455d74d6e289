"""What a rule is."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal


class Unknown(Enum):
    """Stands for a value that a preview does not know; a rule leaves it until the update knows it."""

    UNKNOWN = "unknown"


UNKNOWN = Unknown.UNKNOWN


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule on one type of resource.

    `judge` takes the resource's inputs as plain values, `UNKNOWN` where one is not known, and returns one message for
    each thing that is wrong: what, why, and how to put it right.
    """

    name: str
    description: str
    resource_type: str
    severity: Literal["low", "medium", "high", "critical"]
    url: str
    judge: Callable[[Mapping[str, Any]], Sequence[str]]

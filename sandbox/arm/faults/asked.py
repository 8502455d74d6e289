"""What fault rules are chosen by, and what is wrong with some: all that a local Azure without rules needs of them."""

from dataclasses import dataclass


class FaultRuleError(ValueError):
    """What was given is no list of rules; the text says where, what was found and what is allowed."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The parts of a request by which rules are chosen. `api_version` is empty where the request has none."""

    method: str
    path: str
    api_version: str

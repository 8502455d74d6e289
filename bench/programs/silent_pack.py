"""A policy pack with as many rules as this project's, none of which says anything: what the policy SDK itself costs."""

import sys
from pathlib import Path

# It is run by its path, as the engine runs a pack.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pulumi_policy import PolicyPack, ResourceValidationPolicy, StackValidationPolicy

from policies.rules import RULES
from policies.rules.rule import StackRule


def _says_nothing(*_: object) -> None: ...


PolicyPack(
    "silent",
    [
        (StackValidationPolicy if isinstance(rule, StackRule) else ResourceValidationPolicy)(
            name=rule.name, description=rule.description, validate=_says_nothing
        )
        for rule in RULES
    ],
)

"""What is wrong with a pack's configuration although the engine takes it: the engine ignores what it does not know."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from policies.rules.rule import AnyRule, Rule

_ALL = "all"
"""The engine's own name for every rule that is not named."""
REMEDIATE = "remediate"


def configuration_faults(rules: Iterable[AnyRule], given: Mapping[str, tuple[str, Mapping[str, Any]]]) -> Iterator[str]:
    """What is wrong, one line each; `given` has the level and the settings of each name in the configuration."""
    by_name = {rule.name: rule for rule in rules}
    for name, (level, settings) in given.items():
        rule = by_name.get(name)
        if rule is not None:
            yield from _faults(rule, level, settings, remediates_all=_ALL in given)
        elif name != _ALL:
            yield f'"{name}" is no rule of this pack: {_meant(name, by_name)}.'


def _faults(rule: AnyRule, level: str, settings: Mapping[str, Any], *, remediates_all: bool) -> Iterator[str]:
    for name in settings:
        if name not in rule.settings:
            yield f'{rule.name} has no setting "{name}": {_meant(name, rule.settings)}.'
    mends = isinstance(rule, Rule) and rule.mend is not None
    if level == REMEDIATE and not mends and not remediates_all:
        yield f"{rule.name} mends nothing, so that its level cannot be remediate: write advisory or mandatory."


def _meant(name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = get_close_matches(name.lower(), names, n=1)
    if near:
        return f"write {near[0]}"
    return f"it can be {', '.join(names)}" if names else "it has none, but enforcementLevel"

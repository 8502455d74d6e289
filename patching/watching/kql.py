"""Parts of queries in the Kusto language: texts, lists, and what a dynamic scope lets through as a condition."""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from patching.scopes import RESOURCE_TYPES, ScopeFilter, TagOperator, location_key

if TYPE_CHECKING:
    from patching.settings.model import ScopeTarget, Settings

NOTHING = "false"
"""A condition that no row fulfils."""


def text(value: str) -> str:
    """A text as a query has it, in quotes."""
    return json.dumps(value, ensure_ascii=False)


def texts(values: Iterable[str]) -> str:
    """Texts as the operators `in` and `in~` take them, with their brackets; of none, a list that nothing is in."""
    return f"({', '.join(map(text, values)) or text('')})"


def ids(values: Iterable[str]) -> str:
    """Resource ids for `in`: in lower case, in a fixed order, each once."""
    return texts(sorted({value.lower() for value in values}))


def in_scopes(settings: "Settings") -> str:
    """The condition that a machine is in one of the stack's dynamic scopes, for rows with `os` (Linux or Windows).

    The filters are written out, because Resource Graph cannot take those of its own rows apart. Equal ones are asked
    once, for all the subscriptions that they look at.
    """
    subscriptions: dict[tuple[str, str], list[str]] = {}
    for schedule in settings.schedules.values():
        for scope in schedule.scopes.values():
            for target in scope.targets:
                place = subscriptions.setdefault((_group(target), _filter(scope.filter)), [])
                place.append(target.subscription_id.lower())
    conditions = [
        " and ".join(filter(None, (f"subscriptionId in~ {ids(seen)}", group, within)))
        for (group, within), seen in subscriptions.items()
    ]
    return "\n    or ".join(f"({one})" for one in conditions) or NOTHING


def _group(target: "ScopeTarget") -> str:
    return "" if target.resource_group is None else f"resourceGroup =~ {text(target.resource_group)}"


def _filter(scope: ScopeFilter) -> str:
    types = scope.resource_types if len(scope.resource_types) < len(RESOURCE_TYPES) else ()
    conditions = (
        _among("type", types),
        _among("resourceGroup", scope.resource_groups),
        _among("os", scope.os_types),
        _among("location", map(location_key, scope.locations)),
        _tags(scope.tags, scope.tag_operator),
    )
    return " and ".join(filter(None, conditions))


def _among(column: str, values: Iterable[str]) -> str:
    allowed = list(values)
    return f"{column} in~ {texts(allowed)}" if allowed else ""


def _tags(tags: Mapping[str, Collection[str]], operator: TagOperator) -> str:
    """Tags are looked for in their text, because only so the case of their names can be passed over.

    `{"Ring":"test"}` is searched for the name with its quotes, behind a bracket or a comma: within a value, each quote
    has a backslash before it.
    """
    if not tags:
        return ""
    conditions = [f"tostring(tags) matches regex {text(_tag_pattern(name, values))}" for name, values in tags.items()]
    joined = (" and " if operator is TagOperator.ALL else " or ").join(conditions)
    return joined if len(conditions) == 1 or operator is TagOperator.ALL else f"({joined})"


def _tag_pattern(name: str, values: Collection[str]) -> str:
    allowed = "|".join(_plain(text(value)) for value in values)
    return rf"[{{,]\s*(?i:{_plain(text(name))})\s*:\s*(?:{allowed})"


def _plain(written: str) -> str:
    """A text as a regular expression that matches it alone: what means something in RE2 is escaped, nothing else."""
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", written)

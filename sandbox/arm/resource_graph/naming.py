"""The names of columns that a query does not name itself.

Source: the inference of result names in microsoft/Kusto-Query-Language (ResultNameKind of each function).
"""

from collections.abc import Collection, Sequence

from sandbox.arm.resource_graph.syntax import Call, Constant, Expression, Member, Name, Named

_NAMED_BY_ARGUMENT = frozenset(
    {
        "tostring",
        "toint",
        "tolong",
        "todouble",
        "toreal",
        "tobool",
        "todatetime",
        "totimespan",
        "todynamic",
        "parse_json",
        "parsejson",
        "split",
        "bin",
        "floor",
    }
)


AGGREGATES = {
    "count": "count_",
    "countif": "countif_",
    "dcount": "dcount_",
    "sum": "sum_",
    "min": "min_",
    "max": "max_",
    "avg": "avg_",
    "make_list": "list_",
    "make_set": "set_",
    "makelist": "list_",
    "makeset": "set_",
    "make_bag": "bag_",
    "sumif": "sumif_",
    "avgif": "avgif_",
    "minif": "minif_",
    "maxif": "maxif_",
    "dcountif": "dcountif_",
    "make_list_if": "list_",
    "make_set_if": "set_",
    "make_bag_if": "bag_",
    "any": "any_",
    "take_any": "",
    "arg_max": "",
    "arg_min": "",
}
"""The aggregates, and what stands before the name of their argument in the name of their column."""


def inferred(item: Named) -> str | None:
    """Return the name of an item by what it says: `properties.a['b']` is `properties_a_b`; None where it says none."""
    return item.name or _of(item.value)


def _of(value: Expression) -> str | None:
    keys: list[str] = []
    while isinstance(value, Member):
        keys.append(str(value.key.value) if isinstance(value.key, Constant) else "")
        value = value.base
    if isinstance(value, Name):
        return "_".join([value.text, *reversed(keys)]) if all(keys) else None
    if isinstance(value, Call) and value.name in _NAMED_BY_ARGUMENT and value.arguments and not keys:
        return inferred(value.arguments[0])
    return None


def unique(name: str, taken: Collection[str]) -> str:
    """Return a name with the first number behind it that makes it one of its own, or as it is."""
    if name not in taken:
        return name
    number = 1
    while f"{name}{number}" in taken:
        number += 1
    return f"{name}{number}"


def all_named(items: Sequence[Named], taken: Collection[str] = ()) -> list[str]:
    """Return a name for each item: its own, the one that it says, or `Column1` and so on."""
    names: list[str] = []
    used = {*taken, *(item.name for item in items if item.name)}
    for item in items:
        if item.name:
            names.append(item.name)
            continue
        said = inferred(item)
        names.append(unique(said, used) if said else unique_column(used))
        used.add(names[-1])
    return names


def unique_column(taken: Collection[str]) -> str:
    """Return the first of `Column1`, `Column2` and so on that is not taken."""
    number = 1
    while f"Column{number}" in taken:
        number += 1
    return f"Column{number}"

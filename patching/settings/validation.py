"""Reading one entry of the stack file: pydantic's errors become faults, and what is right is judged further."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from patching.faults import NOTHING, Fault, Findings, found
from patching.plain_data import as_list, as_map
from patching.settings.entries import Entry
from patching.settings.values import Refused, RefusedInside, nearest
from patching.settings.vocabulary import KEY_EXPECTED, is_key

_Entry = TypeVar("_Entry", bound=Entry)


@dataclass(frozen=True, slots=True)
class EntryReading(Generic[_Entry]):
    """An entry as far as it is right.

    `entry` has examples in the place of the fields that are wrong, whose names are in `wrong`, so that the other fields
    can be judged; where there is no map at all, every field is wrong.
    """

    entry: _Entry
    wrong: frozenset[str]
    faults: tuple[Fault, ...]

    def right(self, *names: str) -> bool:
        """Whether these fields, by attribute name, are as the user wrote them."""
        return not self.wrong.intersection(names)


def refuse(findings: Findings, path: str, got: object, refused: Refused, example: str = "") -> None:
    """Adds a fault for a value that a validator refused."""
    findings.fault(path, got, refused.expected, refused.fix, _example(refused, example))


def read_entries(
    model: type[_Entry],
    raw: Mapping[str, object],
    path: str,
    findings: Findings,
    *,
    example: str,
    fix: str = "rename it",
    references: Callable[[str], Mapping[str, str]] = lambda _: {},
) -> Iterator[tuple[str, str, EntryReading[_Entry]]]:
    """Reads the entries of a map, such as `schedules`: key, path and what came of each that is a map at all.

    Their own faults are added to `findings`. `example` is a key that would be right, `fix` what to do with one that is
    not. `references` has, by an entry's key, an example that this file has for each field that names something else
    (`scopes[]` for the items of a list).
    """
    for key, value in raw.items():
        where = f"{path}.{key}"
        if not is_key(key):
            findings.fault(where, key, KEY_EXPECTED, fix, example)
        reading = read_entry(model, value, where)
        examples = {f"{where}.{field}": one for field, one in references(key).items()}
        for fault in reading.faults:
            field = re.sub(r"\[\d+\]$", "[]", fault.path)
            findings.faults.append(replace(fault, example=examples.get(field, fault.example)))
        if as_map(value) is not None:
            yield key, where, reading


def read_entry(model: type[_Entry], raw: object, path: str, *, by_name: bool = False) -> EntryReading[_Entry]:
    """Reads one entry.

    `by_name` takes attribute names (`time_zone`) instead of the file's keys (`timeZone`): for the arguments of
    components.
    """
    plain = as_map(raw)
    if plain is None:
        example = _shown(model.example or _example_of(model, by_name=by_name))
        fault = Fault(
            path,
            found(raw),
            f"a map with {_keys(model, by_name=by_name)}",
            example,
            "write its keys below it, indented",
        )
        return EntryReading(_mended(model, {}, by_name=by_name), frozenset(model.model_fields), (fault,))
    given = {str(key): value for key, value in plain.items()}
    try:
        return EntryReading(model.model_validate(given, by_alias=not by_name, by_name=by_name), frozenset(), ())
    except ValidationError as error:
        errors = error.errors(include_url=False)
    wrong = {str(details["loc"][0]) for details in errors}
    names = {_spelled(name, info, by_name=by_name): name for name, info in model.model_fields.items()}
    right = {key: value for key, value in given.items() if key in names and key not in wrong}
    entry = _mended(model, right, by_name=by_name)
    faults = tuple(fault for details in errors for fault in _faults(model, details, path, by_name=by_name))
    return EntryReading(entry, frozenset(names[key] for key in wrong if key in names), faults)


def _mended(model: type[_Entry], right: Mapping[str, object], *, by_name: bool) -> _Entry:
    """The entry with what is right of it, and examples for whatever it cannot be without."""
    return model.model_validate({**_example_of(model, by_name=by_name), **right}, by_alias=not by_name, by_name=by_name)


def _faults(model: type[BaseModel], details: ErrorDetails, path: str, *, by_name: bool) -> Iterator[Fault]:
    location = details["loc"]
    where = f"{path}.{'.'.join(str(part) for part in location)}" if path else ".".join(str(part) for part in location)
    owner, info = _field(model, location, by_name=by_name)
    example = _shown(info.examples[0]) if info and info.examples else ""
    described = info.description if info and info.description else "a value"
    cause: object = details.get("ctx", {}).get("error")
    match details["type"]:
        case "missing":
            yield Fault(where, NOTHING, described, example, f"add the key {location[-1]}")
        case "extra_forbidden":
            yield unknown_key(where, str(location[-1]), _key_names(owner, by_name=by_name))
        case _ if isinstance(cause, RefusedInside):
            first = _first_of(info.examples[0]) if info and info.examples else ""
            for place in cause.places:
                refused = place.refused
                shown = _example(refused, _shown(first))
                yield Fault(f"{where}{place.key}", found(place.value), refused.expected, shown, refused.fix)
        case _ if isinstance(cause, Refused) and details["input"] is None:
            fix = "give the key a value" if info and info.is_required() else "give the key a value, or remove it"
            yield Fault(where, NOTHING, f"a value: {described}", example, fix)
        case _ if isinstance(cause, Refused):
            yield Fault(where, found(details["input"]), cause.expected, _example(cause, example), cause.fix)
        case _:
            keys = _keys(_model_of(info), by_name=by_name)
            yield Fault(
                where, found(details["input"]), f"a map with {keys}", example, "write its keys below it, indented"
            )


def _example(refused: Refused, of_field: str) -> str:
    return "" if refused.example is None else refused.example or of_field


def _first_of(example: object) -> object:
    """The first item of an example that is a list, or the first value of one that is a map."""
    items = list((as_map(example) or {}).values()) or list(as_list(example) or ())
    return items[0] if items else ""


def unknown_key(path: str, key: str, known: list[str]) -> Fault:
    """The fault for a key that means nothing."""
    guess = nearest(key, known)
    fix = f"write {guess}" if guess else "remove it"
    return Fault(path, found(key), f"a key it has: {', '.join(known)}", guess or "", fix)


def _field(
    model: type[BaseModel], location: tuple[int | str, ...], *, by_name: bool
) -> tuple[type[BaseModel], FieldInfo | None]:
    """The model that owns the last key of an error's location, and the field, if it has one of that name."""
    owner, info = model, None
    for index, part in enumerate(location):
        info = next(
            (one for name, one in owner.model_fields.items() if _spelled(name, one, by_name=by_name) == part), None
        )
        inner = _model_of(info) if info else None
        if inner is None or index == len(location) - 1:
            return owner, info
        owner = inner
    return owner, info


def _model_of(info: FieldInfo | None) -> type[BaseModel] | None:
    """The model that a field holds, also where it is optional."""
    annotation: Any = info.annotation if info else None
    for one in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one
    return None


def _spelled(name: str, info: FieldInfo, *, by_name: bool) -> str:
    return name if by_name else info.alias or name


def _key_names(model: type[BaseModel], *, by_name: bool) -> list[str]:
    return [_spelled(name, info, by_name=by_name) for name, info in model.model_fields.items()]


def _keys(model: type[BaseModel] | None, *, by_name: bool) -> str:
    return ", ".join(_key_names(model, by_name=by_name)) if model else "its keys"


def _example_of(model: type[BaseModel], *, by_name: bool) -> dict[str, object]:
    """The smallest map that is right: what the model cannot be without."""
    return {
        _spelled(name, info, by_name=by_name): info.examples[0]
        for name, info in model.model_fields.items()
        if info.is_required() and info.examples
    }


def _shown(value: object) -> str:
    """An example as one would write it in YAML, on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if (entries := as_map(value)) is not None:
        return f"{{{', '.join(f'{key}: {_quoted(one)}' for key, one in entries.items())}}}"
    if (items := as_list(value)) is not None:
        return f"[{', '.join(_quoted(one) for one in items)}]"
    return str(value)


def _quoted(value: object) -> str:
    """What is in a list or a map, in quotes where a reader of YAML may take text for a number or a time."""
    return (
        f'"{value}"'
        if isinstance(value, str) and value[:1].isdigit() and value.strip("0123456789:- ") == ""
        else _shown(value)
    )

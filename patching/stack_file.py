"""The stack file on disk: `Pulumi.<stack>.yaml`, read as the engine reads it, with faults instead of exceptions.

This and the command line are where the core touches files. YAML is 1.2 and nothing but data; a value under `secure:`
stays unread.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from patching.faults import NOTHING, Fault, Found, found
from patching.freezes import ReadFile
from patching.plain_data import as_list, as_map
from patching.settings.engine import DEEPEST
from patching.settings.reading import Reading, read_settings
from patching.settings.secret import Secret
from patching.settings.validation import unknown_key

PROJECT = "azure-patching"
ENGINE_KEYS = ("config", "encryptionsalt", "secretsprovider", "encryptedkey", "environment")
"""The top-level keys of a stack file, which are Pulumi's own."""

_STACK_FILE = re.compile(r"Pulumi\.(?P<stack>.+)\.ya?ml")
_MOST_VALUES = 200_000


class _TooLargeError(ValueError):
    """A file that is deeper or larger than any stack file, as aliases can make it."""


@dataclass(frozen=True, slots=True)
class StackFile:
    """A stack file's plain `config:` mapping, or the faults that kept it from being read."""

    config: Mapping[str, object]
    faults: tuple[Fault, ...]


def stack_of(path: Path) -> str:
    """The stack a file is for, by its name; of another name, the name itself."""
    match = _STACK_FILE.fullmatch(path.name)
    return match["stack"] if match else path.stem


def stack_files(folder: Path) -> list[Path]:
    """The stack files in a folder, by name."""
    return sorted(path for path in folder.glob("Pulumi.*.y*ml") if _STACK_FILE.fullmatch(path.name))


def files_beside(folder: Path) -> ReadFile:
    """Reads the files that a stack file in a folder names."""

    def read(name: str) -> bytes:
        return (folder / name).read_bytes()

    return read


def read_stack_file(path: Path, *, as_of: datetime | None = None) -> Reading:
    """Reads a stack file's settings, with every fault in it; what cannot be read at all is a fault of its own."""
    stack = stack_of(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        fix = "create it with `pulumi stack init`, or name another with --stack or --file"
        return _unreadable(path, NOTHING, f"a stack file that can be read ({reason})", fix)
    parsed = parse_stack_file(content, path.name)
    if parsed.faults:
        return Reading(None, parsed.faults, ())
    return read_settings(parsed.config, project=PROJECT, stack=stack, read_file=files_beside(path.parent), as_of=as_of)


def parse_stack_file(content: bytes, name: str) -> StackFile:
    """The plain `config:` mapping of a stack file's content; `name` is the file's, for the faults."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        got = Found(f"the byte 0x{content[error.start]:02x} at {error.start}", literal=False)
        return _refused(name, got, "text in UTF-8", "save the file as UTF-8")
    try:
        document: object = YAML(typ="safe", pure=True).load(text)  # pyright: ignore[reportUnknownMemberType]
        plain = _plain(document, _Budget())
    except MarkedYAMLError as error:
        return _refused(name, *_yaml_fault(error, text))
    except _TooLargeError as error:
        return _refused(name, NOTHING, "a stack file of a usual size", str(error))
    except RecursionError:
        return _refused(name, NOTHING, "a stack file of a usual size", "it is nested too deeply: flatten it")
    except (YAMLError, ValueError, TypeError, AttributeError, KeyError, IndexError, OverflowError) as error:
        # ruamel.yaml lets these through for some malformed scalars, such as a date that does not exist.
        return _refused(
            name,
            Found(_one_line(str(error)), literal=False),
            "YAML 1.2",
            "put values that look like dates or numbers in quotes",
        )
    return _config(plain, name)


def _config(document: object, name: str) -> StackFile:
    if document is None:
        return StackFile({}, ())
    keys = as_map(document)
    if keys is None:
        return _refused(name, found(document), "a map with config", "write `config:` and the keys below it")
    faults = [unknown_key(str(key), str(key), list(ENGINE_KEYS)) for key in keys if key not in ENGINE_KEYS]
    config = keys.get("config")
    entries = as_map(config)
    if config is not None and entries is None:
        example = "azure-native:location: westeurope"
        faults.append(Fault("config", found(config), "a map", example, "write the keys below it, indented"))
    return StackFile({str(key): _as_engine_text(value) for key, value in (entries or {}).items()}, tuple(faults))


def _as_engine_text(value: object) -> object:
    """The engine hands every plain value at the top level on as text."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case datetime():
            return f"{value} +0000 UTC"
        case _:
            return value


@dataclass(slots=True)
class _Budget:
    left: int = _MOST_VALUES


def _plain(value: object, budget: _Budget, depth: int = 0) -> object:
    """What YAML gave, as JSON would have it: keys are text, and a value that is encrypted is a `Secret`."""
    budget.left -= 1
    if budget.left < 0:
        raise _TooLargeError(f"it has more than {_MOST_VALUES} values, or aliases that make it so: shorten it")
    if depth > DEEPEST:
        raise _TooLargeError("it is nested too deeply, or refers to itself: flatten it")
    if (entries := as_map(value)) is not None:
        if set(entries) == {"secure"}:
            return Secret()
        return {_key(key): _plain(item, budget, depth + 1) for key, item in entries.items()}
    if (items := as_list(value)) is not None:
        return [_plain(item, budget, depth + 1) for item in items]
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time())  # the engine knows no dates without a time
    return value


def _key(key: object) -> str:
    match key:
        case str():
            return key
        case None:
            return "null"
        case bool():
            return str(key).lower()
        case _:
            return str(key)


def _yaml_fault(error: MarkedYAMLError, text: str) -> tuple[Found, str, str]:
    raised = cast("Any", error)  # untyped in the library
    mark = raised.problem_mark or raised.context_mark
    number = int(mark.line) if mark else 0
    lines = text.splitlines()
    line = lines[number] if number < len(lines) else ""
    if isinstance(error, DuplicateKeyError):
        return found(line.strip()), f"each key once (line {number + 1})", "keep one of the two"
    problem = _one_line(str(raised.problem or "it cannot be read"))
    tab = "indent with spaces, not tabs"
    fix = tab if "\t" in line else "correct the line, or the one before it; put values with : or # in quotes"
    return found(line.strip()), f"YAML 1.2 (line {number + 1}: {problem})", fix


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]


def _refused(name: str, got: Found, expected: str, fix: str) -> StackFile:
    return StackFile({}, (Fault(name, got, expected, "", fix),))


def _unreadable(path: Path, got: Found, expected: str, fix: str) -> Reading:
    return Reading(None, (Fault(path.name, got, expected, "", fix),), ())

"""The stack file on disk: `Pulumi.<stack>.yaml`, read as the engine reads it, with faults instead of exceptions.

This and the command line are where the core touches files. A value under `secure:` stays unread.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import cast

from patching.faults import NOTHING, Fault, Found, found
from patching.freezes import ReadFile
from patching.plain_data import as_list, as_map
from patching.settings.engine import SECRET_MAPS, from_text, without_secrets
from patching.settings.reading import Reading, read_settings
from patching.settings.secret import Secret
from patching.settings.validation import unknown_key
from patching.stack_yaml import StackYamlError, read_yaml

PROJECT = "azure-patching"
ENGINE_KEYS = ("config", "encryptionsalt", "secretsprovider", "encryptedkey", "environment")
"""The top-level keys of a stack file, which are Pulumi's own."""

_STACK_FILE = re.compile(r"Pulumi\.(?P<stack>.+)\.ya?ml")


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


def read_stack_file(path: Path, *, as_of: datetime | None = None, stack: str | None = None) -> Reading:
    """Reads a stack file's settings, with every fault in it; what cannot be read at all is a fault of its own.

    `stack` is the stack it is for, where its name does not say so.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        return _unreadable(path, NOTHING, f"a stack file that can be read ({reason})", _where_to_look(path))
    return read_stack_content(content, path, as_of=as_of, stack=stack)


def _where_to_look(path: Path) -> str:
    """What to do about a stack file that is not there: the folder may be the wrong one, or the name."""
    there = ", ".join(stack_of(one) for one in stack_files(path.parent))
    if there:
        return f"name a stack that has a file there, {there}, or create it with `pulumi stack init`"
    if not (path.parent / "Pulumi.yaml").is_file():
        where = "run this in the folder of the program, where Pulumi.yaml and the stack files are, or name a --file"
        return f"{where}; a new one is made with `pulumi stack init`"
    return "create it with `pulumi stack init`, or name another with --stack or --file"


def read_stack_content(
    content: bytes, path: Path, *, as_of: datetime | None = None, stack: str | None = None
) -> Reading:
    """Reads the settings in a stack file's content, which need not be what is at its `path`."""
    parsed = parse_stack_file(content, path.name)
    reading = read_settings(
        parsed.config,
        project=PROJECT,
        stack=stack or stack_of(path),
        read_file=files_beside(path.parent),
        as_of=as_of,
    )
    if not parsed.faults:
        return reading
    return Reading(None, (*parsed.faults, *reading.faults), reading.warnings)


def is_stack_file(path: Path) -> bool:
    """Whether a file is a stack's by its name."""
    return _STACK_FILE.fullmatch(path.name) is not None


def parse_stack_file(content: bytes, name: str) -> StackFile:
    """The plain `config:` mapping of a stack file's content; `name` is the file's, for the faults."""
    try:
        read = read_yaml(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        got = Found(f"the byte 0x{content[error.start]:02x} at {error.start}", literal=False)
        return _refused(name, got, "text in UTF-8", "save the file as UTF-8")
    except StackYamlError as error:
        return StackFile({}, (_yaml_fault(error, name),))
    repeated = tuple(_yaml_fault(error, name) for error in read.repeated)
    file = _config(read.data, name)
    return replace(file, faults=(*repeated, *file.faults))


def _yaml_fault(error: StackYamlError, name: str) -> Fault:
    return Fault(name, error.got, error.expected, "", error.fix)


def _config(document: object, name: str) -> StackFile:
    if document is None:
        return StackFile({}, ())
    keys = as_map(document)
    if keys is None:
        return _refused(name, found(document), "a map with config", "write `config:` and the keys below it")
    faults = [_unknown(str(key)) for key in keys if key not in ENGINE_KEYS]
    config = keys.get("config")
    entries = as_map(config)
    if config is not None and entries is None:
        example = "azure-native:location: westeurope"
        faults.append(Fault("config", found(config), "a map", example, "write the keys below it, indented"))
    return StackFile(
        {str(key): _as_the_engine(str(key), value) for key, value in (entries or {}).items()}, tuple(faults)
    )


def _unknown(key: str) -> Fault:
    fault = unknown_key(key, key, list(ENGINE_KEYS))
    return replace(fault, fix="move it below config:, indented") if ":" in key else fault


def _as_the_engine(key: str, value: object) -> object:
    """A key's value as the engine hands it on: what is plain is text, which may be taken for more than that."""
    match value:
        case Mapping() | list() if _has_secret(cast("object", value)) and not key.endswith(SECRET_MAPS):
            return without_secrets(key, cast("object", value))
        case str():
            return from_text(value)
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case datetime():
            return f"{value} +0000 UTC"
        case _:
            return value


def _has_secret(value: object) -> bool:
    if isinstance(value, Secret):
        return True
    entries = as_map(value)
    return any(map(_has_secret, entries.values() if entries is not None else as_list(value) or ()))


def _refused(name: str, got: Found, expected: str, fix: str) -> StackFile:
    return StackFile({}, (Fault(name, got, expected, "", fix),))


def _unreadable(path: Path, got: Found, expected: str, fix: str) -> Reading:
    return Reading(None, (Fault(path.name, got, expected, "", fix),), ())

"""Changing a stack file: read it, show what changes, and put the whole new text in its place, or nothing."""

import difflib
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import click

_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class StackText:
    """A stack file's text, without the mark that some editors put before it."""

    path: Path
    text: str
    has_mark: bool

    @property
    def content(self) -> bytes:
        """What the file has, or is to have."""
        return f"{_BOM if self.has_mark else ''}{self.text}".encode()

    def edited(self, text: str) -> "StackText":
        """The same file with another text."""
        return replace(self, text=text)


def read_stack_text(path: Path) -> StackText:
    """A stack file that was read before without a fault, so that it is there and in UTF-8."""
    text = path.read_bytes().decode("utf-8")
    return StackText(path, text.removeprefix(_BOM), text.startswith(_BOM))


def difference(before: StackText, after: StackText) -> Iterator[str]:
    """A unified diff of two versions of a file, line by line, without line ends."""
    name = before.path.name
    yield from difflib.unified_diff(
        before.text.splitlines(), after.text.splitlines(), f"a/{name}", f"b/{name}", lineterm=""
    )


def write_whole(path: Path, content: bytes) -> None:
    """Replaces a file, so that whoever reads it meanwhile sees the old content or the new; its mode stays.

    Raises:
        click.UsageError: it cannot be written.
    """
    target = path.resolve()
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            draft.chmod(target.stat().st_mode & 0o7777)
        draft.replace(target)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        reason = (error.strerror or "it cannot be written").lower()
        raise click.UsageError(f"{path} cannot be written: {reason}; nothing is changed") from error

"""The pages for people, as data: their fenced blocks, the commands in these, headings and links.

A comment of one line before a block says what is to be done with it, and shows on no page:

- `<!-- not run: REASON -->`: its commands are not run;
- `<!-- file: NAME -->`: it is written to that file, for the commands after it;
- `<!-- edit: NAME -->`: it is a `diff` of that file, which is edited so, for the commands after it;
- `<!-- ends with 1 -->`: its last command ends with that exit status.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.conftest import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = tuple(sorted(REPOSITORY.glob("docs/*.md")))
RUN = (REPOSITORY / "README.md", *PAGES)
"""The pages whose commands are run."""

_FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,})(?P<language>\w*)\s*$")
_COMMENT = re.compile(r"^ *<!-- (?P<kind>not run|file|edit|ends with):? (?P<words>.+?) -->$")
_HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1")


@dataclass(frozen=True)
class Block:
    """A fenced block, and what the comment before it says."""

    page: str
    line: int
    language: str
    text: str
    not_run: str = ""
    file: str = ""
    edit: str = ""
    ends_with: int = 0

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Command:
    """A command as it stands in a block, and the output that is shown below it, if any."""

    where: str
    text: str
    output: str
    ends_with: int


def blocks(text: str, page: str) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        opened = _FENCE.match(lines[number])
        if opened is None:
            number += 1
            continue
        end = next(
            (at for at in range(number + 1, len(lines)) if lines[at].strip() == opened["fence"]),
            None,
        )
        assert end is not None, f"{page}:{number + 1}: the block does not end"
        indent = len(opened["indent"])
        content = "".join(line[indent:] + "\n" for line in lines[number + 1 : end])
        yield Block(page, number + 1, opened["language"], content, **_said_before(lines[:number]))
        number = end + 1


def _said_before(lines: list[str]) -> dict[str, str | int]:
    last = next((line for line in reversed(lines) if line.strip()), "")
    comment = _COMMENT.match(last)
    if comment is None:
        return {}
    words = comment["words"]
    return {"ends_with": int(words)} if comment["kind"] == "ends with" else {comment["kind"].replace(" ", "_"): words}


def commands(block: Block) -> list[Command]:
    """The commands of a `console` block: each line after `$ `, with the lines that belong to it."""
    found: list[tuple[int, list[str], list[str]]] = []
    lines = iter(enumerate(block.text.splitlines(), block.line + 1))
    for number, line in lines:
        if not line.startswith("$ "):
            assert found, f"{block}: the block begins with no command"
            found[-1][2].append(line)
            continue
        command = [line[2:]]
        ending = _HEREDOC.search(command[0])
        while command[-1].endswith("\\") or (ending and command[-1].strip() != ending[2]):
            command.append(next(lines)[1])
        found.append((number, command, []))
    last = len(found) - 1
    return [
        Command(
            f"{block.page}:{number}",
            "\n".join(command),
            "\n".join(output).strip("\n"),
            block.ends_with if position == last else 0,
        )
        for position, (number, command, output) in enumerate(found)
    ]


def page_blocks() -> list[Block]:
    """Every block of every page."""
    return [
        block for page in RUN for block in blocks(page.read_text(encoding="utf-8"), str(page.relative_to(REPOSITORY)))
    ]


def prose(text: str) -> str:
    """A page without its fenced blocks and comments."""
    kept, inside = [], ""
    for line in text.splitlines():
        fence = _FENCE.match(line)
        if inside:
            inside = "" if line.strip() == inside else inside
        elif fence:
            inside = fence["fence"]
        else:
            kept.append(line)
    return re.sub(r"<!--.*?-->", "", "\n".join(kept), flags=re.DOTALL)


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    found: dict[str, int] = {}
    for heading in re.findall(r"^#+ +(.*?) *$", prose(text), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        found[slug] = found.get(slug, -1) + 1
        if found[slug]:
            found[f"{slug}-{found[slug]}"] = 0
    return set(found)


def links(text: str) -> list[str]:
    """The targets of a page's links, those in code left out."""
    without_code = re.sub(r"`[^`\n]*`", "", prose(text))
    return re.findall(r"\]\(<?([^)>\s]+)>?\)", without_code)

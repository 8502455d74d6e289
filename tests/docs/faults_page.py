"""Makes the tables of docs/faults.md from the examples in tests/patching/faults.yaml, each of which a test reads.

`python -m tests.docs.faults_page` writes them anew.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import NamedTuple

from ruamel.yaml import YAML

_REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = _REPOSITORY / "docs" / "faults.md"
EXAMPLES = _REPOSITORY / "tests" / "patching" / "faults.yaml"
BEGIN, END = "<!-- faults: made by tests/docs/faults_page.py -->\n", "<!-- end of faults -->\n"

_LINE = re.compile(
    r"(?P<path>.+?): got (?P<got>.*?); expected (?P<expected>.*?)(?:, e\.g\. (?P<example>.*?))?; fix: (?P<fix>.*)"
)
_NAMED = {
    "schedules",
    "scopes",
    "before",
    "after",
    "virtualMachines",
    "azurePolicies",
    "freezes",
    "subscriptions",
    "adminPasswords",
    "webhookUrls",
}
_TITLES = {
    "schedules": "Schedules",
    "virtualMachines": "Machines of the stack",
    "azurePolicies": "Policies",
    "freezes": "Change freezes",
}
_OTHERS = "The stack"
_WIDEST = 60


class Row(NamedTuple):
    """One kind of fault: where it can be, an example of what was found, what is allowed, and what to do."""

    where: str
    got: str
    expected: str
    fix: str


def rows() -> dict[str, list[Row]]:
    """The kinds of fault by the heading they stand under, each once, in the order of the examples."""
    found: dict[str, list[Row]] = {title: [] for title in (*_TITLES.values(), _OTHERS)}
    for example in YAML(typ="safe", pure=True).load(EXAMPLES.read_text(encoding="utf-8")):
        for line in example["faults"]:
            parts = _LINE.fullmatch(line)
            assert parts, line
            row = Row(_where(parts["path"]), parts["got"], parts["expected"], parts["fix"])
            section = found[_TITLES.get(row.where.partition(".")[0], _OTHERS)]
            if all((one.where, one.expected) != (row.where, row.expected) for one in section):
                section.append(row)
    return found


def _where(path: str) -> str:
    """A path with the user's own names left out."""
    words = path.split(".")
    for at, word in enumerate(words[:-1]):
        if word in _NAMED and (at == 0 or words[0] == "schedules"):
            words[at + 1] = "NAME"
    return ".".join(words)


def tables() -> str:
    """The part of the page that is made."""
    return "\n\n".join(_section(title, section) for title, section in rows().items()) + "\n"


def _section(title: str, section: list[Row]) -> str:
    head = "".join(f"{key}.NAME." for key, its in _TITLES.items() if its == title)
    lines = [f"## {title}", ""]
    lines += [f"Under `{head.removesuffix('.')}`:", ""] if head else []
    lines += ["| where | for example | what is allowed |", "|---|---|---|"]
    for one in section:
        where = one.where.removeprefix(head)
        lines.append(f"| `{where}` | {_code(one.got)} | {_text(one.expected)}. *Fix:* {_text(one.fix)} |")
    return "\n".join(lines)


def _code(text: str) -> str:
    text = text if len(text) <= _WIDEST else f"{text[: _WIDEST - 20]}…{text[-19:]}"
    return "`" + text.replace("|", "\\|") + "`" if "`" not in text else _text(text)


def _text(text: str) -> str:
    """Text in a cell: nothing but code is markup."""
    plain = [escape(part, quote=False).replace("*", "\\*").replace("_", "\\_") for part in text.split("`")[::2]]
    code = [f"`{part}`" for part in text.split("`")[1::2]]
    mixed = [part for pair in zip(plain, [*code, ""], strict=True) for part in pair]
    return "".join(mixed).replace("|", "\\|")


def rewritten(text: str) -> str:
    """The page with its tables made anew."""
    head, rest = text.split(BEGIN)
    return head + BEGIN + "\n" + tables() + "\n" + END + rest.split(END)[1]


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

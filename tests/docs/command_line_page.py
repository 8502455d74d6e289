"""Makes the tables of docs/command-line.md from the commands themselves, and those of make from the Makefile.

`python -m tests.docs.command_line_page` writes them anew.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs" / "command-line.md"
ROOMS = ("patching", "sandbox", "bench", "components", "policies")
_PART = re.compile(
    r"(<!-- (?P<name>[\w ]+): made by tests/docs/command_line_page\.py -->\n).*?(<!-- end of (?P=name) -->\n)",
    re.DOTALL,
)


class Listed(NamedTuple):
    """A command with all the words that call it."""

    words: str
    command: click.Command


def commands(group: click.Command, words: str) -> list[Listed]:
    """The commands of a program, those of its groups too, by name."""
    if not isinstance(group, click.Group):
        return [Listed(words, group)]
    return [found for name in sorted(group.commands) for found in commands(group.commands[name], f"{words} {name}")]


def programs() -> dict[str, click.Command]:
    """Our programs, each with what begins its command line."""
    from bench.__main__ import main as bench
    from patching.__main__ import main as patching
    from sandbox.__main__ import main as sandbox

    return {"patching": patching, "sandbox": sandbox, "bench": bench}


def section(listed: Listed) -> str:
    """A command's usage, its help, and its arguments and options."""
    context = click.Context(listed.command, info_name=listed.words)
    usage = " ".join((listed.words, *listed.command.collect_usage_pieces(context)))
    paragraphs = [_prose(one) for one in re.split(r"\n\s*\n", listed.command.help or "")]
    options = [one for one in listed.command.params if isinstance(one, click.Option)]
    lines = [f"### {listed.words.removeprefix('python -m ')}", "", "```text", usage, "```", ""]
    for paragraph in paragraphs:
        lines += [paragraph, ""]
    if options:
        lines += ["| option | what it is | default |", "|---|---|---|", *(_row(one, context) for one in options), ""]
    return "\n".join(lines)


def _row(option: click.Option, context: click.Context) -> str:
    metavar = "" if option.is_flag else f" {option.make_metavar(context)}"
    written = ", ".join([*option.opts, *option.secondary_opts])
    default = option.default if option.show_default else None
    shown = "required" if option.required else "" if default is None or option.is_flag else f"`{default}`"
    many = " May be given several times." if option.multiple and "again" not in (option.help or "several") else ""
    return f"| `{_cell(written + metavar)}` | {_cell(_prose(option.help or ''))}{many} | {shown} |"


def _prose(text: str) -> str:
    """A text on one line, in which what is in no code is no HTML either."""
    words = " ".join(text.split()).split("`")
    return "`".join(one if at % 2 else one.replace("<", "&lt;") for at, one in enumerate(words))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def targets() -> str:
    """What make does, by target."""
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    found = re.findall(r"^([a-z]+):[^#\n]*## (.*)$", makefile, re.MULTILINE)
    return "\n".join(
        [
            "| target | what it does |",
            "|---|---|",
            *(f"| `make {name}` | {_cell(words)} |" for name, words in found),
            "",
        ]
    )


def parts() -> dict[str, str]:
    """The parts of the page that are made, by name."""
    made = {
        name: "\n".join(map(section, commands(program, f"python -m {name}"))) for name, program in programs().items()
    }
    return {**made, "make": targets()}


def rewritten(text: str) -> str:
    """The page with its parts made anew."""
    made = parts()
    return _PART.sub(lambda match: f"{match[1]}\n{made[match['name']]}\n{match[3]}", text)


def variables_read() -> Iterator[str]:
    """The environment variables that the code names where it reads its environment."""
    for room in ROOMS:
        for file in sorted((REPOSITORY / room).rglob("*.py")):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            constants = {
                node.targets[0].id: node.value.value
                for node in tree.body
                if isinstance(node, ast.Assign)
                and isinstance(node.targets[0], ast.Name)
                and isinstance(node.value, ast.Constant)
            }
            for node in ast.walk(tree):
                key = _key_read(node)
                if isinstance(key, ast.Name) and key.id in constants:
                    yield str(constants[key.id])
                elif isinstance(key, ast.Constant):
                    yield str(key.value)


def _key_read(node: ast.AST) -> ast.expr | None:
    """The key in `os.environ[key]`, `os.environ.get(key)` and `os.getenv(key)`."""
    if isinstance(node, ast.Subscript) and _is_environment(node.value):
        return node.slice
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        of_environment = node.func.attr == "get" and _is_environment(node.func.value)
        return node.args[0] if of_environment or node.func.attr == "getenv" else None
    return None


def _is_environment(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "environ"


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

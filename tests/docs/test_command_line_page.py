"""The page on the command line says what the commands say, and names what they read and how they end."""

import re

import pytest

from patching.commands import manners
from patching.commands.completion import SCRIPT, SHELLS
from sandbox import manners as of_the_local_azure
from tests.docs.command_line_page import PAGE, commands, parts, programs, rewritten, variables_read

TEXT = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""


@pytest.mark.parametrize("name", parts())
def test_each_part_is_there_and_as_the_code_has_it(name):
    begin = f"<!-- {name}: made by tests/docs/command_line_page.py -->\n"
    assert TEXT.count(begin) == 1
    assert TEXT.partition(begin)[2].startswith(f"\n{parts()[name]}\n<!-- end of {name} -->\n"), (
        "run: python -m tests.docs.command_line_page"
    )


def test_the_page_is_made_of_the_code():
    assert rewritten(TEXT) == TEXT, "run: python -m tests.docs.command_line_page"


def test_every_command_and_option_is_there():
    for name, program in programs().items():
        for words, command in commands(program, f"python -m {name}"):
            section = TEXT.partition(f"\n### {words.removeprefix('python -m ')}\n")[2].partition("\n### ")[0]
            assert section, words
            for one in command.params:
                for option in one.opts:
                    assert option in section or not option.startswith("-")


def test_each_exit_status_is_there():
    statuses = {int(one) for one in re.findall(r"^\| (\d+) \|", TEXT, re.MULTILINE)}
    assert statuses == {0, 1, 2, manners.INTERRUPTED, manners.PIPE_CLOSED}
    assert (manners.INTERRUPTED, manners.PIPE_CLOSED) == (
        of_the_local_azure.INTERRUPTED,
        of_the_local_azure.PIPE_CLOSED,
    )


def test_each_environment_variable_that_is_read_is_there():
    read = set(variables_read())
    assert {"TERM", "PATH"} <= read
    listed = set(re.findall(r"^\| `(\w+)`", TEXT.partition("\n## Environment variables\n")[2], re.MULTILINE))
    assert read <= listed


def test_each_shell_is_there():
    for shell in SHELLS:
        assert f"{SCRIPT} completion {shell}" in TEXT

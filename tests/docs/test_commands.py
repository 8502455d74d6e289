"""Every command that a page shows works as it stands; what cannot be run here says so, and why."""

from __future__ import annotations

import re

import pytest

from tests.conftest import REPOSITORY
from tests.docs.pages import RUN, Block, commands, page_blocks
from tests.docs.shell import run_page

NAMES = [str(page.relative_to(REPOSITORY)) for page in RUN]
BLOCKS = page_blocks()

ELSEWHERE = {"make test": "it runs this test, too"}
"""Commands of blocks that are run which are not, and why. Of `make up` and its like, the first step alone is left out
(tests/sandbox/test_bootstrap.py): the virtual environment is there already."""

TAKEN_FOR_GRANTED = {
    "docs/adopting.md": ["python -m sandbox seed tests/docs/portal.json", "rm Pulumi.prod.yaml"],
    "docs/emergency.md": ["python -m sandbox seed sandbox/estate.json", "pulumi stack init prod"],
    "docs/pipelines.md": ["pulumi stack init prod"],
    "docs/policy-pack.md": ["pulumi stack init dev"],
    "docs/rolling-back.md": [
        "pulumi stack init prod",
        "git init --quiet && git add --all && git commit --quiet --message Begin",
    ],
    "docs/upgrading.md": ["python -m sandbox up --stack test"],
}
"""What a page takes for granted when it begins, as commands."""

NOT_RUN = {
    "docs/command-line.md": ["it changes your shell's settings"],
    "docs/coverage.md": ["it needs a login to Azure"],
    "docs/emergency.md": ["ten months of every schedule take minutes; tests/stack/test_emergency.py rehearses one"],
    "docs/events.md": ["it needs a stack that you are logged in to, and a webhook"],
    "docs/languages.md": [
        "it clones the package from a repository on GitHub",
        "it changes the Pulumi.yaml of a project of its own; tests/package/test_package_add.py runs it",
    ],
    "docs/local-azure.md": [
        "it needs the Azure CLI",
        "it is for Terraform, which is not here",
        "it is for Terraform, which is not here",
        "it needs the real azure-native plugin",
        "tests/docs/test_local_azure_page.py runs it, with the file below",
    ],
    "docs/moving.md": ["it takes a stack of yours"],
    "docs/pipelines.md": ["it needs Azure", "it needs Azure", "it needs a pull request, and a login"],
    "docs/policy-pack.md": ["it is for another program, in its own folder"],
    "docs/rolling-back.md": ["it takes a run that was killed", "it takes a stack of yours"],
    "docs/scale.md": ["it takes a run that was killed"],
    "docs/subscriptions.md": ["it needs an Azure subscription"],
    "docs/tutorial.md": ["it signs in to Azure"],
    "docs/upgrading.md": ["it installs into the virtual environment", "it changes the pinned requirements"],
}
"""The blocks whose commands are not run, by page and in order, with the reason that stands in the page: none hides."""


def runnable(name: str) -> list[Block]:
    return [block for block in BLOCKS if block.page == name]


@pytest.mark.parametrize("name", NAMES)
def test_the_commands_of_a_page_work_as_they_stand(name, engine, tmp_path):
    found = runnable(name)
    if not any(block.language == "console" and not block.not_run for block in found):
        pytest.skip("it has no commands")
    run_page(found, tmp_path, TAKEN_FOR_GRANTED.get(name, []), ELSEWHERE)


def test_what_is_not_run_is_listed_here():
    found: dict[str, list[str]] = {}
    for block in BLOCKS:
        if block.not_run:
            assert block.language == "console", f"{block}: only commands are run"
            found.setdefault(block.page, []).append(block.not_run)
    assert found == NOT_RUN


def test_a_test_that_runs_something_instead_is_there():
    reasons = [*ELSEWHERE.values(), *(reason for reasons in NOT_RUN.values() for reason in reasons)]
    named = [name for reason in reasons for name in re.findall(r"tests/\S+\.py", reason)]
    assert named
    assert [name for name in named if not (REPOSITORY / name).is_file()] == []


def test_what_is_tested_elsewhere_stands_on_a_page():
    shown = {
        command.text.partition("#")[0].strip()
        for block in BLOCKS
        if block.language == "console"
        for command in commands(block)
    }
    assert ELSEWHERE.keys() <= shown
    assert TAKEN_FOR_GRANTED.keys() <= set(NAMES)


def test_every_block_of_commands_is_one_of_those_that_are_run():
    """A fence of another language would hide a command."""
    for block in BLOCKS:
        assert block.language == "console" or not re.search(r"^\$ ", block.text, re.MULTILINE), block

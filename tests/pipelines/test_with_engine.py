"""A pull request on the prod stack, for real: the pipeline's steps, the engine, the policy pack and a local Azure."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from patching.report.changes_markdown import LIMIT, MARKER
from tests.conftest import REPOSITORY
from tests.pipelines.pipeline_files import GITHUB, checked_out, the_step

PULL_REQUEST = GITHUB[1]
PROD = (REPOSITORY / "Pulumi.prod.yaml").read_text(encoding="utf-8")


def replaced(text, *pairs):
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


CHANGED = replaced(
    PROD,
    ('start: "2027-01-31 06:00"', 'start: "2027-01-31 08:00"'),
    ("          location: northeurope", "          location: westeurope"),
    ("{patch-ring: [canary]}", "{patch-ring: [canary, '`@everyone` | <b>']}"),
)
GUARDED = replaced(PROD, ("    prerequisite-shop:", "    prerequisite-store:"))


@pytest.fixture
def pull_request(engine, tmp_path):
    """Runs the steps of the job `preview`: `pull_request(head)`, with the prod stack deployed; returns the comment."""
    state = tmp_path / "state"

    def sandbox(*arguments, cwd=REPOSITORY):
        ended = subprocess.run(
            [sys.executable, "-m", "sandbox", *arguments],
            cwd=cwd,
            env=os.environ | {"NO_COLOR": "1", "PYTHONPATH": str(REPOSITORY)},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert ended.returncode in (0, 1), ended.stdout + ended.stderr
        return ended

    def make(head):
        assert sandbox("up", "--stack", "prod", "--state", str(state)).returncode == 0
        folder = tmp_path / "pull-request"
        folder.mkdir()
        runner = checked_out(folder, {"prod": PROD}, {"prod": head})
        runner.environment |= {"PYTHONPATH": str(REPOSITORY)}
        step = the_step(PULL_REQUEST, "preview", "Preview every stack")["run"]
        variables = {"RUNNER_TEMP": str(runner.temporary)}
        given = [f"{name}={value}" for name, value in variables.items()]
        command = ["env", *given, "bash", "-eo", "pipefail", "-c", step]
        previewed = sandbox("exec", "--state", str(state), "--", *command, cwd=runner.checkout)
        ended = runner.run(the_step(PULL_REQUEST, "preview", "Make the comment"))
        comment = (runner.temporary / "comment.md").read_text(encoding="utf-8")
        return comment, previewed, ended

    return make


def test_the_comment_on_a_change_of_the_prod_stack(pull_request):
    comment, previewed, ended = pull_request(CHANGED)
    assert (previewed.returncode, previewed.stdout) == (0, "prod: previewed\n"), previewed.stderr
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert comment.startswith(f"{MARKER}\n")
    assert len(comment) < LIMIT
    assert "1 replaced, 4 updated" in comment
    assert "1 resource replaced: <code>azure-native&#58;maintenance&#58;ConfigurationAssignment" in comment
    assert "+2 h" in comment
    assert "| replace | <code>azure-native&#58;maintenance&#58;ConfigurationAssignment</code> |" in comment
    assert "<code>startDateTime</code>" in comment
    assert "<code>&#96;&#64;everyone&#96; &#124; &#60;b&#62;</code> added" in comment
    assert "everyone` |" not in comment


def test_the_comment_says_why_the_preview_failed(pull_request):
    """What is protected cannot be deleted: the engine refuses, and the reviewer reads it in the comment."""
    comment, previewed, ended = pull_request(GUARDED)
    assert previewed.returncode == 1
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "- The preview failed: its messages are below." in comment
    assert "<details open><summary>What the preview said</summary>" in comment
    assert "cannot be deleted because it is protected" in comment
    assert "<code>azurePolicies.prerequisite-shop</code> | removed" in comment
    assert "<code>azurePolicies.prerequisite-store</code> | added" in comment

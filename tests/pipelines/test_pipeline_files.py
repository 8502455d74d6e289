"""What the pipelines' files promise: pinned, with least rights, nothing pasted into a shell, one apply at a time."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from tests.conftest import REPOSITORY
from tests.pipelines.pipeline_files import (
    AZURE,
    GITHUB,
    SCRIPTS,
    STACKS,
    azure_steps,
    github_steps,
    name_of,
    read,
    script_of,
)

PULL_REQUEST, APPLY = "pull-request.yml", "apply.yml"
FILES = [*GITHUB, *AZURE]
PERMISSIONS = {
    (PULL_REQUEST, "check"): {"contents": "read"},
    (PULL_REQUEST, "preview"): {"contents": "read", "id-token": "write"},
    (PULL_REQUEST, "comment"): {"pull-requests": "write"},
    **{(APPLY, stack): {"contents": "read", "id-token": "write"} for stack in STACKS},
}
JOBS = [(path, key, job) for path in GITHUB for key, job in read(path)["jobs"].items()]


def ids(items):
    return [f"{path.name}-{key}" for path, key, _ in items]


def scripts():
    for path in FILES:
        for key, step in github_steps(path) if path in GITHUB else azure_steps(path):
            if text := script_of(step):
                yield path, key, step, text


def test_the_files_are_all_looked_at():
    assert [path.name for path in GITHUB] == [path.name for path in AZURE] == [APPLY, PULL_REQUEST]
    assert len(STACKS) >= 3


@pytest.mark.parametrize("path", GITHUB, ids=lambda path: path.name)
def test_every_action_is_pinned_by_commit_with_its_version_beside_it(path):
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if re.match(r"\s*(- )?uses:", line)]
    assert len(lines) == sum("uses" in step for _, step in github_steps(path)) > 0
    for line in lines:
        assert re.fullmatch(r"\s*- uses: actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_one_action_has_one_version():
    pins = {use.split("@")[0]: set() for path in GITHUB for _, step in github_steps(path) if (use := step.get("uses"))}
    for path in GITHUB:
        for _, step in github_steps(path):
            if "uses" in step:
                name, _, commit = step["uses"].partition("@")
                pins[name].add(commit)
    assert all(len(commits) == 1 for commits in pins.values())


@pytest.mark.parametrize("path", GITHUB, ids=lambda path: path.name)
def test_nothing_is_permitted_but_what_a_job_asks_for(path):
    assert read(path)["permissions"] == {}


@pytest.mark.parametrize(("path", "key", "job"), JOBS, ids=ids(JOBS))
def test_a_job_asks_for_what_it_needs(path, key, job):
    assert job["permissions"] == PERMISSIONS[path.name, key]


@pytest.mark.parametrize(("path", "key", "job"), JOBS, ids=ids(JOBS))
def test_a_job_ends(path, key, job):
    assert 0 < job["timeout-minutes"] <= 120


def test_no_code_of_a_fork_runs_with_a_login():
    workflow = read(next(path for path in GITHUB if path.name == PULL_REQUEST))
    assert list(workflow["on"]) == ["pull_request"]
    for job in workflow["jobs"].values():
        if "id-token" in job["permissions"]:
            assert "github.event.pull_request.head.repo.full_name == github.repository" in job["if"]
    pipeline = read(next(path for path in AZURE if path.name == PULL_REQUEST))
    for stage in pipeline["stages"]:
        needs_login = any(
            "azureSubscription" in step.get("inputs", {}) for job in stage["jobs"] for step in job["steps"]
        )
        assert needs_login == ("ne(variables['System.PullRequest.IsFork'], 'True')" in stage.get("condition", ""))


def test_whoever_may_write_a_comment_runs_nothing_of_the_pull_request():
    workflow = read(next(path for path in GITHUB if path.name == PULL_REQUEST))
    for job in workflow["jobs"].values():
        if "pull-requests" in job["permissions"]:
            assert not any("actions/checkout" in step.get("uses", "") for step in job["steps"])
            assert not any(".ci/" in step.get("run", "") for step in job["steps"])


def test_a_checkout_keeps_no_credentials():
    for path in GITHUB:
        for _, step in github_steps(path):
            if "actions/checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False
    for path in AZURE:
        for _, step in azure_steps(path):
            if "checkout" in step:
                assert step["persistCredentials"] is False


def test_nothing_is_pasted_into_a_shell():
    """What others wrote (a title, a branch) reaches a script as an environment variable, or not at all."""
    found = list(scripts())
    assert len(found) > 15
    for path, _, step, text in found:
        assert "${{" not in text, f"{path.name}: {name_of(step)}"
        assert not re.search(r"\$\([A-Z][A-Za-z]*\.", text), f"{path.name}: {name_of(step)}"


def test_no_secret_is_named():
    for path in (*FILES, *SCRIPTS):
        text = path.read_text(encoding="utf-8")
        assert "secrets." not in text, path.name
        assert not re.search(r"client.?secret|password|set -x|--show-secrets|set -o xtrace", text, re.IGNORECASE), (
            path.name
        )


def test_two_applies_never_overlap():
    workflow = read(next(path for path in GITHUB if path.name == APPLY))
    assert workflow["concurrency"] == {"group": "apply", "cancel-in-progress": False}
    assert read(next(path for path in AZURE if path.name == APPLY))["lockBehavior"] == "sequential"


def test_stack_after_stack_each_in_its_environment():
    order = ["dev", "test", "prod"]
    assert sorted(order) == STACKS
    jobs = read(next(path for path in GITHUB if path.name == APPLY))["jobs"]
    assert [(key, job["environment"], job.get("needs")) for key, job in jobs.items()] == [
        ("dev", "dev", None),
        ("test", "test", "dev"),
        ("prod", "prod", "test"),
    ]
    stages = read(next(path for path in AZURE if path.name == APPLY))["stages"]
    assert [(one["stage"], one["jobs"][0]["environment"], one["dependsOn"]) for one in stages] == [
        ("dev", "dev", []),
        ("test", "test", "dev"),
        ("prod", "prod", "test"),
    ]
    for path, steps in ((GITHUB[0], github_steps(GITHUB[0])), (AZURE[0], azure_steps(AZURE[0]))):
        assert path.name == APPLY
        for key, step in steps:
            if name_of(step) == "Apply":
                assert f".ci/apply-stack {key}" in (script_of(step) or "")


def test_what_is_said_on_applies_is_a_push_to_main():
    assert read(GITHUB[0])["on"] == {"push": {"branches": ["main"]}, "workflow_dispatch": None}
    pipeline = read(AZURE[0])
    assert (pipeline["trigger"]["branches"], pipeline["pr"]) == ({"include": ["main"]}, "none")
    assert read(AZURE[1])["trigger"] == "none"


def test_without_its_variables_a_repository_runs_nothing_that_needs_them():
    for path, key, job in JOBS:
        if "id-token" in job["permissions"]:
            assert "vars.PULUMI_BACKEND_URL != ''" in job["if"], f"{path.name}: {key}"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_a_program_that_says_how_it_is_called(script):
    text = script.read_text(encoding="utf-8")
    assert os.access(script, os.X_OK)
    assert text.startswith("#!/bin/sh\n# ")
    assert f".ci/{script.name}" in text.partition("\nset -")[0]
    assert subprocess.run(["sh", "-n", script], check=False).returncode == 0


def test_every_script_is_used_and_every_used_one_is_there():
    used = {name for *_, text in scripts() for name in re.findall(r"\.ci/([a-z-]+)", text)}
    assert used == {script.name for script in SCRIPTS}


def test_every_step_s_script_is_one_for_bash():
    for path, _, step, text in scripts():
        ended = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True, check=False)
        assert ended.returncode == 0, f"{path.name}: {name_of(step)}: {ended.stderr}"


def test_the_page_names_what_has_to_be_set_up():
    page = (REPOSITORY / "docs" / "pipelines.md").read_text(encoding="utf-8")
    text = "".join(path.read_text(encoding="utf-8") for path in FILES)
    variables = set(re.findall(r"vars\.([A-Z_]+)", text))
    connections = set(re.findall(r"azureSubscription: ([a-z-]+)", text))
    groups = set(re.findall(r"group: (azure-[a-z]+)", text))
    assert variables
    assert len(connections) == 4
    for name in variables | connections | groups | set(STACKS):
        assert f"`{name}`" in page, name
    for path in FILES:
        assert f"`{path.relative_to(REPOSITORY)}`" in page

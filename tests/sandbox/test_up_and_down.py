"""`python -m sandbox up` and `down`, with a program of a test's own."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from tests.sandbox.conftest import SECONDS, STAY, assert_clear_failure

if TYPE_CHECKING:
    from pathlib import Path


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(file): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and "__pycache__" not in str(file)
    }


def test_up_deploys_says_when_nothing_changed_and_touches_no_file(run, project, state):
    before = files(project)
    first = run("up", "--no-seed", cwd=project)
    assert first.returncode == 0, first.stderr + first.stdout
    assert "3 created" in first.stdout
    assert "No changes." not in first.stdout

    second = run("up", "--no-seed", cwd=project)
    assert second.returncode == 0, second.stderr
    assert second.stdout.rstrip().endswith("No changes.")

    (project / "Pulumi.dev.yaml").write_text("config: {azure-patching:tags: {a: c}}\n")
    third = run("up", "--no-seed", cwd=project)
    assert "1 updated" in third.stdout
    assert "No changes." not in third.stdout
    assert files(project) | {str(project / "Pulumi.dev.yaml"): b""} == before | {str(project / "Pulumi.dev.yaml"): b""}


def test_preview_shows_what_up_would_change_and_changes_nothing(run, project, state):
    before = files(project)
    first = run("preview", cwd=project)
    assert first.returncode == 0, first.stderr + first.stdout
    assert "3 to create" in first.stdout
    run("up", "--no-seed", cwd=project)
    edited = b"config: {azure-patching:tags: {a: c}}\n"
    (project / "Pulumi.dev.yaml").write_bytes(edited)
    shown = run("preview", cwd=project).stdout
    assert "1 to update" in shown
    assert '"b" => "c"' in shown
    assert "1 updated" in run("up", "--no-seed", cwd=project).stdout
    assert files(project) == before | {str(project / "Pulumi.dev.yaml"): edited}
    assert_clear_failure(run("preview", "--stack", "tset", cwd=project), "Pulumi.tset.yaml", "dev")


def test_a_secret_set_on_the_copy_keeps_its_salt_through_the_next_copy(run, project, state):
    run("up", "--no-seed", cwd=project)
    copy = state / "stacks/Pulumi.dev.yaml"
    salt = [line for line in copy.read_text().splitlines() if line.startswith("encryptionsalt:")]
    assert len(salt) == 1
    run("up", "--no-seed", cwd=project)
    assert salt[0] in copy.read_text()
    assert "# the user's" in copy.read_text()


@pytest.mark.parametrize("kill", ["sandbox", "everything"])
def test_up_converges_after_a_kill_in_the_middle_of_it(start, run, project, tmp_path, kill):
    reached, go_on = tmp_path / "reached", tmp_path / "go-on"
    os.mkfifo(reached)
    os.mkfifo(go_on)
    whole = (project / "__main__.py").read_text()
    (project / "__main__.py").write_text(f"open({str(reached)!r}, 'w').close(); open({str(go_on)!r}).close()\n{whole}")
    process = start("up", "--no-seed", cwd=project)
    reached.open().close()
    if kill == "everything":
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait(SECONDS)
    # Programs run in a group of their own: this one is let go on, into an engine that is gone.
    threading.Thread(target=lambda: go_on.open("w").close(), daemon=True).start()
    (project / "__main__.py").write_text(whole)
    ended = run("up", "--no-seed", cwd=project)
    assert ended.returncode == 0, ended.stderr + ended.stdout
    assert run("up", "--no-seed", cwd=project).stdout.rstrip().endswith("No changes.")


def test_a_program_that_fails_fails_up_with_its_own_error(run, project):
    (project / "__main__.py").write_text("import pulumi\nraise pulumi.RunError('the ring is broken')\n")
    ended = run("up", "--no-seed", cwd=project)
    assert ended.returncode != 0
    assert "the ring is broken" in ended.stdout
    assert "No changes." not in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr


def test_up_needs_a_program_and_a_stack_file(run, project, tmp_path):
    assert_clear_failure(run("up", "--stack", "prod", cwd=project), "Pulumi.prod.yaml", "dev")
    assert_clear_failure(run("up", "--stack", "../dev", cwd=project), "'../dev'")
    assert_clear_failure(run("up", cwd=tmp_path), "Pulumi.yaml")


def test_down_destroys_and_removes_the_state_directory(run, project, state):
    run("up", "--no-seed", cwd=project)
    ended = run("down", cwd=project)
    assert ended.returncode == 0, ended.stderr
    assert "3 deleted" in ended.stdout
    assert not state.exists()
    assert run("down", cwd=project).returncode == 0


def test_down_leaves_the_state_directory_when_the_stack_is_protected(run, project, state):
    (project / "Pulumi.dev.yaml").write_text("config: {azure-patching:protect: true}\n")
    run("up", "--no-seed", cwd=project)
    ended = run("down", cwd=project)
    assert ended.returncode != 0
    assert "make clean" in ended.stderr
    assert state.exists()


def test_down_leaves_the_state_directory_to_other_stacks(run, project, state):
    shutil.copy(project / "Pulumi.dev.yaml", project / "Pulumi.test.yaml")
    run("up", "--no-seed", cwd=project)
    run("up", "--no-seed", "--stack", "test", cwd=project)
    assert_clear_failure(run("down", "--stack", "tset", cwd=project), "dev, test")
    ended = run("down", "--stack", "test", cwd=project)
    assert ended.returncode == 0, ended.stderr
    assert "stays for dev" in ended.stdout
    assert run("down", cwd=project).returncode == 0
    assert not state.exists()


def test_down_removes_nothing_that_is_in_use_or_not_ours(start, run, project, state):
    first = start("exec", "--", *STAY)
    first.stdout.readline()
    assert_clear_failure(run("down", cwd=project), str(first.pid))
    assert state.exists()

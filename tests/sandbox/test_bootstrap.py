"""The virtual environment: made once, repaired when it was interrupted, never made again for nothing."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import bootstrap

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """An empty project folder; returns the requirement files that pip was asked to install, by a stand-in for it."""
    monkeypatch.chdir(tmp_path)
    asked: list[str] = []

    def create(folder, **_):
        (Path(folder) / "bin").mkdir(parents=True)
        (Path(folder) / "bin" / "python").symlink_to(sys.executable)

    def run(command, **options):
        if "pip" in command:
            asked.append(command[-1])
            assert "--require-hashes" in command
            return subprocess.CompletedProcess(command, 0 if "broken" not in Path(command[-1]).read_text() else 1)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(bootstrap.venv, "create", create)
    monkeypatch.setattr(bootstrap.subprocess, "run", run)
    Path("some.txt").write_text("a")
    Path("more.txt").write_text("a b")
    return asked


def test_the_second_run_installs_nothing(installed):
    assert bootstrap.main(Path("some.txt"), []) == 0
    assert bootstrap.main(Path("some.txt"), []) == 0
    assert installed == ["some.txt"]


def test_a_superset_that_is_there_will_do(installed):
    assert bootstrap.main(Path("more.txt"), []) == 0
    assert bootstrap.main(Path("some.txt"), [Path("more.txt")]) == 0
    assert installed == ["more.txt"]


def test_a_changed_file_is_installed_again(installed):
    bootstrap.main(Path("some.txt"), [Path("more.txt")])
    Path("some.txt").write_text("changed")
    bootstrap.main(Path("some.txt"), [Path("more.txt")])
    assert installed == ["some.txt", "some.txt"]


def test_what_failed_is_done_again(installed, capsys):
    Path("some.txt").write_text("broken")
    assert bootstrap.main(Path("some.txt"), []) == 1
    assert "package index" in capsys.readouterr().err
    assert bootstrap.main(Path("some.txt"), []) == 1
    assert installed == ["some.txt", "some.txt"]


def test_an_environment_whose_python_is_gone_is_made_again(installed):
    bootstrap.main(Path("some.txt"), [])
    (bootstrap.ENVIRONMENT / "bin" / "python").unlink()
    (bootstrap.ENVIRONMENT / "bin").rmdir()
    bootstrap.main(Path("some.txt"), [])
    assert installed == ["some.txt", "some.txt"]


def test_a_missing_ensurepip_is_named_with_its_remedy(installed, monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert bootstrap.main(Path("some.txt"), []) == 1
    told = capsys.readouterr().err
    assert "ensurepip" in told
    assert f"python3.{sys.version_info.minor}-venv" in told
    assert installed == []


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_make_alone_lists_every_target_there_is():
    targets = set(re.findall(r"^([a-z]+):.*##", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    assert {"up", "down", "test", "check", "clean", "requirements", "help"} <= targets
    listed = set(re.findall(r"^make ([a-z]+)", make().stdout, re.MULTILINE))
    assert listed == targets


def test_make_without_a_python_says_what_to_do():
    ended = make("up", "PYTHON=")
    assert ended.returncode != 0
    assert "PYTHON=/path/to/python3" in ended.stderr


def test_the_ci_script_runs_the_tests():
    script = REPOSITORY / ".ci" / "run"
    assert script.stat().st_mode & 0o100
    assert script.read_text().rstrip().endswith("exec make test")

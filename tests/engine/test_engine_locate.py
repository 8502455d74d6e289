"""Which engine is taken: the official one where it will do, else the one in the user's cache."""

from __future__ import annotations

import io
import os
from pathlib import Path  # noqa: TC003 - annotations of helpers are read

import pytest
from rich.console import Console

from sandbox.engine import locate
from sandbox.engine.progress import Progress
from sandbox.engine.versions import PULUMI


@pytest.fixture
def told():
    return io.StringIO()


@pytest.fixture
def progress(told):
    return Progress(Console(file=told, soft_wrap=True))


def program(folder: Path, name: str, script: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return file


def official(folder: Path, version: str) -> Path:
    program(folder, "pulumi-language-python")
    return program(folder, "pulumi", f"echo {version}")


@pytest.mark.parametrize("version", [f"v{PULUMI}", "v3.999.0", "v4.0.0"])
def test_an_official_engine_that_is_new_enough_is_used_as_it_is(tmp_path, progress, version):
    pulumi = official(tmp_path / "bin", version)
    found = locate.find_on_path(progress, str(pulumi.parent))
    assert found == locate.Engine(pulumi, version[1:], None)


def test_a_language_host_elsewhere_on_path_will_do(tmp_path, progress):
    pulumi = program(tmp_path / "a", "pulumi", f"echo v{PULUMI}")
    host = program(tmp_path / "b", "pulumi-language-python")
    found = locate.find_on_path(progress, f"{pulumi.parent}{os.pathsep}{host.parent}")
    assert found is not None
    assert found.executor is None


def test_a_language_host_beside_what_a_link_points_to_will_do(tmp_path, progress):
    pulumi = official(tmp_path / "opt", f"v{PULUMI}")
    link = tmp_path / "bin" / "pulumi"
    link.parent.mkdir()
    link.symlink_to(pulumi)
    assert locate.find_on_path(progress, str(link.parent)) is not None


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo v3.200.0", "3.200.0"),
        ("echo v3.259.0-alpha.1", "alpha"),
        ("echo nonsense", "nonsense"),
        ("echo v3.300.0; exit 1", "3.300.0"),
        ("exit 3", "unknown"),
    ],
)
def test_an_engine_that_will_not_do_is_passed_over_and_said_so(tmp_path, progress, told, script, reason):
    program(tmp_path, "pulumi-language-python")
    pulumi = program(tmp_path, "pulumi", script)
    assert locate.find_on_path(progress, str(tmp_path)) is None
    assert str(pulumi) in told.getvalue()
    assert reason in told.getvalue()
    assert "an engine of our own" in told.getvalue()


def test_an_engine_without_a_language_host_is_passed_over(tmp_path, progress, told):
    program(tmp_path, "pulumi", f"echo v{PULUMI}")
    assert locate.find_on_path(progress, str(tmp_path)) is None
    assert "pulumi-language-python" in told.getvalue()


def test_an_engine_that_cannot_be_run_is_passed_over(tmp_path, progress, told):
    program(tmp_path, "pulumi").write_bytes(b"\x7fELF but of no machine")
    assert locate.find_on_path(progress, str(tmp_path)) is None
    assert "does not run" in told.getvalue()


def test_no_engine_on_path_is_nothing_to_talk_about(tmp_path, progress, told):
    assert locate.find_on_path(progress, str(tmp_path)) is None
    assert told.getvalue() == ""


def test_a_built_engine_is_found_only_when_it_is_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(locate, "cache_directory", lambda: tmp_path)
    assert locate.find_built() is None
    pulumi = program(tmp_path / PULUMI, "pulumi")
    assert locate.find_built() is None
    executor = program(tmp_path / PULUMI, locate.EXECUTOR)
    assert locate.find_built() == locate.Engine(pulumi, PULUMI, executor)


def test_the_cache_is_the_users_and_outside_the_repository(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = locate.cache_directory()
    assert folder.is_relative_to(tmp_path)
    assert folder.parts[-2:] == ("azure-patching", "engine")

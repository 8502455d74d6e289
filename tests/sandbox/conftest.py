"""`python -m sandbox` as a user runs it: real processes, the real engine, a state directory for each test."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY

SECONDS = 120
# Says where it runs, then lives until its standard input ends.
STAY = ["sh", "-c", 'echo "$AZURE_SANDBOX_URL $AZURE_SANDBOX_PLUGIN_PORT $AZURE_SANDBOX_HTTPS_URL"; read -r _; exit 7']
PROGRAM = """
import pulumi
import pulumi_azure_native as azure
config = pulumi.Config()
provider = azure.Provider("main", subscription_id="11111111-1111-4111-8111-111111111111")
azure.resources.ResourceGroup(
    "group", resource_group_name="rg-up", location="westeurope", tags=config.get_object("tags"),
    opts=pulumi.ResourceOptions(provider=provider, protect=config.get_bool("protect")),
)
"""


@pytest.fixture
def state(tmp_path, engine):
    return tmp_path / "a state, 100% åäö?#"


@pytest.fixture
def start(state):
    """Start `python -m sandbox`; whatever is still running after the test is killed."""
    started = []

    def start(*arguments, cwd=REPOSITORY, **environment):
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", arguments[0], "--state", str(state), *arguments[1:]],
            cwd=cwd,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY)} | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(SECONDS)
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()


@pytest.fixture
def run(start):
    def run(*arguments, **options):
        process = start(*arguments, **options)
        output, errors = process.communicate(timeout=SECONDS)
        return subprocess.CompletedProcess(arguments, process.returncode, output, errors)

    return run


def assert_clear_failure(ended, *words, code=1):
    assert ended.returncode == code
    assert "Traceback" not in ended.stderr
    assert ended.stderr.startswith(("error: ", "Usage: "))
    for word in words:
        assert word in ended.stderr


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: azure-patching\nruntime: python\n")
    (folder / "Pulumi.dev.yaml").write_text("# the user's\nconfig:\n  azure-patching:tags: {a: b}\n")
    (folder / "__main__.py").write_text(PROGRAM)
    return folder

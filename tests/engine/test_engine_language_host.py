"""The engine with its language host, on programs without any cloud resource."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import venv

import pytest

SECONDS = 120
PROGRAM = """
import pulumi
pulumi.export("greeting", pulumi.Config().require("greeting"))
"""
COMPONENT = """
from typing import Optional, TypedDict
import pulumi
from pulumi.provider.experimental import component_provider_host

class WindowArgs(TypedDict):
    hours: pulumi.Input[float]

class Window(pulumi.ComponentResource):
    minutes: pulumi.Output[float]
    def __init__(self, name: str, args: WindowArgs, opts: Optional[pulumi.ResourceOptions] = None):
        super().__init__("rings:index:Window", name, {}, opts)
        self.minutes = pulumi.Output.from_input(args["hours"]).apply(lambda hours: hours * 60)
        self.register_outputs({"minutes": self.minutes})

component_provider_host(name="rings", components=[Window])
"""
POLICY = """
from pulumi_policy import EnforcementLevel, PolicyPack, StackValidationPolicy
def refuse(args, report):
    report("no stack is good enough")
PolicyPack("strict", policies=[StackValidationPolicy("nothing", "Refuses all.", refuse, EnforcementLevel.MANDATORY)])
"""


@pytest.fixture(autouse=True)
def _needs_stand_in(engine):
    if engine.executor is None:
        pytest.skip("the official engine is here, with its own language host: the stand-in is not used")


def test_a_program_is_previewed_deployed_and_destroyed(pulumi_stack):
    stack = pulumi_stack({"azure-patching:greeting": "good evening"}, program=PROGRAM)

    assert stack.preview().changes == {"create": 1}
    assert stack.up().changes == {"create": 1}
    assert stack.outputs()["greeting"] == "good evening"
    assert stack.up().changes == {}
    assert stack.refresh().changes == {}
    assert stack.destroy().changes == {"delete": 1}
    assert stack.resources() == {}


def test_a_run_says_nothing_but_what_the_program_says(pulumi_stack):
    assert pulumi_stack(program="import pulumi").up().diagnostics == []


def test_configuration_reaches_the_program_as_it_is_and_secrets_stay_secret(pulumi_stack):
    program = """
import pulumi
config = pulumi.Config()
pulumi.export("plain", config.require_object("plain"))
pulumi.export("hidden", config.require("hidden"))
pulumi.export("secret", pulumi.Output.is_secret(config.require_secret("hidden")))
pulumi.export("preview", pulumi.runtime.is_dry_run())
pulumi.export("names", [pulumi.get_project(), pulumi.get_stack(), pulumi.get_organization()])
"""
    plain = {"a": [1, 2.5, True, None, "é"], "b": {"c": "d"}}
    stack = pulumi_stack({"azure-patching:plain": plain}, program=program)
    stack.pulumi("config", "set", "--secret", "hidden", "s3cret", "--config-file", str(stack.file))
    stack.up()
    assert stack.outputs() == {
        "plain": plain,
        "hidden": "s3cret",
        "secret": True,
        "preview": False,
        "names": ["azure-patching", stack.name, "organization"],
    }


def test_output_of_the_program_is_shown(pulumi_stack):
    program = "import sys\nprint('to standard output')\nprint('to standard error', file=sys.stderr)"
    shown = pulumi_stack(program=program).up().stdout
    assert "to standard output" in shown
    assert "to standard error" in shown


def test_an_exception_is_shown_once_with_its_place_and_fails_the_run(pulumi_stack):
    stack = pulumi_stack(program="import pulumi\n\nraise ValueError('the ring is broken')\n")
    result = stack.preview(check=False)
    assert result.exit_code != 0
    told = "\n".join(result.diagnostics)
    assert told.count("ValueError: the ring is broken") == 1
    assert f'"{stack.program}/__main__.py", line 3' in told
    assert "language_host" not in told
    assert "pulumi-language-python-exec" not in told


def test_an_error_for_the_user_is_shown_without_a_traceback(pulumi_stack):
    stack = pulumi_stack(program="import pulumi\nraise pulumi.RunError('write 03:00')\n")
    result = stack.preview(check=False)
    assert result.exit_code != 0
    assert "write 03:00" in result.diagnostics
    assert "Traceback" not in result.stdout + result.stderr


def test_a_program_ended_from_outside_fails_the_run_and_says_so(pulumi_stack):
    result = pulumi_stack(program="import os\nos.kill(os.getpid(), 9)\n").preview(check=False)
    assert result.exit_code != 0
    assert any("SIGKILL" in told for told in result.diagnostics)


def test_a_program_runs_in_the_virtual_environment_its_project_names(pulumi_stack, tmp_path):
    stack = pulumi_stack(program="import pulumi, sys\npulumi.export('prefix', sys.prefix)\n")
    venv.create(stack.program / "env", system_site_packages=True)
    here = next(path for path in sys.path if path.endswith("site-packages"))
    packages = next((stack.program / "env").glob("lib/python3*/site-packages"))
    (packages / "here.pth").write_text(here + "\n")
    project = {"name": "azure-patching", "runtime": {"name": "python", "options": {"virtualenv": "env"}}}
    (stack.program / "Pulumi.yaml").write_text(json.dumps(project))
    stack.up()
    assert stack.outputs()["prefix"] == str(stack.program / "env")


def test_without_that_environment_it_runs_in_ours(pulumi_stack):
    stack = pulumi_stack(program="import pulumi, sys\npulumi.export('prefix', sys.prefix)\n")
    project = {"name": "azure-patching", "runtime": {"name": "python", "options": {"virtualenv": ".venv"}}}
    (stack.program / "Pulumi.yaml").write_text(json.dumps(project))
    stack.up()
    assert stack.outputs()["prefix"] == sys.prefix


def test_nothing_of_the_hosts_own_start_reaches_the_program(pulumi_stack):
    program = """
import os, pulumi, sys
pulumi.export("isolated", sys.flags.isolated)
pulumi.export("path", [entry for entry in sys.path if "sandbox" in entry])
pulumi.export("python_path", os.environ.get("PYTHONPATH"))
"""
    stack = pulumi_stack(program=program)
    stack.up(PYTHONPATH="/somewhere")
    assert stack.outputs() == {"isolated": 0, "path": [], "python_path": "/somewhere"}


def test_an_interrupted_run_ends_the_program(pulumi_stack, tmp_path, ends):
    reached = tmp_path / "reached"
    os.mkfifo(reached)
    program = f"import os, signal\nopen({str(reached)!r}, 'w').write(str(os.getpid()))\nsignal.pause()\n"
    stack = pulumi_stack(program=program)
    command = ["pulumi", "preview", "--stack", stack.name, "--non-interactive", "--config-file", str(stack.file)]
    engine = subprocess.Popen(command, cwd=stack.program, env=stack.environment, stdout=subprocess.DEVNULL)
    pid = int(reached.read_text())
    engine.send_signal(signal.SIGINT)
    engine.send_signal(signal.SIGINT)
    assert engine.wait(SECONDS) != 0
    assert ends(pid)


def test_a_policy_pack_is_run_and_obeyed(pulumi_stack, tmp_path):
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "PulumiPolicy.yaml").write_text("runtime: python\nversion: 0.0.1\n")
    (pack / "__main__.py").write_text(POLICY)
    stack = pulumi_stack(program="import pulumi")
    assert stack.preview().exit_code == 0
    refused = stack.preview("--policy-pack", str(pack), check=False)
    assert refused.exit_code != 0
    assert "no stack is good enough" in refused.stdout


def test_a_component_package_shows_its_schema(local_azure, tmp_path):
    package = tmp_path / "rings"
    package.mkdir()
    (package / "PulumiPlugin.yaml").write_text("runtime: python\n")
    (package / "__main__.py").write_text(COMPONENT)
    shown = subprocess.run(
        ["pulumi", "package", "get-schema", str(package)],
        env=local_azure.environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    schema = json.loads(shown.stdout)
    assert schema["resources"]["rings:index:Window"]["inputProperties"]["hours"] == {"type": "number"}


def test_about_names_the_python_and_what_is_installed(pulumi_stack):
    about = json.loads(pulumi_stack(program="import pulumi").pulumi("about", "--json", check=False).stdout)
    assert about["runtime"]["executable"] == sys.executable
    assert {"name": "pulumi", "version": "3.259.0"} in about["dependencies"]

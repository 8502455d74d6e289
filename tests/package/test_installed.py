"""`pip install` of the repository: what is in the wheel, and what programs get of it in an environment of their own."""

import json
import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.docs.pages import blocks

REMOTE = """

from sdk import Component

# The same from another language, with the stack's own provider; the engine finds the plugin on PATH.
Component(
    "DynamicScope",
    "windows",
    {"maintenanceConfigurationId": weekly.resource_id, "osTypes": ["Windows"], "waitFor": [group.id]},
)
"""


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """The wheel, built from what a clean clone has: what git knows of, as it is now."""
    clone, built = tmp_path_factory.mktemp("clone"), tmp_path_factory.mktemp("wheel")
    known = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(known, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (REPOSITORY / name).is_file():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            (clone / name).write_bytes((REPOSITORY / name).read_bytes())
    how = ["--quiet", "--wheel", "--no-build-isolation", "--offline", "--out-dir", str(built)]
    subprocess.run([sys.executable, "-m", "uv", "build", *how, str(clone)], check=True)
    return next(built.glob("*.whl"))


@pytest.fixture(scope="session")
def environment(wheel, tmp_path_factory):
    """A virtual environment with the wheel, and what it needs from the environment of the tests."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    how = ["--quiet", "--no-deps", "--no-index", "--python", str(folder / "bin" / "python")]
    subprocess.run([sys.executable, "-m", "uv", "pip", "install", *how, str(wheel)], check=True)
    needed = next(path for path in sys.path if path.endswith("site-packages"))
    (next(folder.glob("lib/python3*/site-packages")) / "needed.pth").write_text(f"{needed}\n")
    return folder


def test_the_wheel_has_the_two_packages_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"azure_patching", "patching"}
    assert {"azure_patching/py.typed", "patching/py.typed", "azure_patching/package/host.py"} <= set(names)
    assert not [name for name in names if name.endswith((".pyc", "schema.json", "PulumiPlugin.yaml"))]
    modules = {name for name in names if name.endswith(".py")}
    there = {
        str(Path(package, file.relative_to(REPOSITORY / room)))
        for package, room in (("azure_patching", "components"), ("patching", "patching"))
        for file in (REPOSITORY / room).rglob("*.py")
    }
    assert modules == there


def test_it_takes_no_other_name(environment, tmp_path):
    """A program's own packages are found, whatever their names are."""
    (tmp_path / "components").mkdir()
    (tmp_path / "components" / "__init__.py").write_text("OWN = True\n")
    code = """
import importlib.util, components, azure_patching, patching
assert components.OWN
assert azure_patching.MaintenanceSchedule.__module__ == "azure_patching.maintenance_schedule"
assert not any(importlib.util.find_spec(name) for name in ("policies", "sandbox", "bench"))
from azure_patching.package.project import this_project
print(this_project())
"""
    python = environment / "bin" / "python"
    shown = subprocess.run([python, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    project = re.search(r"^version = \"(.+)\"$", (REPOSITORY / "pyproject.toml").read_text(), re.MULTILINE)
    assert f"version='{project[1]}'" in shown


def test_the_installed_plugin_tells_the_same_schema(environment, schema, local_azure):
    command = ["pulumi", "package", "get-schema", str(environment / "bin" / "pulumi-resource-azure-patching")]
    shown = subprocess.run(command, env=local_azure.environment, check=True, capture_output=True, text=True).stdout
    assert {**json.loads(shown), "config": {}} == {**schema, "config": {}}


def test_the_pages_program_and_the_plugin_on_path_use_what_is_installed(environment, somebody_elses, subscription):
    here = subscription()
    page = REPOSITORY / "docs" / "languages.md"
    (program,) = (one.text for one in blocks(page.read_text(encoding="utf-8"), page.name) if one.language == "python")
    config = {"azure-native:subscriptionId": here.id, "azure-native:location": "westeurope"}
    stack = somebody_elses(config, program + REMOTE)
    runtime = {"name": "python", "options": {"virtualenv": str(environment)}}
    (stack.program / "Pulumi.yaml").write_text(json.dumps({"name": "shop", "runtime": runtime}))
    # The local Azure has the engine look nowhere but in its own home.
    plugins = environment / "bin"
    path = {
        "PATH": f"{plugins}{os.pathsep}{stack.environment['PATH']}",
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "",
    }

    stack.up(**path)
    assert sorted(tuple(one.filter.os_types) for one in here.scopes()) == [("Linux",), ("Windows",)]
    assert stack.outputs()["summary"].startswith("Every week on Sunday, at 22:00")
    stack.pulumi("state", "unprotect", "--all", "--yes", **path)
    stack.destroy(**path)
    assert here.everything() == set()

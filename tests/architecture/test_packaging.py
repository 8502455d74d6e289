"""What is installed, pinned and ignored agrees with what is there."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
FILES = {
    "requirements.txt": set(),
    "requirements-sandbox.txt": {"sandbox"},
    "requirements-dev.txt": {"sandbox", "dev"},
    "sandbox/engine/requirements-go.txt": None,
}
ENTRY = re.compile(
    r"^(?P<requirement>[A-Za-z0-9][^\\#]*?) \\\n(?P<hashes>(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE
)


def entries(name: str) -> list[Requirement]:
    text = (REPOSITORY / name).read_text(encoding="utf-8")
    assert ENTRY.sub("", text).strip() == "", f"{name} holds something that is not a pinned, hashed requirement"
    return [Requirement(match["requirement"]) for match in ENTRY.finditer(text)]


def pins(name: str) -> dict[tuple[str, str], str]:
    return {(canonicalize_name(entry.name), str(entry.marker)): str(entry.specifier) for entry in entries(name)}


def declared(extras: set[str]) -> list[Requirement]:
    project = PROJECT["project"]
    lists = [project["dependencies"], *(project["optional-dependencies"][extra] for extra in extras)]
    return [Requirement(line) for listed in lists for line in listed]


@pytest.mark.parametrize("name", FILES)
def test_every_requirement_is_pinned_to_one_version_and_hashed(name):
    found = entries(name)
    assert found
    assert all(re.fullmatch(r"==[^,*]+", str(entry.specifier)) for entry in found)


@pytest.mark.parametrize("name", FILES)
def test_requirement_files_name_no_index_no_machine_and_no_path(name):
    text = (REPOSITORY / name).read_text(encoding="utf-8")
    assert not re.search(r"://|--find-links|--index|@ |^-|file:", text, re.MULTILINE)


@pytest.mark.parametrize(("name", "extras"), [item for item in FILES.items() if item[1] is not None])
def test_requirement_files_are_compiled_from_the_project(name, extras):
    pinned = {canonicalize_name(entry.name): entry for entry in entries(name)}
    for wanted in declared(extras):
        found = pinned.get(canonicalize_name(wanted.name))
        assert found is not None, f"{name} lacks {wanted}: make requirements"
        version = str(found.specifier).removeprefix("==")
        assert wanted.specifier.contains(version, prereleases=True), f"{name} pins {found}: make requirements"


def test_the_files_agree_on_every_version():
    program, sandbox, dev = (pins(name).items() for name in list(FILES)[:3])
    assert program <= sandbox <= dev


def test_what_is_tested_is_what_is_pinned():
    for entry in entries("requirements.txt"):
        if entry.marker is None or entry.marker.evaluate({**default_environment()}):
            assert importlib.metadata.version(entry.name) in entry.specifier


ROOMS = {"azure_patching": "components", "patching": "patching"}
OF_THE_CLONE = {
    # What the engine reads where it has cloned the repository; installed, the plugin is a console script.
    "components/PulumiPlugin.yaml",
    "components/requirements.txt",
    # What is held against the code, for people to read.
    "components/schema.json",
}


def test_every_package_that_is_there_is_installed():
    there = {
        ".".join([package, *file.parent.relative_to(REPOSITORY / room).parts])
        for package, room in ROOMS.items()
        for file in (REPOSITORY / room).rglob("__init__.py")
    }
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == there


def test_what_is_installed_besides_python_is_named():
    data = {
        str(file.relative_to(REPOSITORY))
        for room in ROOMS.values()
        for file in (REPOSITORY / room).rglob("*")
        if file.is_file() and file.suffix not in {".py", ".pyc"}
    }
    setuptools = PROJECT["tool"]["setuptools"]
    assert setuptools["package-dir"] == ROOMS
    named = {
        str(file.relative_to(REPOSITORY))
        for package, patterns in setuptools["package-data"].items()
        for pattern in patterns
        for file in (REPOSITORY / ROOMS[package]).glob(pattern)
    }
    assert data == named | OF_THE_CLONE
    assert {"components/py.typed", "patching/py.typed", "patching/report/templates/page.html.jinja"} <= named


def test_a_clone_used_as_a_plugin_installs_what_the_program_is_tested_with():
    """The engine installs a plugin's `requirements.txt`, and only one that lies in the plugin's own folder."""
    plugin = REPOSITORY / "components"
    (line,) = (plugin / "requirements.txt").read_text(encoding="utf-8").splitlines()
    option, _, path = line.partition(" ")
    assert option == "-r"
    assert (plugin / path).resolve() == REPOSITORY / "requirements.txt"


def test_every_test_module_is_collected(request):
    """A module by another name, or two of one name in a room that is a package, would never run."""
    modules = set((REPOSITORY / "tests").rglob("*.py"))
    odd = {
        file
        for file in modules
        if not file.name.startswith("test_") and re.search(r"^def test_", file.read_text(), re.MULTILINE)
    }
    assert not odd
    assert not list((REPOSITORY / "tests").rglob("__init__.py"))


def test_no_committed_text_names_a_registry_or_a_machine_path():
    kinds = {".py", ".toml", ".txt", ".yaml", ".json", ".md", ".mod", ""}
    hosts = "|".join(["pypi" + r"\.org", "pythonhosted" + r"\.org", "proxy" + r"\.golang\.org"])
    ours = [REPOSITORY / name for name in ("components", "patching", "policies", "sandbox", "tests", "docs", ".ci")]
    files = [file for folder in ours for file in folder.rglob("*") if file.is_file() and file.suffix in kinds]
    files += [file for file in REPOSITORY.iterdir() if file.is_file() and file.suffix in kinds and file.name != ".git"]
    assert len(files) > 20
    for file in files:
        text = file.read_text(encoding="utf-8", errors="replace")
        assert not re.search(hosts, text), file.relative_to(REPOSITORY)
        assert str(REPOSITORY) not in text, file.relative_to(REPOSITORY)

"""The arrows between the rooms: `__main__ -> components -> patching`, `policies` and `bench` -> `patching`,
`bench -> policies`, and the sandbox apart.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
ROOMS = {"__main__", "bench", "components", "patching", "policies", "sandbox"}
ALLOWED = {
    "bench": {"components", "patching", "policies"},
    "__main__": {"components"},
    "components": {"patching"},
    "patching": set(),
    "policies": {"patching"},
    "sandbox": set(),
}
PULUMI = ("pulumi", "pulumi_azure_native", "pulumi_policy")
THE_CLOCK = REPOSITORY / "patching" / "commands" / "clock.py"
"""Where the command line asks what time it is, once, for commands that judge by it."""
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}


def sources(room: str) -> list[Path]:
    if room == "__main__":
        return [REPOSITORY / "__main__.py"]
    return sorted((REPOSITORY / room).rglob("*.py"))


def imported(tree: ast.AST, room: str) -> set[str]:
    """The top-level names that a module of a room imports, anywhere in it; a relative import stays in its room."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(room if node.level else (node.module or "").partition(".")[0])
    return found


def clocks_read(tree: ast.AST) -> list[int]:
    """The lines on which a module asks what time it is."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name | ast.Attribute)
        and (getattr(node.func.value, "id", getattr(node.func.value, "attr", "")), node.func.attr) in CLOCKS
    ]


def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), str(file))


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_a_room_imports_only_what_its_arrow_points_to(room):
    files = sources(room)
    assert files
    for file in files:
        foreign = imported(parsed(file), room) & ROOMS - ALLOWED[room] - {room}
        if file.name == "__main__.py" and room in {"components", "policies"}:
            foreign.discard(room)
        assert not foreign, f"{file.relative_to(REPOSITORY)} imports {sorted(foreign)}"


@pytest.mark.parametrize("room", ["patching", "sandbox/arm"])
def test_a_room_that_must_not_know_pulumi_does_not(room):
    for file in sources(room):
        assert not imported(parsed(file), room) & set(PULUMI), file.relative_to(REPOSITORY)


@pytest.mark.parametrize("room", ["patching", "components", "policies", "__main__"])
def test_no_clock_is_read(room):
    for file in sources(room):
        if file == THE_CLOCK:
            continue
        assert not clocks_read(parsed(file)), f"{file.relative_to(REPOSITORY)}: the time is an argument"


def test_the_clock_is_asked_by_the_one_command_that_judges_by_it():
    asking = [file for file in sources("patching") if "clock.now" in file.read_text(encoding="utf-8")]
    assert [file.name for file in asking] == ["emergency.py"]
    assert asking[0].read_text(encoding="utf-8").count("clock.now()") == 1


def test_the_local_azure_and_the_plugin_stand_in_do_not_import_each_other():
    for room, other in (("arm", "plugin"), ("plugin", "arm")):
        for file in sources(f"sandbox/{room}"):
            assert f"sandbox.{other}" not in file.read_text(encoding="utf-8"), file.relative_to(REPOSITORY)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import sandbox.arm", {"sandbox"}),
        ("def f():\n    from patching.zones import x", {"patching"}),
        ("from . import y\nfrom .z import w", {"room"}),
        ("import os, components as c", {"os", "components"}),
    ],
)
def test_the_check_of_imports_sees_them_wherever_they_are(source, names):
    assert imported(ast.parse(source), "room") == names


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("datetime.now()", [1]),
        ("import datetime\nx = datetime.datetime.now(tz=utc)", [2]),
        ("date.today()", [1]),
        ("time.time()", [1]),
        ("time.monotonic()\nself.now()", []),
    ],
)
def test_the_check_of_clocks_sees_them(source, lines):
    assert clocks_read(ast.parse(source)) == lines

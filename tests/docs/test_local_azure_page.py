"""The page on the local Azure says what the code says."""

import json
import os
import re
import shlex
import subprocess
import sys
from typing import get_args

import pytest

from sandbox.arm.faults.desk import LOGGED
from sandbox.arm.faults.rules import Drop, Rule, read_rules
from sandbox.arm.model_page import PARTS, rewritten
from tests.conftest import REPOSITORY
from tests.parity.service import RECORDED, recorded
from tests.parity.statements import STATEMENTS

PAGE = (REPOSITORY / "docs" / "local-azure.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PARTS)
def test_each_part_is_there(name):
    lines = PARTS[name]()
    assert lines
    assert "\n".join(lines) in PAGE, "run: python -m sandbox.arm.model_page docs/local-azure.md"


def test_the_page_says_what_the_code_says():
    assert rewritten(PAGE) == PAGE, "run: python -m sandbox.arm.model_page docs/local-azure.md"


def test_what_was_never_recorded_live_is_named():
    never = [one for one in sorted(STATEMENTS) if recorded(RECORDED, one) is None]
    listed = re.search(r"^Never recorded live: (.*)\.$", PAGE, re.MULTILINE)
    assert (listed[1] if listed else "") == ", ".join(one.replace("_", " ") for one in never)


FAULTS = PAGE.partition("## Faults on demand\n")[2].partition("\n## ")[0]
JSON_BLOCK = re.compile(r"```json\n(.*?)```", re.DOTALL)


def first_cells(table: str) -> list[str]:
    rows = [line.split(" | ") for line in table.splitlines() if line.startswith("| `")]
    return [re.fullmatch(r"\| `([\w-]+)`", row[0])[1] for row in rows]


def test_the_keys_and_the_effects_of_fault_rules_are_those_of_the_code():
    keys, effects = re.findall(r"^\| .*?(?=\n\n)", FAULTS, re.DOTALL | re.MULTILINE)
    kinds = get_args(get_args(Rule)[0])
    common = {field.alias or name for name, field in Drop.model_fields.items()}
    assert set(first_cells(keys)) == common
    own = {
        get_args(kind.model_fields["effect"].annotation)[0]: {
            field.alias or name for name, field in kind.model_fields.items()
        }
        - common
        for kind in kinds
    }
    assert sorted(first_cells(effects.partition("|---|---|---|\n")[2])) == sorted(own)
    for row in effects.splitlines()[2:]:
        effect, _, named = row.strip("|").split(" |")[:3]
        assert set(re.findall(r"`(\w+)`", named)) == own[effect.strip(" `")]
    assert f"the last {LOGGED:,} requests" in FAULTS


def test_the_commands_of_the_faults_section_work_as_they_stand(tmp_path):
    (example,) = JSON_BLOCK.findall(FAULTS)
    rules = tmp_path / "faults.json"
    rules.write_text(example)
    commands = re.findall(r"^\$ (python -m sandbox faults .*?)(?: +#.*)?$", FAULTS, re.MULTILINE)
    told = []
    for command in commands:
        _, *arguments = shlex.split(command)
        ended = subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        told.append(ended.stdout)
    _, listed, _ = told
    assert json.loads(listed) == [{**rule, "matched": 0} for rule in json.loads(example)]


def test_the_requests_of_the_faults_section_work_as_they_stand(tmp_path):
    import httpx

    from sandbox.arm.server import ArmServer

    asked = re.findall(r"^\$ curl (?:-X (\w+) )?\"\$AZURE_SANDBOX_URL(\S+)\"(?: -d '(.*)')?$", FAULTS, re.MULTILINE)
    server = ArmServer(tmp_path)
    server.start()
    try:
        answers = [
            httpx.request(method or "GET", server.url + path, content=content or None)
            for method, path, content in asked
        ]
    finally:
        server.stop()
    assert [one.status_code for one in answers] == [200, 200, 204]
    assert read_rules(asked[0][2])

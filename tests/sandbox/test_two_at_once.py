"""Two `up`s of one stack at once: the second is refused, and does not take the first for one that was killed."""

from __future__ import annotations

import os

from tests.sandbox.conftest import PROGRAM, SECONDS, assert_clear_failure

WAITING = """
import os
if os.environ.get("GATE"):
    open(os.environ["GATE"]).read()  # until somebody has opened it for writing, and closed it
"""


def test_the_second_is_refused_and_the_first_is_left_alone(start, run, project, tmp_path):
    (project / "__main__.py").write_text(WAITING + PROGRAM)
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    first = start("up", "--no-seed", cwd=project, GATE=str(gate))
    assert any("Updating" in line for line in first.stdout), first.stderr.read()
    second = run("up", "--no-seed", cwd=project)
    assert_clear_failure(second, "another `up` of the stack 'dev' is under way", "--state")
    gate.write_text("")
    output, errors = first.communicate(timeout=SECONDS)
    assert first.returncode == 0, output + errors
    third = run("up", "--no-seed", cwd=project)
    assert third.returncode == 0, third.stdout + third.stderr
    assert third.stdout.rstrip().endswith("No changes.")
    assert "An earlier run was killed" not in second.stderr + third.stderr

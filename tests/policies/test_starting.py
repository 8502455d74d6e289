"""The folder `policies/` as a pack by itself: what it needs beside it, and what it says where that is missing."""

import shutil
import subprocess
import sys

from tests.conftest import REPOSITORY


def test_a_folder_without_its_repository_says_what_it_needs(tmp_path):
    alone = tmp_path / "policies"
    shutil.copytree(REPOSITORY / "policies", alone, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-P", str(alone / "__main__.py")]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "needs the Python module patching" in ended.stderr
    assert f"in {tmp_path}, run python3 -m venv .venv" in ended.stderr
    assert "Traceback" not in ended.stderr

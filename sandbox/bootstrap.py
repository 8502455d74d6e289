"""Makes the virtual environment `.venv` from a hash-pinned requirements file, with nothing but the standard library.

Run by the Makefile with the machine's own Python, as `python3 -I sandbox/bootstrap.py REQUIREMENTS [SUPERSET...]`.
It does nothing where the same file, or a superset of it, is installed already; what was interrupted is done again.
"""

import hashlib
import importlib.util
import os
import subprocess
import sys
import venv
from pathlib import Path

ENVIRONMENT = Path(".venv")
MINIMUM = (3, 11)


def main(wanted: Path, supersets: list[Path]) -> int:
    """Install the requirements unless they are there; returns the exit status."""
    if any(_is_installed(file) for file in (wanted, *supersets)):
        return 0
    if sys.version_info < MINIMUM:
        return _fail(f"Python {'.'.join(map(str, MINIMUM))} or newer is needed, this is {sys.version.split()[0]}.")
    if not _pip_works():
        if importlib.util.find_spec("ensurepip") is None:
            return _fail(
                f"{sys.executable} cannot make a virtual environment: its `ensurepip` is missing. On Debian and "
                f"Ubuntu: apt-get install python{sys.version_info.major}.{sys.version_info.minor}-venv; or name "
                "another Python: make PYTHON=/path/to/python3 …"
            )
        _say(f"Making the virtual environment {ENVIRONMENT} with Python {sys.version.split()[0]}")
        try:
            venv.create(ENVIRONMENT, clear=True, with_pip=True, symlinks=True)
        except (OSError, subprocess.CalledProcessError) as error:
            return _fail(f"cannot make {ENVIRONMENT}: {error}. Remove it and run again.")
    _say(f"Installing {wanted} into {ENVIRONMENT}; the first time this takes a minute or more")
    command = [str(_python()), "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--no-deps"]
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    environment = os.environ | {"PIP_USER": "0"}
    ended = subprocess.run(  # noqa: S603 - a fixed command
        [*command, *quiet, "--require-hashes", "-r", str(wanted)], check=False, env=environment
    )
    if ended.returncode != 0:
        return _fail(
            f"pip could not install {wanted}; its own words are above. Check that this machine reaches its Python "
            "package index, and run again."
        )
    _stamp(wanted).write_text(_identity(wanted), encoding="utf-8")
    return 0


def _is_installed(file: Path) -> bool:
    stamp = _stamp(file)
    return _python().exists() and stamp.is_file() and stamp.read_text(encoding="utf-8") == _identity(file)


def _pip_works() -> bool:
    if not _python().exists():
        return False
    version = [str(_python()), "-c", f"import sys, pip; sys.exit(sys.version_info < {MINIMUM})"]
    return subprocess.run(version, check=False, capture_output=True).returncode == 0  # noqa: S603 - a fixed command


def _identity(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _python() -> Path:
    return ENVIRONMENT / "bin" / "python"


def _stamp(file: Path) -> Path:
    return ENVIRONMENT / f".installed-{file.name}"


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - this is a command


def _fail(text: str) -> int:
    print(f"error: {text}", file=sys.stderr, flush=True)  # noqa: T201 - this is a command
    return 1


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]]))
    except KeyboardInterrupt:
        _fail("interrupted; the next run goes on.")
        sys.exit(130)

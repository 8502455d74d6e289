"""What the project says of itself: in `pyproject.toml` where the repository is, else in what was installed of it."""

import importlib.metadata
import tomllib
from dataclasses import dataclass
from pathlib import Path

from ..declaring import PACKAGE

_PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


@dataclass(frozen=True, slots=True)
class Project:
    """The project's version, its description in one sentence, its licence (SPDX), keywords, and addresses by name."""

    version: str
    description: str
    licence: str | None
    keywords: tuple[str, ...]
    addresses: dict[str, str]


def this_project() -> Project:
    """The project these components are part of."""
    return _of_the_repository() if _PYPROJECT.is_file() else _of_the_distribution()


def _of_the_repository() -> Project:
    project = tomllib.loads(_PYPROJECT.read_text(encoding="utf-8"))["project"]
    licence = project.get("license")
    return Project(
        version=project["version"],
        description=project["description"],
        licence=licence if isinstance(licence, str) else None,
        keywords=tuple(project.get("keywords", ())),
        addresses={name.lower(): address for name, address in project.get("urls", {}).items()},
    )


def _of_the_distribution() -> Project:
    told = importlib.metadata.metadata(PACKAGE)
    addresses = (line.partition(", ") for line in told.get_all("Project-URL") or ())
    licences = told.get_all("License-Expression") or [None]
    keywords = told.get_all("Keywords") or [""]
    return Project(
        version=told["Version"],
        description=told["Summary"],
        licence=licences[0],
        keywords=tuple(word for word in keywords[0].split(",") if word),
        addresses={name.lower(): address for name, _, address in addresses},
    )

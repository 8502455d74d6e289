"""The version of the project: of the repository where this is one, else of what is installed."""

# ruff: noqa: PLC0415 (loaded when it is asked for)

from pathlib import Path

_PACKAGE = "azure-patching"
_PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


def version() -> str:
    """The version, such as 0.1.0."""
    if _PYPROJECT.is_file():
        import tomllib

        project = tomllib.loads(_PYPROJECT.read_text(encoding="utf-8"))["project"]
        return str(project["version"])
    import importlib.metadata

    return importlib.metadata.version(_PACKAGE)

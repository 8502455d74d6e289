"""`python -m components.package`: makes `components/schema.json` and `docs/components.md` anew.

It says what of the change breaks programs that use the package already.
"""

import json
from pathlib import Path

import click

from .changes import breaking_changes
from .host import exported_components
from .provider import PackageProvider
from .reference import reference_page

REPOSITORY = Path(__file__).resolve().parents[2]
SCHEMA = REPOSITORY / "components" / "schema.json"
PAGE = REPOSITORY / "docs" / "components.md"


def made_files() -> dict[Path, str]:
    """What is made of the components, by file."""
    schema = PackageProvider(exported_components()).package_schema
    return {SCHEMA: json.dumps(schema, indent=2, ensure_ascii=False) + "\n", PAGE: reference_page(schema)}


def main() -> None:
    """Writes the files."""
    made = made_files()
    if SCHEMA.is_file():
        kept = json.loads(SCHEMA.read_text(encoding="utf-8"))
        for change in breaking_changes(kept, json.loads(made[SCHEMA])):
            click.echo(f"breaking: {change}", err=True)
    for file, text in made.items():
        is_new = not file.is_file() or file.read_text(encoding="utf-8") != text
        file.write_text(text, encoding="utf-8")
        click.echo(f"{'written' if is_new else 'unchanged'}: {file.relative_to(REPOSITORY)}")


if __name__ == "__main__":
    main()

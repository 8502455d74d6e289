"""The parts of docs/local-azure.md that say what is modelled, switchable and not modelled, made from the code.

`python -m sandbox.arm.model_page docs/local-azure.md` writes them into the page.
"""

import re
import sys
from itertools import groupby
from pathlib import Path

from sandbox.arm.not_modelled import NOT_MODELLED
from sandbox.arm.providers import resource_types
from sandbox.arm.quirks import QUIRKS


def served() -> list[str]:
    """Return a line for each namespace, with its types."""
    names = sorted(one.name for one in resource_types() if one.is_served)
    by_namespace = groupby((name.split("/", 1) for name in names), lambda parts: parts[0])
    return [f"- {namespace}: {', '.join(kind for _, kind in parts)}" for namespace, parts in by_namespace]


def quirks() -> list[str]:
    """Return the rows of a table of the quirks."""
    rows = [
        f"| `{one.name}` | {one.what} | {one.source} | {f'off: {one.off_because}' if one.off_because else 'on'} |"
        for one in QUIRKS
    ]
    return ["| name | what | source | by default |", "|---|---|---|---|", *rows]


def gaps() -> list[str]:
    """Return a line for each thing that is not modelled, area by area."""
    areas = list(dict.fromkeys(one.area for one in NOT_MODELLED))
    return [f"- {area}: {one.what}" for area in areas for one in NOT_MODELLED if one.area == area]


PARTS = {"served": served, "quirks": quirks, "not modelled": gaps}


def rewritten(page: str) -> str:
    """Return the page with each part, between its two marks, as the code has it."""
    for name, lines in PARTS.items():
        begin, end = f"<!-- {name}: made by sandbox/arm/model_page.py -->", f"<!-- end of {name} -->"
        block = "\n".join([begin, *lines(), end])
        page = re.sub(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _, block=block: block, page, flags=re.DOTALL)
    return page


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(rewritten(target.read_text(encoding="utf-8")), encoding="utf-8")

"""Makes an edit that a page shows as a `diff` block: `python edit.py FILE`, with the block on standard input.

Lines with a space and with `-` have to stand in the file, one below the other, exactly once; those with `+` take the
place of the latter.
"""

from __future__ import annotations

import sys
from pathlib import Path


def edited(text: str, block: str) -> str:
    """The text of a file after an edit."""
    marked = [(line[:1] or " ", line[1:]) for line in block.splitlines()]
    before = [line for mark, line in marked if mark in " -"]
    after = [line for mark, line in marked if mark in " +"]
    lines = text.splitlines()
    places = [at for at in range(len(lines)) if lines[at : at + len(before)] == before]
    if len(places) != 1:
        raise SystemExit(f"the lines of the edit are in the file {len(places)} times:\n" + "\n".join(before))
    return "".join(f"{line}\n" for line in [*lines[: places[0]], *after, *lines[places[0] + len(before) :]])


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(edited(file.read_text(encoding="utf-8"), sys.stdin.read()), encoding="utf-8")

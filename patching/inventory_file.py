"""Inventories on disk, as Azure's tools print them: documents taken apart into rows, whatever envelope they have.

Read are what `az graph query -o json` prints (`data`), the list responses of Azure Resource Manager (`value`), bare
arrays, as of `az vm list -o json`, one object alone, and arrays of any of these. What the rows are is another module's
matter.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from patching.faults import NOTHING, Findings, Found, found
from patching.plain_data import as_list, as_map

QUERY = (
    "resources | where type in~ ('microsoft.compute/virtualmachines', 'microsoft.hybridcompute/machines') | order by id"
)
SUBSCRIPTIONS_QUERY = "resourcecontainers | where type =~ 'microsoft.resources/subscriptions' | order by id"
EXAMPLE = f'az graph query -q "{QUERY}" --first 1000 -o json > inventory.json'

_EXPECTED = "an inventory: what `az graph query -o json` prints, an ARM list response, or an array of machines"
_ROWS = ("data", "value")


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of one document; `source` is the file's name, and the place in it where it holds several.

    `total` is how many rows the whole answer has, where the page says so; `more` says that pages follow it.
    """

    source: str
    rows: Sequence[object]
    total: int | None = None
    more: bool = False

    def place(self, index: int) -> str:
        """Where a row is, for a fault."""
        return f"{self.source}[{index}]"


def read_inventory_file(path: Path, findings: Findings) -> list[Page]:
    """The pages of a file; none, and a fault, where it is no inventory."""
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        findings.fault(path.name, NOTHING, f"an inventory file that can be read ({reason})", "name another", EXAMPLE)
        return []
    return parse_inventory(content, path.name, findings)


def parse_inventory(content: bytes, source: str, findings: Findings) -> list[Page]:
    """The pages of a file's content, in UTF-8, UTF-16 or UTF-32; none, and a fault, where it is no inventory."""
    try:
        document: object = json.loads(content)
        return _pages(document, source)
    except UnicodeDecodeError as error:
        got = Found(f"the byte 0x{content[error.start]:02x} at {error.start}", literal=False)
        findings.fault(source, got, "JSON in UTF-8 or UTF-16", "save the file as UTF-8", EXAMPLE)
    except json.JSONDecodeError as error:
        expected = f"JSON (line {error.lineno}, column {error.colno}: {error.msg[:1].lower()}{error.msg[1:]})"
        several = error.msg == "Extra data"
        fix = "put each answer into a file of its own" if several else "write the command's output, with -o json, anew"
        findings.fault(source, found(_line(error)) if content.strip() else NOTHING, expected, fix, EXAMPLE)
    except (RecursionError, ValueError):
        findings.fault(source, NOTHING, "JSON of a usual depth, with usual numbers", "write it anew", EXAMPLE)
    except _NoInventoryError as error:
        findings.fault(error.source, error.got, _EXPECTED, "write the inventory anew, with -o json", EXAMPLE)
    return []


def warn_if_incomplete(pages: Iterable[Page], findings: Findings) -> None:
    """Warns where the pages are not all there are.

    The pages of one query share its total. Of pages without a total, the last says whether more would follow.
    """
    counted: dict[int, list[Page]] = defaultdict(list)
    uncounted: list[Page] = []
    for page in pages:
        if page.total is None:
            uncounted.append(page)
        else:
            counted[page.total].append(page)
    fix = "add the other pages, each with --inventory, or ask with --inventory azure"
    for total, some in counted.items():
        rows = sum(len(page.rows) for page in some)
        if rows < total:
            got = Found(f"{rows} of {total} rows", literal=False)
            findings.warn(some[0].source, got, "every page of the answer", fix, "az graph query … --skip-token …")
    if uncounted and uncounted[-1].more:
        got = Found("a page that others follow", literal=False)
        findings.warn(uncounted[-1].source, got, "every page of the answer", fix)


class _NoInventoryError(Exception):
    """A document that is none of those this module knows."""

    def __init__(self, source: str, got: Found) -> None:
        self.source = source
        self.got = got


def _pages(document: object, source: str) -> list[Page]:
    if (items := as_list(document)) is not None:
        if items and all(_is_envelope(item) for item in items):
            return [page for index, item in enumerate(items) for page in _pages(item, f"{source}[{index}]")]
        return [Page(source, items)]
    columns = as_map(document)
    if columns is None:
        raise _NoInventoryError(source, found(document))
    if "id" in columns:
        return [Page(source, [document])]
    envelope = {str(key).lower().replace("_", "").lstrip("$"): value for key, value in columns.items()}
    for name in _ROWS:
        if (rows := as_list(envelope.get(name))) is not None:
            total = envelope.get("totalrecords")
            more = any(envelope.get(key) not in (None, "") for key in ("skiptoken", "nextlink"))
            return [Page(source, rows, total if isinstance(total, int) else None, more)]
    raise _NoInventoryError(source, _described(columns))


def _is_envelope(item: object) -> bool:
    columns = as_map(item)
    return columns is not None and "id" not in columns and any(as_list(columns.get(name)) is not None for name in _ROWS)


def _described(columns: Mapping[object, object]) -> Found:
    keys = ", ".join(str(key) for key in list(columns)[:3])
    return Found(f"an object with the keys {keys}" if keys else "an empty object", literal=False)


def _line(error: json.JSONDecodeError) -> str:
    lines = error.doc.splitlines()
    return lines[error.lineno - 1].strip() if error.lineno <= len(lines) else ""

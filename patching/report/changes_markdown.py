"""What changes as one comment on a pull request: a table of the stacks, a few sentences on each, and the rest folded.

The first line is a marker that shows nothing, so that whoever posts the comment finds the one to update. A comment that
is too long for GitHub is made again with shorter lists, until it fits, and says so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from patching.changes.stack import StackChange, State
from patching.report.changes_parts import Part, parts_of
from patching.report.changes_words import (
    coverage_cell,
    entries_cell,
    findings_cell,
    headlines,
    resources_cell,
    runs_cell,
    state_words,
)
from patching.report.markdown import code, details, table

MARKER = "<!-- azure-patching diff -->"
LIMIT = 65_536
"""The characters of a comment on GitHub; Azure DevOps takes more. Bytes are counted, which are never fewer."""

_TITLE = "### Guest patching: what this changes"
_COLUMNS = ("Stack", "Entries", "Runs", "Resources", "Findings", "Machines reached")
_CAPS = (500, 200, 100, 50, 20, 10, 5, 2, 1, 0)
_ALL = "the report as JSON (`--format json`) has all"


@dataclass(frozen=True, slots=True)
class _Section:
    """What there is to say of a stack, whole."""

    change: StackChange
    said: Sequence[str]
    parts: Sequence[Part]

    @property
    def longest(self) -> int:
        """The rows of its longest list."""
        return max((len(rows) for rows in (self.said[1:], *(part.rows for part in self.parts))), default=0)


def as_markdown(changes: Sequence[StackChange], limit: int = LIMIT) -> str:
    """The comment, of fewer than `limit` bytes in UTF-8, as long as it has room for its title."""
    sections = [_section(change) for change in changes]
    if all(change.is_empty for change in changes):
        return f"{MARKER}\n{_TITLE}\n\nNothing: every stack comes to the same as before."
    for most in _CAPS:
        if _fits(text := _comment(sections, len(changes), most), limit):
            return text
    while sections:
        sections = sections[: len(sections) // 2]
        if _fits(text := _comment(sections, len(changes), 0), limit):
            return text
    return f"{MARKER}\n{_TITLE}\n\nThere is more than a comment has room for: {_ALL}."


def _section(change: StackChange) -> _Section:
    if change.is_empty:
        return _Section(change, [], [])
    said = [*filter(None, [state_words(change)]), *headlines(change, code)]
    return _Section(change, said, parts_of(change, code))


def _fits(text: str, limit: int) -> bool:
    return len(text.encode()) < limit


def _comment(sections: Sequence[_Section], stacks: int, most: int) -> str:
    """The comment with lists of at most some rows, on the first of all stacks."""
    lines = [MARKER, _TITLE, "", *table(_COLUMNS, (_cells(section.change) for section in sections))]
    if len(sections) < stacks:
        lines += ["", f"**{stacks - len(sections)} more stacks are left out to fit a comment: {_ALL}.**"]
    elif any(section.longest > most for section in sections):
        lines += ["", f"**Lists are cut to fit a comment, at {most} rows: {_ALL}.**"]
    return "\n".join([*lines, *(line for section in sections for line in _lines(section, most))])


def _cells(change: StackChange) -> Sequence[str]:
    return (
        f"{code(change.stack)}{'' if change.state is State.KEPT else f' ({change.state.value})'}",
        entries_cell(change.entries),
        runs_cell(change.calendar),
        resources_cell(change.preview),
        findings_cell(change),
        coverage_cell(change),
    )


def _lines(section: _Section, most: int) -> Iterator[str]:
    if section.said or section.parts:
        yield from ("", f"#### {code(section.change.stack)}", "", *(f"- {line}" for line in section.said[: most + 1]))
    for part in section.parts:
        yield ""
        yield from _part(part, most)


def _part(part: Part, most: int) -> list[str]:
    rows = part.rows[:most]
    more = len(part.rows) - len(rows)
    body = table(part.columns, rows) if rows else []
    if more:
        body += ["", f"… and {more} more."] if rows else [f"{more} rows."]
    return details(part.title, body, is_open=part.is_open)

"""What a preview says that an update will do: `pulumi preview --json`, as one document or as the engine's events.

Read are operations, names and the properties that differ, never a property's value: a secret cannot get into a report.
With PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true, or `--event-log`, the engine writes its events instead of a document,
and with them what the policy pack found; of all else both say the same.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from patching.faults import NOTHING, Fault, Found
from patching.plain_data import as_list, as_map
from patching.recovery import short_name

_EXPECTED = "what `pulumi preview --json` printed"
_EXAMPLE = "pulumi preview --stack prod --json > preview.json"
_LEVELS = ("error", "warning")
_FATAL = ("error", "mandatory")


class Operation(StrEnum):
    """What an update does to a resource, what hurts most first."""

    DELETE = "delete"
    REPLACE = "replace"
    UPDATE = "update"
    CREATE = "create"
    IMPORT = "import"
    OTHER = "other"


_OPERATIONS: Mapping[str, Operation] = {
    "delete": Operation.DELETE,
    "discard": Operation.DELETE,
    "replace": Operation.REPLACE,
    "create-replacement": Operation.REPLACE,
    "delete-replaced": Operation.REPLACE,
    "import-replacement": Operation.REPLACE,
    "read-replacement": Operation.REPLACE,
    "discard-replaced": Operation.REPLACE,
    "update": Operation.UPDATE,
    "create": Operation.CREATE,
    "import": Operation.IMPORT,
}
"""By the engine's word; whatever else it says is another operation. Source: the engine's step operations, `StepOp`."""

_OBJECT = re.compile(r"\s*\{")
_NOTHING_DONE = frozenset({"same", "read", "refresh", "remove-pending-replace"})


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """A resource that an update changes; `properties` are those that differ, by name alone."""

    operation: Operation
    type: str
    name: str
    properties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """What the preview said (`error`, `warning`), or a policy of a pack (`mandatory`, `advisory`)."""

    level: str
    source: str
    text: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What an update will do, in the order of what hurts most; `same` is how many resources stay as they are."""

    resources: tuple[ResourceChange, ...]
    same: int
    messages: tuple[Message, ...]

    def count(self, operation: Operation) -> int:
        """How many resources an operation is done to."""
        return sum(one.operation is operation for one in self.resources)

    @property
    def failed(self) -> bool:
        """Whether an update would not even begin."""
        return any(one.level in _FATAL for one in self.messages)


class PreviewError(Exception):
    """A text that is no preview; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def read_preview(content: bytes, name: str) -> Preview:
    """Reads what `pulumi preview --json` printed; `name` is the file's, for the fault.

    Raises:
        PreviewError: it is no such text.
    """
    try:
        documents = _documents(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        got = NOTHING if not content.strip() else Found("a text without a JSON object", literal=False)
        raise PreviewError(_fault(name, got)) from error
    if len(documents) == 1 and "sequence" not in documents[0]:
        return _from_digest(documents[0], name)
    if not documents or not all("sequence" in document for document in documents):
        raise PreviewError(_fault(name, Found("JSON of another kind", literal=False) if documents else NOTHING))
    return _from_events(documents)


def missing_preview(name: str) -> Fault:
    """The fault of a preview that is not there, as where it failed before it began."""
    return _fault(name, NOTHING)


def _fault(name: str, got: Found) -> Fault:
    fix = "see what the preview said on standard error, and run it again"
    return Fault(name, got, _EXPECTED, _EXAMPLE, fix)


def _documents(text: str) -> list[Mapping[object, object]]:
    """The JSON objects of a text, one after the other; lines between them that are no JSON are left out.

    Raises:
        ValueError: it ends within an object, or nothing of it is one.
    """
    decoder, found, place = json.JSONDecoder(), list[Mapping[object, object]](), 0
    while (place := _next_object(text, place)) >= 0:
        document, place = decoder.raw_decode(text, place)
        found += [entries] if (entries := as_map(document)) is not None else []
    if text.strip() and not found:
        raise ValueError("no JSON object")
    return found


def _next_object(text: str, place: int) -> int:
    """Where the next object begins, on a line of its own or behind the last one; -1 where there is none."""
    while 0 <= place < len(text):
        if (begins := _OBJECT.match(text, place)) is not None:
            return begins.end() - 1
        line_end = text.find("\n", place)
        place = line_end + 1 if line_end >= 0 else -1
    return -1


def _from_digest(document: Mapping[object, object], name: str) -> Preview:
    """A document: `steps`, `diagnostics`, `changeSummary`."""
    if not {"steps", "changeSummary", "diagnostics", "config"} & document.keys():
        raise PreviewError(_fault(name, Found("JSON of another kind", literal=False)))
    steps = [step for step in map(as_map, as_list(document.get("steps")) or ()) if step is not None]
    summary = as_map(document.get("changeSummary")) or {}
    messages = (_diagnostic(one) for one in map(as_map, as_list(document.get("diagnostics")) or ()))
    resources = [
        (str(step.get("op", "")), str(step.get("urn", "")), _named(step, "replaceReasons", "diffReasons"))
        for step in steps
    ]
    return _preview(resources, summary, messages)


def _from_events(events: Iterable[Mapping[object, object]]) -> Preview:
    """The engine's events: `resourcePreEvent`, `diagnosticEvent`, `policyEvent`, `summaryEvent`."""
    resources: list[tuple[str, str, tuple[str, ...]]] = []
    summary: Mapping[object, object] = {}
    messages: list[Message | None] = []
    for event in events:
        metadata = as_map((as_map(event.get("resourcePreEvent")) or {}).get("metadata"))
        if metadata is not None:
            named = _named(metadata, "keys", "diffs")
            resources.append((str(metadata.get("op", "")), str(metadata.get("urn", "")), named))
        messages.append(_diagnostic(as_map(event.get("diagnosticEvent"))))
        messages.append(_violation(as_map(event.get("policyEvent"))))
        summary = as_map((as_map(event.get("summaryEvent")) or {}).get("resourceChanges")) or summary
    return _preview(resources, summary, messages)


def _named(step: Mapping[object, object], *keys: str) -> tuple[str, ...]:
    """The properties that differ: those that replace the resource where any does, or else all; without their values."""
    for key in (*keys, "detailedDiff"):
        names = as_list(step.get(key)) or list(as_map(step.get(key)) or ())
        if names:
            return tuple(dict.fromkeys(map(str, names)))
    return ()


def _preview(
    steps: Iterable[tuple[str, str, tuple[str, ...]]],
    summary: Mapping[object, object],
    messages: Iterable[Message | None],
) -> Preview:
    found: dict[str, ResourceChange] = {}
    unchanged: set[str] = set()
    for word, urn, properties in steps:
        if word in _NOTHING_DONE:
            unchanged.add(urn)
            continue
        operation = _OPERATIONS.get(word, Operation.OTHER)
        earlier = found.get(urn)
        if earlier is not None and _severity(earlier.operation) <= _severity(operation):
            operation = earlier.operation
        kind, _, name = short_name(urn).partition(" ") if urn.count("::") >= 3 else ("", "", urn)  # noqa: PLR2004 (a URN's parts)
        listed = properties if operation in (Operation.REPLACE, Operation.UPDATE) else ()
        known = earlier.properties if earlier else ()
        found[urn] = ResourceChange(operation, kind, name, tuple(dict.fromkeys((*known, *listed))))
    same = summary.get("same")
    ordered = sorted(found.values(), key=lambda one: (_severity(one.operation), one.type, one.name))
    shown = sorted({message for message in messages if message is not None}, key=_weight)
    return Preview(tuple(ordered), same if isinstance(same, int) else len(unchanged - found.keys()), tuple(shown))


def _weight(message: Message) -> tuple[int, str, str]:
    """The place of a message: the engine gives them in any order."""
    levels = (*_FATAL, *_LEVELS)
    level = levels.index(message.level) if message.level in levels else len(levels)
    return level, message.source, message.text


def _severity(operation: Operation) -> int:
    return list(Operation).index(operation)


def _diagnostic(entry: Mapping[object, object] | None) -> Message | None:
    if entry is None or entry.get("severity") not in _LEVELS:
        return None
    urn = str(entry.get("urn") or "")
    source = short_name(urn) if urn.count("::") >= 3 else ""  # noqa: PLR2004
    level = str(entry["severity"])
    return Message(level, source, str(entry.get("message", "")).strip().removeprefix(f"{level}: "))


def _violation(entry: Mapping[object, object] | None) -> Message | None:
    if entry is None:
        return None
    urn, policy = str(entry.get("resourceUrn") or ""), str(entry.get("policyName", ""))
    about = f" on {short_name(urn)}" if urn.count("::") >= 3 else ""  # noqa: PLR2004
    return Message(str(entry.get("enforcementLevel", "advisory")), f"{policy}{about}", _first_lines(entry))


def _first_lines(entry: Mapping[object, object]) -> str:
    lines: Iterator[str] = (line.strip() for line in str(entry.get("message", "")).splitlines())
    return " ".join(line for line in lines if line)

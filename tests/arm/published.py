"""Published REST specifications: their examples, and their schemas as JSON Schema, closed against unknown fields.

They are no part of the project. AZURE_FACTS says where they are; the usual place is beside the checkout.
"""

import copy
import functools
import json
import os
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator

FACTS = Path(os.environ.get("AZURE_FACTS", Path(__file__).parents[3] / "shared" / "azure")) / "data"

# What the specifications refer to in files that are not at hand.
_ERROR = {"type": "object", "required": ["code", "message"], "properties": {"code": {}, "message": {}}}
_FOREIGN = {
    "ErrorResponse": {"type": "object", "required": ["error"], "properties": {"error": _ERROR}},
    "systemData": {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            f"{what}{fact}": {"type": "string"}
            for what in ("created", "lastModified")
            for fact in ("By", "ByType", "At")
        },
    },
}


class Specification:
    """One Swagger 2.0 document."""

    def __init__(self, path: Path) -> None:
        self.document = json.loads(path.read_text(encoding="utf-8"))
        self.examples = path.parent / "examples"

    @functools.cached_property
    def operations(self) -> dict[str, tuple[str, str, dict[str, Any]]]:
        """Each example's operation: path, verb and description, by the example's file name without its ending."""
        return {
            Path(reference["$ref"]).stem: (path, verb.upper(), operation)
            for path, verbs in self.document["paths"].items()
            for verb, operation in verbs.items()
            for reference in operation.get("x-ms-examples", {}).values()
        }

    def faults_in_answer(self, example: str, status: int, body: Any) -> list[str]:
        """What is wrong with an answer to an example's operation."""
        responses = self.operations[example][2]["responses"]
        published = responses.get(str(status)) or responses["default"]
        return self._faults(published["schema"], body, writing=False) if "schema" in published else []

    def faults_in_request(self, definition: str, body: Any) -> list[str]:
        """What is wrong with a request's body, whose schema is a definition; fields only read are wrong, too."""
        return self._faults({"$ref": f"#/definitions/{definition}"}, body, writing=True)

    def faults(self, definition: str, body: Any) -> list[str]:
        """What is wrong with something answered, whose schema is a definition."""
        return self._faults({"$ref": f"#/definitions/{definition}"}, body, writing=False)

    def _faults(self, schema: dict[str, Any], value: Any, *, writing: bool) -> list[str]:
        definitions = self._written if writing else self._read
        validator = Draft4Validator({**_closed(schema, self.document["definitions"]), "definitions": definitions})
        return [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(value)]

    @functools.cached_property
    def _read(self) -> dict[str, Any]:
        return {name: _closed(one, self._all) for name, one in self._all.items()}

    @functools.cached_property
    def _written(self) -> dict[str, Any]:
        return {name: _closed(one, self._all, writing=True) for name, one in self._all.items()}

    @property
    def _all(self) -> dict[str, Any]:
        return self.document["definitions"]


def _closed(schema: Any, definitions: dict[str, Any], *, writing: bool = False) -> Any:
    """A schema with its bases merged in, no unknown fields and, for writing, without those that are only read."""
    if isinstance(schema, list):
        return [_closed(one, definitions, writing=writing) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        file, _, pointer = schema["$ref"].partition("#")
        name = pointer.rsplit("/", 1)[-1]
        return _FOREIGN.get(name, {}) if file else {"$ref": schema["$ref"]}
    merged = _with_bases(schema, definitions)
    closed = {key: _closed(value, definitions, writing=writing) for key, value in merged.items() if key != "properties"}
    if isinstance(merged.get("properties"), dict):
        closed["properties"] = {
            name: _closed(one, definitions, writing=writing)
            for name, one in merged["properties"].items()
            if not (writing and one.get("readOnly"))
        }
        closed.setdefault("additionalProperties", False)
    elif set(closed) & {"type", "additionalProperties"} == {"type"} and closed["type"] == "object":
        del closed["type"]  # an object of which nothing is said is any value, in these specifications
    if writing and merged.get("x-ms-enum", {}).get("modelAsString"):
        closed.pop("enum", None)  # by AutoRest's rules such a list is open, and the service takes its own spellings
    closed.pop("example", None)
    return closed


def _with_bases(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    merged = copy.deepcopy(schema)
    for base in merged.pop("allOf", []):
        found = _with_bases(definitions[base["$ref"].rsplit("/", 1)[-1]], definitions)
        merged["properties"] = {**found.get("properties", {}), **merged.get("properties", {})}
        merged["required"] = [*found.get("required", []), *merged.get("required", [])]
    if not merged.get("required", True):
        del merged["required"]
    return merged


def missing(theirs: Any, ours: Any, path: str = "") -> list[str]:
    """The fields of a published answer that ours has not; of a list, those of its first item. A null is no field."""
    if isinstance(theirs, list) and isinstance(ours, list) and theirs and ours:
        return missing(theirs[0], ours[0], f"{path}[0]")
    if not isinstance(theirs, dict):
        return []
    return [
        fault
        for key, value in theirs.items()
        if value is not None
        for fault in (missing(value, ours[key], f"{path}.{key}") if key in (ours or {}) else [f"{path}.{key}"])
    ]

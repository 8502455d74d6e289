"""A check of the whole configuration's size: how much of it the engine can hand to a program."""

import json
from collections.abc import Mapping

from patching.faults import Findings, Found
from patching.limits import CONFIGURATION_BYTES


def check_configuration_size(raw: Mapping[str, object]) -> Findings:
    """Judges `raw`, the plain `config:` mapping with full keys. A secret's length is unknown, and is not counted."""
    findings = Findings()
    size = len(_as_handed_on(raw).encode(errors="surrogatepass"))
    if size > CONFIGURATION_BYTES:
        findings.warn(
            "config",
            Found(f"{size:,} bytes", literal=False),
            f"at most {CONFIGURATION_BYTES:,} bytes: the engine hands it on in one environment variable, and Linux "
            'refuses to start the program with a longer one ("argument list too long")',
            "reach machines by tags, with scopes, instead of by their ids, or split the stack",
        )
    return findings


def _as_handed_on(raw: Mapping[str, object]) -> str:
    """A JSON map from each key to its text, which for a map or list is JSON itself."""
    texts = {key: value if isinstance(value, str) else _json(value) for key, value in raw.items()}
    return _json(texts)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), skipkeys=True, default=lambda _: "")

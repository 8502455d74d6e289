"""The content of a request: how much of it there may be, of which kind, and what it says.

Sources: the messages of Azure Resource Manager as users quote them (RequestContentTooLarge, 4 MB); Azure/ARO-RP, which
answers UnsupportedMediaType in its place.
"""

import json
import math
from collections.abc import Iterable
from typing import Any, NoReturn, cast

from starlette.requests import Request as HttpRequest

from sandbox.arm.errors import ArmError, bad_request

_MOST_BYTES = 4 * 1024 * 1024
_KIND = "application/json"
_DEEPEST = 100
_UNSENT = frozenset({"GET", "HEAD"})


async def received(http: HttpRequest) -> bytes:
    """Return a request's content; of one that is too large, as much as shows that it is."""
    kept = bytearray()
    async for part in http.stream():  # to its end, so that the client hears the answer
        kept += part[: _MOST_BYTES + 1 - len(kept)]
    return bytes(kept)


def parsed(method: str, media_type: str | None, content: bytes) -> dict[str, Any]:
    """Return what a request says, which is a JSON object; empty where it says nothing.

    Raises ArmError: 413 RequestContentTooLarge, 415 UnsupportedMediaType, 400 InvalidRequestContent.
    """
    if len(content) > _MOST_BYTES:
        raise ArmError(413, "RequestContentTooLarge", "The request content size exceeds the maximum size of 4 MB.")
    if not content:
        return {}
    if method not in _UNSENT and (media_type or "").partition(";")[0].strip().lower() != _KIND:
        given = (media_type or "<null>")[:90]
        raise ArmError(
            415,
            "UnsupportedMediaType",
            f"The content media type '{given}' is not supported. Only '{_KIND}' is supported.",
        )
    return _object(content)


def _object(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content, parse_constant=_no_json, parse_float=_finite)
        _check_depth(body)
        json.dumps(body, ensure_ascii=False).encode()  # refuses halves of surrogate pairs, which no store takes
    except (ValueError, RecursionError) as error:
        raise bad_request("InvalidRequestContent", f"The request content was invalid: {error}.") from error
    if not isinstance(body, dict):
        raise bad_request("InvalidRequestContent", "The request content was invalid: it is not a JSON object.")
    return cast("dict[str, Any]", body)


def _check_depth(body: object) -> None:
    """Refuse what is so deep that no resource has it, and the rules below would not get to its end."""
    level = [body]
    for _ in range(_DEEPEST):
        level = [inner for one in level if isinstance(one, dict | list) for inner in _inside(one)]
    if level:
        raise ValueError(f"it is nested more than {_DEEPEST} levels deep")


def _inside(value: Any) -> Iterable[object]:
    return cast("dict[str, object]", value).values() if isinstance(value, dict) else value


def _no_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text[:40]} is too large")
    return value

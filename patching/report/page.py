"""A self-contained HTML page: one file, no network, the same bytes for the same content.

The reports share one base, `templates/page.html.jinja`, which a report's own template extends. Style and script are
put into the page itself, and its Content-Security-Policy allows them by their hashes and nothing else: a page that
shows a stranger's text can neither run it nor send anything anywhere.
"""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined


def render_page(template: str, *, styles: Sequence[str], scripts: Sequence[str], **content: object) -> str:
    """A page from a template of `templates/` that extends `page.html.jinja`.

    `styles` and `scripts` name files of the same folder, to be put into the page after those of the base. Text in
    `content` is escaped.
    """
    style = "".join(_source(name) for name in ("page.css", *styles))
    script = "".join(_source(name) for name in scripts)
    page = (
        _environment().get_template(template).render(content, style=style, script=script, policy=_policy(style, script))
    )
    return page.encode(errors="replace").decode()  # half of a surrogate pair is no text that a file can hold


def _policy(style: str, script: str) -> str:
    """What the page may do: its own style and script, and its icon, which is data."""
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src {_hash(style)}",
            f"script-src {_hash(script)}" if script else "script-src 'none'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _source(name: str) -> str:
    return resources.files("patching.report").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("patching.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

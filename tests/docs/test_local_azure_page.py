"""The page on the local Azure says what the code says."""

from itertools import groupby

import pytest

from sandbox.arm import not_modelled
from sandbox.arm.policy import not_modelled as policy_not_modelled
from sandbox.arm.providers import resource_types
from sandbox.arm.quirks import QUIRKS
from tests.conftest import REPOSITORY

PAGE = (REPOSITORY / "docs" / "local-azure.md").read_text(encoding="utf-8")


def served():
    names = sorted(one.name for one in resource_types() if one.get or one.put or one.list or one.actions)
    by_namespace = groupby((name.split("/", 1) for name in names), lambda parts: parts[0])
    return [f"- {namespace}: {', '.join(kind for _, kind in parts)}" for namespace, parts in by_namespace]


def quirks():
    return [f"| `{one.name}` | {one.what} | {one.source} | {'on' if one.on else 'off'} |" for one in QUIRKS]


def gaps():
    lines = [f"- {one.area}: {one.what}" for one in not_modelled.NOT_MODELLED]
    return lines + [f"- Policy: {one}" for one in policy_not_modelled.NOT_MODELLED]


@pytest.mark.parametrize("block", [served, quirks, gaps])
def test_the_page_has_it_whole(block):
    wanted = "\n".join(block())
    assert wanted
    assert wanted in PAGE, f"docs/local-azure.md should have:\n{wanted}"

"""An entry goes into a stack file and comes out again, and every other character stays what it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from patching.stack_edit import StackEditError, with_entry, without_entry

ROOT = Path(__file__).parents[2]
ENTRY = {
    "emergency": "Zero-day: yes, #1",
    "start": "2027-01-20 22:00",
    "updates": {"reboot": "IfRequired", "linux": {"classifications": ["Critical"], "packageNameMasksToInclude": ["*"]}},
    "machines": ["web", "/subscriptions/1/x", {"id": "/subscriptions/2/y", "location": "northeurope"}],
    "scopes": {"no": {"tags": {"ring": ["08", "null", "a: b", "é"]}, "osTypes": ["Linux"]}},
    "protect": False,
}
KEY = "emergency-1"
SECTION = "azure-patching:schedules"


def read(text):
    """What PyYAML reads, which shares no code with what is tested but its scanner."""
    return yaml.safe_load(text)


def check(text, entry=ENTRY):
    edited = with_entry(text, "schedules", KEY, entry, ["Runs once."])
    before, after = read(text), read(edited)
    section = SECTION if SECTION in before["config"] else "schedules"
    assert after["config"][section].pop(KEY) == entry
    assert after == before
    old, new = text.splitlines(), edited.splitlines()
    if "{" not in text.partition("schedules")[2].partition("\n")[0]:
        added = len(new) - len(old)
        assert any(new[:at] + new[at + added :] == old for at in range(len(old) + 1)), "other lines have changed"
    assert without_entry(edited, "schedules", KEY) == text
    return edited


@pytest.mark.parametrize("stack", ["dev", "test", "prod"])
def test_the_repository_s_own_stacks(stack):
    edited = check((ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))
    assert f"\n\n    {KEY}:\n      # Runs once.\n      emergency:" in edited


HEAD = "config:\n  azure-native:location: westeurope\n"
LAYOUTS = {
    "one entry": "  azure-patching:schedules:\n    a: {b: c}\n",
    "apart": "  azure-patching:schedules:\n    a: {b: c}\n\n    d: {e: f}\n",
    "together": "  azure-patching:schedules:\n    a: {b: c}\n    d:\n      e: f\n  azure-patching:protect: true\n",
    "deep": "  azure-patching:schedules:\n        a:\n            b: c\n        d:\n            e: [f, g]\n",
    "comments": (
        "  azure-patching:schedules: # the rings\n    # first\n    a: {b: c} # one\n\n    # second\n    d: # two\n"
        "      e: f\n      # the end of d\n    # the end of all\n\n  # more\n  azure-patching:protect: true\n"
    ),
    "no end of line": "  azure-patching:schedules:\n    a: {b: c}\n    d: {e: f}",
    "blank lines at the end": "  azure-patching:schedules:\n    a: {b: c}\n\n\n",
    "text in a block": "  azure-patching:schedules:\n    a:\n      b: |\n        # no comment\n\n        c\n\n  x: y\n",
    "folded": "  azure-patching:schedules:\n    a:\n      b: >-\n        one\n        two\n  # three\n",
    "an alias at the end": "  x: &y {b: c}\n  azure-patching:schedules:\n    a: {}\n    d: *y\n  z: 1\n",
    "quoted keys": "  'azure-patching:schedules':\n    \"a\": {b: c}\n    'd': 1\n",
    "no value": "  azure-patching:schedules:\n    a:\n    d:\n",
    "in braces": "  azure-patching:schedules: {a: {b: c}, d: [e]}\n  z: 1\n",
    "in braces, many lines": "  azure-patching:schedules: {\n    # one\n    a: {b: c},\n    d: e, # two\n  }\n",
    "in braces, one entry": "  azure-patching:schedules: { a: {b: c} }\n",
    "without the project's name": "  schedules:\n    a: {b: c}\n",
    "a list at the end": "  azure-patching:schedules:\n    a:\n      b:\n      - c\n      - d: e\n  z: 1\n",
    "a document with marks": "  azure-patching:schedules:\n    a: {b: c}\n...\n",
}


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_any_layout(name, ends):
    text = (HEAD + LAYOUTS[name]).replace("\n", ends)
    edited = check(text)
    assert "\n" not in edited.replace("\r\n", "") if ends == "\r\n" else "\r" not in edited


def test_json():
    check(json.dumps({"config": {"azure-patching:schedules": {"a": {"b": ["c"]}}, "azure-patching:protect": False}}))
    check(json.dumps({"config": {"azure-patching:schedules": {"a": 1, "d": 2}}}, indent=2))


@pytest.mark.parametrize(
    "section",
    [
        "",
        "  azure-patching:schedules:\n",
        "  azure-patching:schedules: {}\n",
        "  azure-patching:schedules: '{\"a\": {}}'\n",
        "  azure-patching:schedules: [a]\n",
        "  x: &y {a: {b: c}}\n  azure-patching:schedules: *y\n",
        "  x: &y {azure-patching:schedules: {a: {b: c}}}\n  <<: *y\n",
    ],
)
def test_what_cannot_be_edited_is_refused(section):
    with pytest.raises(StackEditError):
        with_entry(HEAD + section, "schedules", KEY, ENTRY)


def test_what_an_alias_shows_elsewhere_is_not_changed_unseen():
    text = HEAD + "  azure-patching:schedules: &all\n    a: {b: c}\n  azure-patching:other: *all\n"
    with pytest.raises(StackEditError):
        with_entry(text, "schedules", KEY, ENTRY)


def test_the_last_entry_stays():
    with pytest.raises(StackEditError):
        without_entry(HEAD + "  azure-patching:schedules:\n    a: {b: c}\n", "schedules", "a")


@pytest.mark.parametrize("key", ["a", "d", "g"])
def test_any_entry_can_be_taken_out(key):
    text = HEAD + "  azure-patching:schedules:\n    a: {b: c}\n\n    d: {e: f}\n\n    g: {h: i}\n  z: 1\n"
    left = without_entry(text, "schedules", key)
    assert left == text.replace({"a": "    a: {b: c}\n\n", "d": "    d: {e: f}\n\n", "g": "\n    g: {h: i}\n"}[key], "")


PRINTED = st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["Cc"], exclude_characters="\xa0")
WORDS = st.text(PRINTED, max_size=12)
VALUES = st.recursive(
    WORDS | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.from_regex(r"[a-z-]{1,6}", fullmatch=True), inner),
    max_leaves=6,
)
SCHEDULES = st.dictionaries(st.from_regex(r"[a-z][a-z0-9.-]{0,5}[a-z]", fullmatch=True), VALUES, min_size=1, max_size=4)


@settings(deadline=None)
@given(
    SCHEDULES,
    SCHEDULES,
    st.sampled_from([2, 4]),
    st.booleans(),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\n", "\n\n# the end\n"]),
)
def test_whatever_is_in_it(schedules, others, indent, flow, ends, tail):  # noqa: PLR0917 (one for each strategy)
    assume(KEY not in schedules)
    document = {"config": {"azure-patching:schedules": schedules, "azure-patching:tags": others}}
    text = yaml.safe_dump(
        document, indent=indent, default_flow_style=None if flow else False, allow_unicode=True, sort_keys=False
    )
    check((text + tail).replace("\n", ends), {"emergency": "x", **others})

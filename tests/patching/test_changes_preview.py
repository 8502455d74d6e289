"""What a preview's JSON comes to, as a document and as events, whole or broken."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patching.changes.preview import Message, Operation, PreviewError, ResourceChange, read_preview

STACK = "urn:pulumi:prod::azure-patching"
SECRET = "hunter2"
STATE = {"inputs": {"adminPassword": SECRET}, "outputs": {"adminPassword": SECRET}}


def urn(kind, name):
    return f"{STACK}::azure-patching:index:X${kind}::{name}"


def step(op, name, kind="azure-native:maintenance:MaintenanceConfiguration", **more):
    return {"op": op, "urn": urn(kind, name), "oldState": STATE, "newState": STATE, "detailedDiff": None, **more}


def digest(*steps, same=0, diagnostics=()):
    """A document as the engine's `--json` writes it."""
    summary = {"same": same, "create": 1}
    return {
        "config": {"azure-patching:adminPasswords": "[secret]"},
        "steps": list(steps),
        "diagnostics": list(diagnostics),
        "changeSummary": summary,
    }


def events(*steps, same=0, messages=()):
    """The same as the engine's events."""
    listed = [
        {
            "resourcePreEvent": {
                "metadata": {
                    "op": one["op"],
                    "urn": one["urn"],
                    "old": one["oldState"],
                    "new": one["newState"],
                    "keys": one.get("replaceReasons"),
                    "diffs": one.get("diffReasons"),
                }
            }
        }
        for one in steps
    ]
    listed += messages
    listed.append({"summaryEvent": {"resourceChanges": {"same": same}}})
    return "\n".join(json.dumps({"sequence": index, "timestamp": 1, **one}) for index, one in enumerate(listed))


def read(document):
    text = document if isinstance(document, str) else json.dumps(document, indent=4)
    return read_preview(text.encode(), "prod.json")


STEPS = (
    step("create", "new"),
    step("same", "kept"),
    step("update", "changed", diffReasons=["tags", "recurEvery"]),
    step("replace", "moved", diffReasons=["location", "tags"], replaceReasons=["location"]),
    step("create-replacement", "moved", diffReasons=["location", "tags"], replaceReasons=["location"]),
    step("delete-replaced", "moved"),
    step("delete", "gone"),
    step("read", "looked-at"),
    step("import", "adopted"),
    step("moonwalk", "odd"),
)
KIND = "azure-native:maintenance:MaintenanceConfiguration"


@pytest.mark.parametrize("form", [digest, events])
def test_what_hurts_comes_first_and_each_resource_once(form):
    preview = read(form(*STEPS, same=7))
    assert preview.resources == (
        ResourceChange(Operation.DELETE, KIND, "gone"),
        ResourceChange(Operation.REPLACE, KIND, "moved", ("location",)),
        ResourceChange(Operation.UPDATE, KIND, "changed", ("tags", "recurEvery")),
        ResourceChange(Operation.CREATE, KIND, "new"),
        ResourceChange(Operation.IMPORT, KIND, "adopted"),
        ResourceChange(Operation.OTHER, KIND, "odd"),
    )
    assert preview.same == 7
    assert [preview.count(one) for one in Operation] == [1] * 6
    assert not preview.failed
    assert SECRET not in repr(preview)


@given(st.permutations(STEPS))
def test_the_order_of_the_steps_does_not_matter(steps):
    assert read(digest(*steps)) == read(events(*STEPS))


def test_without_reasons_the_detailed_diff_names_the_properties():
    detailed = {"filter.tags[0]": {"kind": "update"}, "location": {"kind": "add"}}
    preview = read(digest({**step("update", "a"), "detailedDiff": detailed}))
    assert preview.resources[0].properties == ("filter.tags[0]", "location")


def test_messages_of_a_document():
    told = [
        {"urn": urn(KIND, "a"), "prefix": "", "message": "warning: old\n", "severity": "warning"},
        {"message": "error: it is protected", "severity": "error"},
        {"message": "a note", "severity": "info"},
    ]
    preview = read(digest(diagnostics=told))
    assert preview.messages == (
        Message("error", "", "it is protected"),
        Message("warning", f"{KIND} a", "old"),
    )
    assert preview.failed


def test_messages_and_policies_of_events():
    violation = {"resourceUrn": urn(KIND, "a"), "policyName": "required-tags", "message": "Tags.\n\nNone is there.\n"}
    told = [
        {"diagnosticEvent": {"message": "registering\n", "severity": "debug"}},
        {"diagnosticEvent": {"message": "preview failed\n", "severity": "error"}},
        {"policyEvent": {**violation, "enforcementLevel": "advisory"}},
        {"policyEvent": {**violation, "enforcementLevel": "mandatory", "policyName": "window-allowed"}},
    ]
    preview = read(events(messages=told))
    assert preview.messages == (
        Message("error", "", "preview failed"),
        Message("mandatory", f"window-allowed on {KIND} a", "Tags. None is there."),
        Message("advisory", f"required-tags on {KIND} a", "Tags. None is there."),
    )
    assert preview.failed


def test_lines_around_the_json_are_passed_over():
    assert read(f"warning: a plugin says hello\n{json.dumps(digest(*STEPS))}\nand goodbye\n").resources
    assert read(f"hello\n{events(*STEPS)}\n").resources == read(events(*STEPS)).resources


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("", "nothing"),
        (" \n", "nothing"),
        ("error: no stack named 'prod' found", "a text without a JSON object"),
        ('{"steps": [', "a text without a JSON object"),
        ('{"resources": []}', "JSON of another kind"),
        ('{"a": 1}\n{"b": 2}', "JSON of another kind"),
        ("[1, 2]", "a text without a JSON object"),
    ],
)
def test_what_is_no_preview_is_a_fault(text, got):
    with pytest.raises(PreviewError) as caught:
        read(text)
    fault = caught.value.fault
    assert (fault.path, str(fault.got)) == ("prod.json", got)
    assert "pulumi preview" in fault.expected


def test_bytes_that_are_no_text_are_a_fault():
    with pytest.raises(PreviewError):
        read_preview(b"\xff\xfe{}", "x")


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_odd_step = st.dictionaries(st.sampled_from(["op", "urn", "diffReasons", "replaceReasons", "detailedDiff"]), _json)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "steps": _json | st.lists(_odd_step),
            "diagnostics": _json
            | st.lists(st.dictionaries(st.sampled_from(["severity", "message", "urn"]), _json | st.just("error"))),
            "changeSummary": _json,
        },
    )
)
def test_whatever_has_the_form_of_a_document_is_read_or_refused(document):
    with suppress(PreviewError):
        assert isinstance(read(document).resources, tuple)


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(content):
    with suppress(PreviewError):
        assert isinstance(read_preview(content, "x").resources, tuple)

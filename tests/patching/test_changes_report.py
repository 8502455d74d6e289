"""The report as a comment, as text and as JSON: a stranger's text stays text, and a comment never is too long."""

import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from patching.arm_ids import parse_machine_id
from patching.changes.calendar import compare_calendars
from patching.changes.estate import Change, EntryChange
from patching.changes.findings import FindingsChange
from patching.changes.machines import CoverageChange, MachineChange, ProblemChange
from patching.changes.preview import Message, Operation, Preview, ResourceChange
from patching.changes.stack import StackChange, State
from patching.changes.values import FieldChange
from patching.faults import Fault, found
from patching.report.changes_json import as_json
from patching.report.changes_markdown import LIMIT, MARKER, as_markdown
from patching.report.changes_text import as_text
from patching.report.changes_words import move_words, shift_words
from patching.report.markdown import LONGEST, code
from tests.patching.schedules import schedule

HOSTILE = (
    "<script>alert(1)</script> <!-- --> </code></details> |a|\\|b `x` ``y`` [x](http://evil.example) "
    "![i](http://i.example/i.png) "
    "@octocat @org/team #1 GH-1 a/b#2 www.evil.example https://evil.example *b* _i_ ~~s~~ $x$ :smile: &amp; &#64; "
    "-----\nnext\r\nline\u202e\x1b[31m"
)
GROUP = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg|{0}"
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/{{0}}"
TAGS = {
    "p",
    "code",
    "strong",
    "ul",
    "li",
    "h3",
    "h4",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "details",
    "summary",
}


class Page(HTMLParser):
    """The tags of a page, its table rows as texts, and the texts in `<code>`."""

    def __init__(self, html):
        super().__init__()
        self.tags: set[str] = set()
        self.tables: list[list[list[str]]] = []
        self.codes: list[str] = []
        self.comments: list[str] = []
        self._in_code = False
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):  # noqa: ARG002 (the parser hands them on)
        self.tags.add(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
        elif tag == "code":
            self.codes.append("")
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "td" in self.open or "th" in self.open:
            self.tables[-1][-1][-1] += data
        if "code" in self.open:
            self.codes[-1] += data

    def handle_comment(self, data):
        self.comments.append(data)


def rendered(markdown):
    return Page(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown))


def fault(path="schedules.a", got="x"):
    return Fault(path, found(got), "something else", "", "change it")


def change(stack="prod", text="", **parts):
    """A stack in which everything changes, and `text` is wherever a stranger's text can be."""
    entries = (
        EntryChange(
            ("schedules", text or "a"),
            Change.CHANGED,
            "w",
            "v",
            (FieldChange("duration", "3 hours", text or "2 hours"),),
        ),
        EntryChange(
            ("schedules", "a", "scopes", "s"),
            Change.CHANGED,
            "w",
            "v",
            (FieldChange(f"tags.{text}", (text, "b"), ("b", "c")),),
        ),
        EntryChange(("freezes", "peak"), Change.ADDED, None, f"from {text}", ()),
        EntryChange(("stack",), Change.CHANGED, "w", "v", (FieldChange("tags.owner", None, text or "me"),)),
    )
    calendar = compare_calendars(
        {
            text or "a": schedule("Month Second Tuesday", "2027-01-12 22:00", "W. Europe Standard Time"),
            "b": schedule("Week", "2027-01-12 22:00"),
        },
        {text or "a": schedule("Month Second Tuesday", "2027-01-12 20:00", "W. Europe Standard Time")},
        since=datetime(2027, 1, 1, tzinfo=UTC),
        until=datetime(2027, 3, 1, tzinfo=UTC),
    )
    machine = MachineChange(
        parse_machine_id(VM.format(text.replace("/", "") or "vm")), ("a",), (text or "b",), ready=False
    )
    gained = MachineChange(parse_machine_id(VM.format("other")), (), ("a",), ready=False)
    return StackChange(
        **{
            "stack": stack,
            "state": State.KEPT,
            "faults": FindingsChange(gone=(fault(got=text),)),
            "warnings": FindingsChange(new=(fault("freezes.x", text),), remaining=(fault("w", text),)),
            "entries": entries,
            "calendar": calendar,
            "preview": Preview(
                (
                    ResourceChange(Operation.REPLACE, "t", text or "n", (text,)),
                    ResourceChange(Operation.CREATE, "t", "m"),
                ),
                3,
                (Message("advisory", text, text),),
            ),
            "coverage": CoverageChange(
                total=3,
                covered_before=1,
                covered_after=2,
                gained=(gained,),
                lost=(),
                moved=(machine,),
                in_vain=(gained,),
                problems=(ProblemChange(text or "off", 1, 2),),
                faults=FindingsChange(),
                warnings=FindingsChange(),
            ),
            **parts,
        }
    )


def same(stack="dev", **parts):
    empty = compare_calendars({}, {})
    known = {"entries": (), "calendar": empty, "preview": None, "coverage": None}
    return change(
        stack, **{"faults": FindingsChange(), "warnings": FindingsChange(remaining=(fault(),)), **known, **parts}
    )


def test_a_comment_says_the_most_important_first():
    comment = as_markdown([change()])
    lines = comment.splitlines()
    assert lines[0] == MARKER == "<!-- azure-patching diff -->"
    page = rendered(comment)
    assert page.tables[0] == [
        ["Stack", "Entries", "Runs", "Resources", "Findings", "Machines reached"],
        [
            "prod",
            "1 added, 3 changed",
            "2 moved, 7 gone",
            "1 replaced, 1 created",
            "1 fault gone, 1 new warning",
            "1 → 2 of 3",
        ],
    ]
    said = [line for line in lines if line.startswith("- ")]
    assert said == [
        "- <code>a</code>: 2 runs move by -2 h, the first Tue 2027-01-12 22:00 +01:00 → Tue 2027-01-12 20:00 +01:00.",
        "- <code>b</code>: 7 runs gone, the first Tue 2027-01-12 22:00 +00:00.",
        "- 1 resource replaced: <code>t n</code>.",
        "- 1 machine gained; 1 machine moved to other schedules; 1 machine newly reached in vain: not ready.",
    ]
    assert [row[0] for row in next(table for table in page.tables if table[0][0] == "Operation")[1:]] == [
        "replace",
        "create",
    ]
    assert comment.count("<details") == comment.count("</details>") == 9


def test_what_stays_as_it_is_is_not_told():
    assert as_markdown([same()]).splitlines()[3:] == ["Nothing: every stack comes to the same as before."]
    both = as_markdown([same(), change()])
    assert "#### <code>dev</code>" not in both
    assert rendered(both).tables[0][1][:3] == ["dev", "none", "as before"]


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"state": State.NEW}, "- A new stack: all of it is new."),
        ({"state": State.REMOVED}, "- Its file is gone. What it deployed stays, and runs, until `pulumi destroy`."),
        (
            {"entries": None, "calendar": None},
            "- The version before has faults, so that there is nothing to compare with.",
        ),
        ({"faults": FindingsChange(new=(fault(), fault("b")))}, "- 2 faults: see below."),
        ({"preview": Preview((), 1, (Message("error", "", "no"),))}, "- The preview failed: its messages are below."),
    ],
)
def test_what_has_to_be_known_of_a_stack(parts, sentence):
    assert sentence in as_markdown([same(**parts)]).splitlines()


def test_faults_are_open_and_first():
    comment = as_markdown([change(faults=FindingsChange(new=(fault("a.b"),), remaining=(fault("c.d"),)))])
    page = rendered(comment)
    assert page.tables[1][0] == ["Since", "Fault"]
    assert [row[0] for row in page.tables[1][1:]] == ["now", "before"]
    assert comment.index("<details open><summary>2 faults</summary>") < comment.index("<details><summary>")


def test_hostile_text_stays_text():
    page = rendered(as_markdown([change(HOSTILE, HOSTILE)]))
    assert page.tags <= TAGS
    assert page.comments == [" azure-patching diff "]
    assert page.open == []
    for table in page.tables:
        assert {len(row) for row in table} == {len(table[0])}
    flat = (
        " ".join(HOSTILE.split())
        .replace("\u202e", "\N{REPLACEMENT CHARACTER}")
        .replace("\x1b", "\N{REPLACEMENT CHARACTER}")
    )
    shown = flat if len(flat) <= LONGEST else f"{flat[:LONGEST]}…"
    assert page.codes.count(shown) > 10


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.text("`|\\<>&@#[]()!*_~$:/.w-\n h", max_size=40)
)
def test_any_text_is_shown_as_it_is_and_nothing_else(text):
    flat = " ".join(text.split())
    expected = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in flat)
    comment = f"| a | b |\n| --- | --- |\n| {code(text)} | c |\n"
    page = rendered(comment)
    assert page.tables == [[["a", "b"], [expected, "c"]]]
    assert page.tags <= {"table", "thead", "tbody", "tr", "th", "td", "code"}
    assert rendered(f"x {code(text)} y").codes == ([expected] if expected else [])


@example("see www.evil.example or WWW.evil.example")
@given(st.text(max_size=200))
def test_nothing_that_a_host_would_act_on_is_left(text):
    inner = code(text).removeprefix("<code>").removesuffix("</code>")
    assert not re.search(r"[@<>`|\\*_~\[\]$:]|www\.|#(?!\d+;)", inner, re.IGNORECASE)


many = [
    change(
        f"stack{number}",
        entries=tuple(
            EntryChange(
                ("schedules", f"ring{index}"),
                Change.CHANGED,
                "w",
                "v",
                (FieldChange("description", "@" * 299, "é" * 299),),
            )
            for index in range(400)
        ),
    )
    for number in range(3)
]


@pytest.mark.parametrize(
    "changes", [many, many[:1], [change(f"s{number}", HOSTILE) for number in range(40)], many * 20]
)
def test_a_comment_is_cut_to_fit_and_says_so(changes):
    comment = as_markdown(changes)
    assert len(comment.encode()) < LIMIT == 65_536
    assert len(comment) > 100
    assert comment.startswith(MARKER)
    page = rendered(comment)
    assert page.open == []
    assert re.search(r"cut to fit|left out to fit|more than a comment", comment)
    assert "--format json" in comment


def test_a_comment_that_fits_is_whole():
    comment = as_markdown([change()])
    assert "cut" not in comment
    assert "more." not in comment


_WHOLE = change()


@settings(max_examples=30)
@given(st.integers(150, 20_000), st.integers(1, 30))
def test_any_limit_is_kept(limit, number):
    comment = as_markdown([_WHOLE] * number, limit)
    assert len(comment.encode()) < max(limit, 200)


def test_as_text_faults_are_lines_as_check_has_them():
    text = as_text([change(faults=FindingsChange(new=(fault("a.b"),)))])
    assert text.splitlines()[0] == 'a.b: got "x"; expected something else; fix: change it'
    assert "prod: runs 2 moved, 7 gone" in text
    assert "\x1b" not in as_text([change(HOSTILE, HOSTILE)])
    assert as_text([same()]) == "dev: nothing changes\n"


def test_as_json_has_everything():
    document = json.loads(as_json([change(faults=FindingsChange(new=(fault("a.b"),)), text="ü"), same()]))
    assert list(document) == ["faults", "warnings", "stacks"]
    assert [one["path"] for one in document["faults"]] == ["a.b"]
    prod, dev = document["stacks"]
    assert (prod["stack"], prod["state"], dev["entries"], dev["coverage"]) == ("prod", "kept", [], None)
    assert prod["calendar"]["moved"][0] == {
        "schedule": "ü",
        "before": {
            "start": "2027-01-12T22:00:00+01:00",
            "end": "2027-01-13T01:00:00+01:00",
            "startUtc": "2027-01-12T21:00:00Z",
            "notes": [],
        },
        "after": {
            "start": "2027-01-12T20:00:00+01:00",
            "end": "2027-01-12T23:00:00+01:00",
            "startUtc": "2027-01-12T19:00:00Z",
            "notes": [],
        },
        "change": "-2 h",
        "shiftMinutes": -120,
        "lengthenedMinutes": 0,
    }
    assert prod["resources"]["counts"] == {
        "same": 3,
        "delete": 0,
        "replace": 1,
        "update": 0,
        "create": 1,
        "import": 0,
        "other": 0,
    }
    assert len(prod["coverage"]["inVain"]) == 1
    assert as_json([change()]) == as_json([change()])


@pytest.mark.parametrize(
    ("delta", "words"),
    [
        (timedelta(days=3, hours=2), "+3 days 2 h"),
        (-timedelta(days=1), "-1 day"),
        (timedelta(minutes=45), "+45 min"),
        (-timedelta(days=2, hours=1, minutes=5), "-2 days 1 h 5 min"),
    ],
)
def test_how_much_later_in_words(delta, words):
    assert shift_words(delta) == words


def test_a_longer_window_in_words():
    change = compare_calendars(
        {"a": schedule("Month day1", "2027-02-01 22:00", hours=3)},
        {"a": schedule("Month day1", "2027-02-01 23:00", hours=2)},
        until=datetime(2027, 2, 3, tzinfo=UTC),
    )
    assert [move_words(one) for one in change.moved] == ["+1 h, 1 h shorter"]

"""The harness of the pages' commands fails where a page is wrong."""

import pytest

from tests.docs.edit import edited
from tests.docs.pages import blocks, commands
from tests.docs.shell import matches, run_page

FENCE = "```"


def page(text):
    return list(blocks(text.replace("'''", FENCE), "page.md"))


def run(text, tmp_path, **skipped):
    run_page(page(text), tmp_path, [], skipped)


@pytest.mark.parametrize(
    ("shown", "told", "same"),
    [
        ("a", "a\n", True),
        ("a", "a b\n", False),
        ("a", "a\nb\n", False),
        ("a…c", "a b c\n", True),
        ("a…c", "a\nc\n", False),
        ("…\nc", "a\nb\nc\n", True),
        ("a\n…", "a\n", True),
        ("a\n…\nd", "a\nb\nc\n", False),
        ("a (b)", "a (b)   \n", True),
        ("a.", "ab\n", False),
    ],
)
def test_output_is_compared(shown, told, same):
    assert matches(shown, told) is same


def test_comments_commands_and_output_are_told_apart():
    (block,) = page(
        "<!-- ends with 1 -->\n  '''console\n  $ one \\\n  --two\n  out\n\n  more\n"
        "  $ cat <<'END'\n  $ x\n  END\n  '''\n"
    )
    first, second = commands(block)
    assert (first.text, first.output, first.ends_with) == ("one \\\n--two", "out\n\nmore", 0)
    assert (second.text, second.output, second.ends_with) == ("cat <<'END'\n$ x\nEND", "", 1)
    assert (first.where, second.where) == ("page.md:3", "page.md:8")


def test_a_page_that_is_right_passes(tmp_path):
    run(
        "<!-- file: some.txt -->\n'''text\nold\nlast\n'''\n<!-- edit: some.txt -->\n'''diff\n-old\n+new\n last\n'''\n"
        "'''console\n$ cd docs\n$ cat ../some.txt\nnew\nlast\n'''\n"
        "<!-- ends with 3 -->\n'''console\n$ sh -c 'exit 3'\n'''\n"
        "<!-- not run: a reason -->\n'''console\n$ false\n'''\n",
        tmp_path,
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("'''console\n$ true\n$ false\n$ true\n'''", "page.md:3: `false` ended with 1"),
        ("'''console\n$ echo b\na\n'''", "not, as shown"),
        ("<!-- ends with 1 -->\n'''console\n$ true\n'''", "ended with 0"),
        ("'''console\n$ exit 0\n'''", "was not run to its end"),
        ("'''console\n$ cat $NOTHING_SUCH\n'''", "was not run to its end"),
        ("<!-- edit: README.md -->\n'''diff\n-nothing such\n'''\n'''console\n$ true\n'''", "in the file 0 times"),
    ],
)
def test_a_page_that_is_wrong_fails(text, words, tmp_path):
    with pytest.raises(AssertionError, match=words):
        run(text, tmp_path)


def test_a_block_without_a_command_or_an_end_is_none():
    with pytest.raises(AssertionError, match="begins with no command"):
        commands(page("'''console\nsome output\n'''")[0])
    with pytest.raises(AssertionError, match="does not end"):
        page("'''console\n$ true\n")


def test_an_edit_is_made_where_its_lines_stand_once():
    assert edited("a\nb\nc\n", " a\n-b\n+d\n") == "a\nd\nc\n"
    assert edited("a\n\nb\n", " a\n\n-b\n") == "a\n\n"
    for text in ("a\na\n", "xa\n", "ax\n"):
        with pytest.raises(SystemExit):
            edited(text, "-a\n")

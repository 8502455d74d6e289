import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patching.settings import Secret
from patching.stack_file import parse_stack_file, read_stack_file, stack_files, stack_of

RIGHT = """\
encryptionsalt: v1:abc
config:
  azure-native:location: westeurope
  azure-native:subscriptionId: 11111111-1111-4111-8111-111111111111
  protect: false            # a short key is the project's own
  azure-patching:adminPasswords:
    secure: v1:secret
  azure-patching:schedules:
    linux:
      start: 2027-01-12 22:00
      timeZone: UTC
      duration: 03:00
      recurEvery: Month Second Tuesday
      updates: {linux: {classifications: [Security]}}
"""


@pytest.fixture
def stack_file(tmp_path):
    def write(content, name="Pulumi.dev.yaml"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def test_a_right_file(stack_file):
    reading = read_stack_file(stack_file(RIGHT))
    assert reading.faults == ()
    assert reading.settings.stack == "dev"
    assert reading.settings.protect is False
    assert str(reading.settings.schedules["linux"].schedule.duration) == "3:00:00"


def test_secure_values_stay_unread():
    config = parse_stack_file(RIGHT.encode(), "f").config
    assert config["azure-patching:adminPasswords"] == Secret()
    nested = parse_stack_file(b"config:\n  a:adminPasswords: {win: {secure: v1:x}}\n", "f").config
    assert nested == {"a:adminPasswords": {"win": Secret()}}


def test_plain_values_are_text_as_the_engine_has_them():
    config = parse_stack_file(b"config:\n  a:b: true\n  a:c: 3\n  a:d: {e: true, 5: 22:30, f: yes}\n", "f").config
    assert config == {"a:b": "true", "a:c": "3", "a:d": {"e": True, "5": "22:30", "f": "yes"}}


ALIASES = """\
config:
  a:b:
    1: &x [1,1,1,1,1,1,1,1,1]
    2: &y [*x,*x,*x,*x,*x,*x,*x,*x,*x]
    3: &z [*y,*y,*y,*y,*y,*y,*y,*y,*y]
    4: &u [*z,*z,*z,*z,*z,*z,*z,*z,*z]
    5: &v [*u,*u,*u,*u,*u,*u,*u,*u,*u]
    6: [*v,*v,*v,*v,*v,*v,*v,*v,*v]
"""


@pytest.mark.parametrize(
    ("content", "path", "words"),
    [
        ("config:\n\tazure: 1\n", "Pulumi.dev.yaml", "fix: indent with spaces, not tabs"),
        ("config:\n  b:a: 1\n  b:a: 2\n", "Pulumi.dev.yaml", "each key once; b:a is on line 2, too (line 3)"),
        ("config: [1\n", "Pulumi.dev.yaml", 'got "config: [1"; expected YAML (line 1: '),
        ("- a\n", "Pulumi.dev.yaml", "got [a]; expected a map with config"),
        ("just text", "Pulumi.dev.yaml", 'got "just text"; expected a map'),
        ("config: 3\n", "config", "got 3 (a number); expected a map"),
        ("confg: {}\n", "confg", "fix: write config"),
        (b"config: \xff\n", "Pulumi.dev.yaml", "expected text in UTF-8"),
        ("a: 1\n---\nb: 2\n", "Pulumi.dev.yaml", 'got "---"; expected one document (line 2)'),
        ("config: &a\n  x:y: *a\n", "Pulumi.dev.yaml", "refers to itself"),
        ("config:\n  a: *b\n", "Pulumi.dev.yaml", "&b is not (line 2)"),
        ("config:\n  <<: 3\n", "Pulumi.dev.yaml", "a map, or a list of maps, behind << (line 2)"),
        ("config:\n  [a]: 3\n", "Pulumi.dev.yaml", "a key that is text (line 2)"),
        ("config:\n  a:b: \x07\n", "Pulumi.dev.yaml", "remove control characters"),
        ("config: !!python/object/apply:os.system ['true']\n", "Pulumi.dev.yaml", "fix: remove the tag"),
        ("config: {a:b: !Ref x}\n", "Pulumi.dev.yaml", "a value without the tag !Ref (line 1)"),
        (
            ALIASES,
            "Pulumi.dev.yaml",
            "at most 200000 values",
        ),
    ],
)
def test_what_cannot_be_read_is_a_fault(stack_file, content, path, words):
    faults = read_stack_file(stack_file(content)).faults
    assert [fault.path for fault in faults] == [path]
    assert words in str(faults[0])


def test_a_file_that_is_not_there_is_a_fault(tmp_path):
    (fault,) = read_stack_file(tmp_path / "Pulumi.nix.yaml").faults
    assert fault.path == "Pulumi.nix.yaml"
    assert "pulumi stack init" in fault.fix
    assert read_stack_file(tmp_path).faults[0].got.text == "nothing"


def test_an_empty_file_is_an_empty_stack(stack_file):
    for content in ("", "# nothing\n", "config:\n", "config: {}\n"):
        assert read_stack_file(stack_file(content)).faults == ()


def test_deep_nesting_is_a_fault(stack_file):
    for content in (
        "config: " + "[" * 5000,
        "config: " + "[" * 200 + "]" * 200,
        "config:\n  a:b: " + "{a: " * 300 + "1" + "}" * 300,
    ):
        assert len(read_stack_file(stack_file(content)).faults) == 1


yaml_text = st.one_of(
    st.text(max_size=60),
    st.text(st.sampled_from("config:{}[]&*!|>-?,'\"#%@`\n\t 0123456789azure-patching:schedules~<<=."), max_size=80),
    st.sampled_from(RIGHT.split("\n")).flatmap(
        lambda line: st.text(max_size=8).map(lambda text: RIGHT.replace(line, line + text))
    ),
    st.integers(0, len(RIGHT)).flatmap(
        lambda at: st.text(max_size=4).map(lambda text: RIGHT[:at] + text + RIGHT[at + 1 :])
    ),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(yaml_text)
def test_no_yaml_of_any_shape_ends_in_a_traceback(stack_file, text):
    reading = read_stack_file(stack_file(text.encode("utf-8", "surrogatepass")))
    assert (reading.settings is None) is bool(reading.faults)
    assert all(str(fault).isprintable() for fault in reading.faults)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=40))
def test_no_bytes_end_in_a_traceback(stack_file, content):
    reading = read_stack_file(stack_file(content))
    assert (reading.settings is None) is bool(reading.faults)


def test_stacks_by_their_files(tmp_path):
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.a.b.yml", "other.yaml"):
        (tmp_path / name).touch()
    assert [stack_of(path) for path in stack_files(tmp_path)] == ["a.b", "dev"]


def test_a_calendar_is_read_from_beside_the_file(stack_file, tmp_path):
    (tmp_path / "c.ics").write_text("nothing")
    (fault,) = read_stack_file(stack_file("config:\n  freezes: {c: {calendar: c.ics}}\n")).faults
    assert fault.path == "freezes.c.calendar"

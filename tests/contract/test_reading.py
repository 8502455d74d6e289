"""Whatever a stack file says, `check` reads the very values that the engine hands to the program."""

import json
import random

import pytest

from patching.plain_data import in_key_order
from patching.settings import from_engine
from patching.stack_file import parse_stack_file
from patching.stack_yaml import StackYamlError, read_yaml

TELL = """
import json, pathlib, pulumi
config = pulumi.runtime.config.CONFIG.get() or pulumi.runtime.config.get_config_env()
secret = [key for key in config if pulumi.runtime.is_config_secret(key)]
pathlib.Path({where!r}).write_text(json.dumps([dict(config), secret]))
"""

SCALARS = [
    *("yes", "no", "on", "off", "y", "N", "true", "True", "TRUE", "false", "null", "~", "Null", ""),
    *("22:00", "22:30:15", "01:30", "2027-01-05", "2027-01-05 22:00", "2027-01-05 22:00:00", "2027-1-5"),
    *("2027-01-05T22:00:00Z", "2027-13-45", "2027-02-30", "02027-01-05", "2027-01-05 25:00:00"),
    *("7", "-7", "+7", "0", "00", "007", "0777", "08", "0o17", "0x1F", "-0x1F", "0b101", "1_000", "1__0", "_1", "0_7"),
    *("18446744073709551616", "-9223372036854775808", "99999999999999999999999"),
    *("1.5", "1.", ".5", "1e3", "1E-3", "1e21", "1e22", "8.0", "-0.0", "1.10", "1e6", "123456789.5", "0.1", "1_0.5"),
    *("1e", "1.2.3", "--", "-.", "+", "12abc", "0xZZ", "0o9", "0b2", "1,000", "5034441", "KB5034441"),
    *("'7'", '"22:00"', "'null'", '"2027-01-05"', '"\\u00e9\\n"', "'it''s'", "Größe", "日本", "a b", "a:b", "a#b"),
    *("!!str 7", "! 7", "&x 7", "=", "<<", "[]", "{}", "[~]", "{a: }", "{a: ~, b: null}"),
    *("{1: a, true: b, ~: c, 1.5: d}", "{0x1F: a}", "{2027-01-05: a}", "[[[1]]]", '"[1, 2]"', "'{\"a\": 1}'", "'[1'"),
    *("{secure: 7}", "{secure: [a]}", "{secure: {a: b}}", "{secure: true, b: c}", "{b: {secure: ~}}"),
    *(
        "|\n      a\n      b",
        ">-\n      a\n      b",
        "\n      - 1\n      - a: 2\n        b: 3",
        "\n      a:\n        b: 1e3",
    ),
    *("\n      base: &b {x: 1, y: 2}\n      more: {<<: *b, y: 3}\n      two: {<<: [{x: 0}, *b]}",),
]


def _random_yaml(rng, depth=0):
    kind = rng.random()
    if depth > 3 or kind < 0.6:
        choices = [one for one in SCALARS if "\n" not in one and not one.startswith(("&", "{secure"))]
        made = (
            rng.choice(choices) if rng.random() < 0.6 else "".join(rng.choices("0123456789.-+eE_xobTZ: ", k=6)).strip()
        )
        return made if not set(made) & set(",[]{}#") and ": " not in made and not made.endswith(":") else "x"
    if kind < 0.8:
        return f"[{', '.join(_random_yaml(rng, depth + 1) or '~' for _ in range(rng.randint(0, 3)))}]"
    return f"{{{', '.join(f'k{index}: {_random_yaml(rng, depth + 1)}' for index in range(rng.randint(0, 3)))}}}"


def _is_yaml(text):
    try:
        read_yaml(text)
    except StackYamlError:
        return False
    return True


@pytest.fixture
def both(pulumi_stack, tmp_path):
    """What the file and the engine have for the same text."""

    def read(text):
        told = tmp_path / "told.json"
        stack = pulumi_stack(program=TELL.format(where=str(told)))
        stack.file.write_text(stack.file.read_text().replace("config: {}", "") + text)
        stack.preview()
        config, secret = json.loads(told.read_text())
        file = parse_stack_file(stack.file.read_bytes(), stack.file.name)
        assert file.faults == ()
        return file.config, from_engine(config, secret)

    return read


def test_the_engine_and_check_read_the_same_values(both):
    rng = random.Random(20270105)  # noqa: S311 (the same values every time)
    random_ones = [_random_yaml(rng) for _ in range(400)]
    lines = [f"  zoo:top{index}: {one}" for index, one in enumerate(SCALARS)]
    lines += [f"  zoo:in{index}:\n    k: {one}" for index, one in enumerate(SCALARS) if "&" not in one]
    lines += [f"  zoo:random{index}: {one}" for index, one in enumerate(random_ones) if _is_yaml(f"k: {one}")]
    file, engine = both("config:\n" + "\n".join(lines) + "\n")
    different = {
        key: (file[key], engine.get(key))
        for key in file
        if repr(in_key_order(file[key])) != repr(in_key_order(engine.get(key)))
    }
    assert different == {}
    assert file.keys() == engine.keys()

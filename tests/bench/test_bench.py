import json
import subprocess
import sys
from datetime import UTC, datetime
from itertools import islice

import pytest

from bench.measuring import Contender, Measurement, as_data, measure, surroundings
from bench.runs import _mix, measurement, our_windows, rrule_starts, rrule_windows
from tests.conftest import REPOSITORY


def test_all_contenders_give_the_same_runs():
    for schedule in islice(_mix(3), 630):
        ours = list(our_windows(schedule))
        assert ours == list(rrule_windows(schedule))
        assert len(ours) == len(list(rrule_starts(schedule)))


def test_every_recurrence_meets_every_zone():
    mix = list(islice(_mix(1), 630))
    assert len({(str(one.recurrence), one.time_zone) for one in mix}) == 90
    assert len({str(one.recurrence) for one in mix}) == 10


def test_contenders_work_in_turns_and_are_compared_to_the_first(monkeypatch):
    calls = []
    clock = iter([0, 2, 10, 11, 20, 24, 30, 31, 40, 42, 50, 52])
    monkeypatch.setattr("bench.measuring.time.perf_counter", lambda: next(clock))

    def worker(name, things):
        return Contender(name, lambda: calls.append(name) or things)

    scores = measure(Measurement("m", "things", "how", [worker("a", 8), worker("b", 8)], []), 3)
    assert calls == ["a", "b"] * 4
    assert [score.rates for score in scores] == [[4, 2, 4], [8, 8, 4]]
    assert [score.ratio for score in scores] == [1, 2]
    assert [score.things for score in scores] == [8, 8]


def test_the_data_has_what_is_promised():
    one = measurement(3, 1)
    data = as_data(one, measure(one, 2))
    assert [score["contender"] for score in data["scores"]][-1] == "patching.schedule, windows"
    for score in data["scores"]:
        assert score["lowest"] <= score["median"] <= score["highest"]
        assert len(score["rates"]) == 2
        assert score["things"] == data["scores"][0]["things"]


def test_what_it_was_measured_on_is_said():
    around = surroundings(datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC), ["python-dateutil", "tzdata"])
    assert around["date"] == "2027-01-02T03:04:05+00:00"
    assert {"python", "machine", "python-dateutil", "tzdata"} < set(around)


_SMALL = ["--only", "runs", "--only", "policies", "--schedules", "4", "--years", "1", "--rounds", "2"]


@pytest.mark.parametrize("output", [None, "numbers.json"])
def test_the_command_runs_with_tiny_numbers(tmp_path, output):
    command = [sys.executable, "-m", "bench", *_SMALL]
    written = ["--output", str(tmp_path / output)] if output else []
    ended = subprocess.run([*command, *written], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert "runs/s" in ended.stdout
    assert "ratio" in ended.stdout
    assert "patching.schedule, windows" in ended.stdout
    if output:
        document = json.loads((tmp_path / output).read_text(encoding="utf-8"))
        assert set(document) == {"surroundings", "rounds", "measurements"}
        assert document["rounds"] == 2
        assert [one["measurement"] for one in document["measurements"]] == ["runs", "policies"]

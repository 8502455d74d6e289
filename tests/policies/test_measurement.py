"""What `make bench` measures of the pack is what it says."""

import pytest

from bench.policies import _judged, _program, measurement
from policies.values import kind_of

pytestmark = pytest.mark.xdist_group("policy packs that run")


@pytest.mark.parametrize("number", [1, 2, 4, 22, 44, 84])
def test_all_resources_are_judged_and_none_is_blamed(number):
    assert [contender.work() for contender in measurement(number).contenders] == [number] * 2
    assert all(kind_of(kind) for kind, _, _ in _program(number))


def test_what_is_wrong_would_be_noticed():
    (kind, name, props), *_ = _program(2)
    with pytest.raises(AssertionError, match="duration"):
        _judged("policies", [(kind, name, {**props, "duration": "01:00"})])

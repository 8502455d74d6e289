from importlib import metadata

import pytest
from tzlocal.windows_tz import tz_win, win_tz

from patching.zones import UnknownTimeZoneError, windows_ids, zone_of


@pytest.mark.parametrize("windows_id", sorted(win_tz))
def test_every_zone_of_the_mapping_has_rules(windows_id):
    assert zone_of(windows_id).key == win_tz[windows_id]
    assert windows_id in windows_ids()


@pytest.mark.parametrize("iana", sorted(name for name in tz_win if name and name not in win_tz))
def test_every_iana_name_is_refused_with_the_windows_id(iana):
    with pytest.raises(UnknownTimeZoneError) as raised:
        zone_of(iana)
    assert raised.value.nearest == tz_win[iana]
    assert raised.value.is_iana


@pytest.mark.parametrize(
    ("written", "nearest"),
    [
        ("w. europe standard time", "W. Europe Standard Time"),
        ("W Europe Standard Time", "W. Europe Standard Time"),
        ("Pacific Std Time", "Pacific Standard Time"),
        ("Berlin", "W. Europe Standard Time"),
        ("new york", "Eastern Standard Time"),
        ("", None),
        ("../../etc/passwd", None),
    ],
)
def test_a_misspelt_zone_names_the_nearest(written, nearest):
    with pytest.raises(UnknownTimeZoneError) as raised:
        zone_of(written)
    assert raised.value.nearest == nearest
    assert not raised.value.is_iana


def test_rules_are_the_pinned_package_s(monkeypatch):
    import zoneinfo

    monkeypatch.setattr(zoneinfo, "TZPATH", ("/nowhere",))
    zone_of.cache_clear()
    assert zone_of("W. Europe Standard Time").key == "Europe/Berlin"
    assert metadata.version("tzdata")

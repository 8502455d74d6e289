import struct
from datetime import UTC, datetime, timedelta
from importlib import metadata, resources

import pytest
from tzlocal.windows_tz import tz_win, win_tz

from patching.zones import UnknownTimeZoneError, clock_changes, windows_ids, zone_of


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


@pytest.mark.parametrize(
    ("old", "newer"),
    [("Kamchatka Standard Time", "Russia Time Zone 11"), ("Mid-Atlantic Standard Time", "UTC-02")],
)
def test_an_id_whose_rules_no_place_follows_names_what_took_its_place(old, newer):
    with pytest.raises(UnknownTimeZoneError) as raised:
        zone_of(old)
    assert raised.value.nearest == newer
    assert "only for old settings" in raised.value.aside
    assert not raised.value.is_iana
    assert zone_of(newer)


def _changes_in_the_file(iana):
    """The changes of the offset that a zone's file lists, read by hand as RFC 8536 lays it out, version 2."""
    data = resources.files("tzdata").joinpath("zoneinfo", *iana.split("/")).read_bytes()

    def counts(at):
        assert data[at : at + 4] == b"TZif"
        return struct.unpack(">6L", data[at + 20 : at + 44])  # UT/local, standard/wall, leaps, times, types, characters

    isut, isstd, leaps, times, types, characters = counts(0)
    second = 44 + times * 5 + types * 6 + characters + leaps * 8 + isstd + isut
    _, _, _, times, types, _ = counts(second)
    at = second + 44
    instants = struct.unpack(f">{times}q", data[at : at + times * 8])
    kinds = data[at + times * 8 : at + times * 9]
    offsets = [struct.unpack(">l", data[at + times * 9 + 6 * kind :][:4])[0] for kind in range(types)]
    previous = offsets[0]
    for instant, kind in zip(instants, kinds, strict=True):
        if offsets[kind] != previous:
            yield instant, previous, offsets[kind]
        previous = offsets[kind]


@pytest.mark.parametrize("windows_id", windows_ids())
def test_clock_changes_are_those_of_the_zone_s_file(windows_id):
    zone = zone_of(windows_id)
    listed = list(_changes_in_the_file(win_tz[windows_id]))
    begin = datetime(1990, 1, 1, tzinfo=UTC)
    last = datetime.fromtimestamp(listed[-1][0], UTC) if listed else begin
    found = [
        (int(change.instant.timestamp()), change.before.total_seconds(), change.after.total_seconds())
        for year in range(1990, last.year + 1)
        for change in clock_changes(zone, year)
        if change.instant <= last
    ]
    assert found == [one for one in listed if one[0] > begin.timestamp()]


@pytest.mark.parametrize("windows_id", windows_ids())
def test_clock_changes_go_on_by_the_zone_s_rule(windows_id):
    zone = zone_of(windows_id)
    for year in (2038, 2100, 9998):
        changes = clock_changes(zone, year)
        days = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(365)]
        offsets = [day.astimezone(zone).utcoffset() for day in days]
        changed = [day for day, before, after in zip(days[1:], offsets, offsets[1:], strict=False) if before != after]
        assert len(changes) == len(changed)
        for change, day in zip(changes, changed, strict=True):
            assert day - timedelta(days=1) < change.instant <= day
            assert change.instant.astimezone(zone).utcoffset() == change.after
            assert (change.instant - timedelta(seconds=1)).astimezone(zone).utcoffset() == change.before


@pytest.mark.parametrize("year", [1, 1989, 9999])
def test_no_changes_are_known_of_years_out_of_reach(year):
    assert clock_changes(zone_of("W. Europe Standard Time"), year) == ()

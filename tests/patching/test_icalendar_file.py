from datetime import UTC, datetime, timedelta

from icalendar import Calendar

from patching.recurrence_grammar import parse
from patching.report.icalendar_file import as_icalendar
from patching.report.planned import planned_runs
from patching.schedule import Schedule


def runs(zone="W. Europe Standard Time", count=6, start=datetime(2027, 1, 12, 22)):  # noqa: DTZ001 (a wall-clock time)
    schedule = Schedule(parse("Month Second Tuesday"), start, zone, timedelta(hours=3))
    return list(planned_runs({"linux, ring 1": schedule}, count=count))


def test_every_run_is_an_event_at_its_instant():
    planned = runs(count=12)
    calendar = Calendar.from_ical(as_icalendar(planned))
    found = [(event.start.astimezone(UTC), event.end.astimezone(UTC)) for event in calendar.events]
    assert found == [(one.run.start_utc, one.run.end.astimezone(UTC)) for one in planned]
    assert {event["summary"] for event in calendar.events} == {"Patching: linux, ring 1"}
    assert calendar.events[0]["description"] == "2027-01-12 22:00 to 2027-01-13 01:00, Europe/Berlin"


def test_the_same_runs_give_the_same_file_and_other_runs_other_uids():
    assert as_icalendar(runs()) == as_icalendar(runs())
    uids = [event["uid"] for event in Calendar.from_ical(as_icalendar(runs(count=20))).events]
    assert len(set(uids)) == 20
    shorter = {event["uid"] for event in Calendar.from_ical(as_icalendar(runs(count=3))).events}
    assert shorter == set(uids[:3])


def test_lines_end_and_fold_as_the_format_asks():
    text = as_icalendar(runs())
    assert text.replace("\r\n", "").count("\n") == 0
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_notes_are_in_the_description():
    planned = runs(start=datetime(2027, 3, 9, 2, 30), zone="Pacific Standard Time", count=1)  # noqa: DTZ001 (a wall-clock time)
    noted = [type(planned[0])(planned[0].schedule, planned[0].run, ("one", "two; three, four"))]
    (event,) = Calendar.from_ical(as_icalendar(noted)).events
    assert event["description"].splitlines()[1:] == ["one", "two; three, four"]

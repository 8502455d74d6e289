"""Rules on what one wants of a maintenance configuration: protection, tags, agreed windows, a fixed start."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, cast

from patching.checks import JUDGED_FOR
from patching.recurrence import Weekday
from patching.schedule import Run, local_text
from policies.rules.maintenance_configurations import CONFIGURATION, emergency_of, is_guest_patching, schedule_of
from policies.rules.rule import UNKNOWN, Plain, Resource, Rule, a_map, words

_DOCS = "https://www.pulumi.com/docs/iac/concepts/resources/options/protect/"
_TAGS = "https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources"
_SCHEDULES = "https://learn.microsoft.com/azure/update-manager/scheduled-patching"
_IGNORE = "https://www.pulumi.com/docs/iac/concepts/resources/options/ignorechanges/"

_PRODUCTION = {"environment": ["prod", "production"], "env": ["prod", "production"]}
_FULL_HOUR_PARTS = 5
"""What people write is a multiple of these minutes; the clock seldom is."""


def _tags(props: Plain) -> Mapping[str, Any] | None:
    """A resource's tags by name in lower case; None where they are not known."""
    tags = props.get("tags")
    return None if tags is UNKNOWN else {name.lower(): value for name, value in a_map(tags).items()}


def _protected(resource: Resource, settings: Plain) -> Iterator[str]:
    tags = _tags(resource.props)
    if resource.protect or tags is None or not is_guest_patching(resource.props) or emergency_of(resource.props):
        return  # an emergency is there to be deleted when it has run
    for name, values in cast("Mapping[str, list[str]]", settings["tags"]).items():
        value = tags.get(name.lower())
        if isinstance(value, str) and value.lower() in {one.lower() for one in values}:
            yield (
                f"Its tag {name} is {value}, but it is not protected, so that a change of the program can delete it: "
                "then nothing is patched any more, and its assignments are gone for good. Set the resource option "
                "protect to true."
            )
            return


def _required_tags(resource: Resource, settings: Plain) -> list[str]:
    tags = _tags(resource.props)
    if tags is None or (resource.kind == CONFIGURATION and not is_guest_patching(resource.props)):
        return []
    missing = [name for name in words(settings["tags"]) if name.lower() not in tags]
    if not missing:
        return []
    noun = "tag" if len(missing) == 1 else "tags"
    return [
        f"It lacks the {noun} {', '.join(missing)}, by which its owner is found on patch night: add {noun} and value."
    ]


def _allowed(resource: Resource, settings: Plain) -> list[str]:
    windows = cast("list[Plain]", settings["windows"])
    judged = windows and is_guest_patching(resource.props) and not emergency_of(resource.props)
    schedule = schedule_of(resource.props) if judged else None
    first = schedule.first_run() if schedule else None
    if schedule is None or first is None:
        return []
    soon = takewhile(lambda run: run.start < first.start + JUDGED_FOR, schedule.runs())
    run = next((run for run in soon if not any(_holds(window, run) for window in windows)), None)
    if run is None:
        return []
    allowed = " or ".join(f"{'/'.join(_days(one))} {one['from']} to {one['to']}" for one in windows)
    start = local_text(run.start.replace(tzinfo=None))
    outside = f"It runs on {run.start:%A} {start} to {run.end:%H:%M} {schedule.time_zone}"
    return [f"{outside}, but agreed is {allowed}. Move startDateTime or recurEvery, or shorten duration."]


def _days(window: Plain) -> tuple[str, ...]:
    return words(window.get("days")) or tuple(map(str, Weekday))


def _holds(window: Plain, run: Run) -> bool:
    """Whether a run lies in a window that opened on its day or on the day before, by the wall clock."""
    start, end = run.start.replace(tzinfo=None), run.end.replace(tzinfo=None)
    for day in (start.date(), start.date() - timedelta(days=1)):
        opens, closes = (datetime.fromisoformat(f"{day} {window[key]}") for key in ("from", "to"))
        closes += timedelta(days=closes <= opens)
        if f"{day:%A}" in _days(window) and opens <= start and end <= closes:
            return True
    return False


def _clock(resource: Resource, _: Plain) -> list[str]:
    judged = is_guest_patching(resource.props) and not emergency_of(resource.props)
    schedule = schedule_of(resource.props) if judged else None
    ignored = {name.replace("_", "").lower() for name in resource.ignored}
    if schedule is None or "startdatetime" in ignored:
        return []
    written = resource.props["startDateTime"]
    if schedule.start.minute % _FULL_HOUR_PARTS == 0 and written[len("2027-01-16 22:00") :] in {"", ":00"}:
        return []
    looks = f"startDateTime is {written}, which looks like taken from the clock"
    harm = "then every update moves the schedule, and one shortly before a run loses it"
    mend = "Write a fixed start at a round time, or ignore changes of startDateTime"
    return [f"{looks}: {harm}. {mend}. (A clock's time that is round cannot be told from a fixed one.)"]


_TIME = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}

RULES = (
    Rule(
        name="configuration-protected",
        description="A maintenance configuration that nobody may delete is protected.",
        severity="medium",
        url=_DOCS,
        settings={
            "tags": {
                "type": "object",
                "additionalProperties": {"type": "array", "items": {"type": "string"}},
                "description": "Tags, each with the values that say that nobody may delete the configuration.",
                "default": _PRODUCTION,
            }
        },
        kinds=(CONFIGURATION,),
        judge=_protected,
    ),
    Rule(
        name="required-tags",
        description="Maintenance configurations and machines carry the tags that were agreed.",
        severity="low",
        url=_TAGS,
        settings={
            "tags": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Names of the tags that each must have.",
                "default": [],
            }
        },
        kinds=(CONFIGURATION, "compute:VirtualMachine"),
        judge=_required_tags,
    ),
    Rule(
        name="window-allowed",
        description="Guest patching runs only in the windows that were agreed.",
        severity="medium",
        url=_SCHEDULES,
        settings={
            "windows": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "days": {"type": "array", "items": {"type": "string", "enum": list(map(str, Weekday))}},
                        "from": _TIME,
                        "to": _TIME,
                    },
                    "required": ["from", "to"],
                    "additionalProperties": False,
                },
                "description": "When a run may take place, by the schedule's own clock: from, to, and the days on "
                "which the window opens (without them, every day). It may go past midnight.",
                "default": [],
            }
        },
        kinds=(CONFIGURATION,),
        judge=_allowed,
    ),
    Rule(
        name="start-fixed",
        description="A schedule's start is written down, not taken from the clock.",
        severity="low",
        url=_IGNORE,
        kinds=(CONFIGURATION,),
        judge=_clock,
    ),
)

"""The words of Azure in a stack file: times, names, updates, tags, machines; one small validator each."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import PlainValidator

from patching.arm_ids import SUBSCRIPTION_ID
from patching.days import FIRST_YEAR
from patching.limits import (
    LONGEST_WINDOW_MINUTES,
    RESOURCE_GROUP_NAME,
    SHORTEST_WINDOW_MINUTES,
    TAG_NAME,
    TAG_VALUE,
    TAGS_PER_RESOURCE,
)
from patching.plain_data import as_list, as_map
from patching.recurrence import EXAMPLES, PatchTuesday, Recurrence
from patching.recurrence_grammar import RecurrenceError, parse, patch_tuesday_of
from patching.schedule import window_text
from patching.settings.values import (
    Place,
    Refused,
    RefusedInside,
    a_list,
    a_map,
    flag,
    list_of,
    one_of,
    plain,
    text,
)
from patching.zones import UnknownTimeZoneError, zone_of

_LOCAL_TIME = re.compile(r"(\d{4})-(\d{2})-(\d{2}) (\d{2}):(\d{2})", re.ASCII)


def local_time(value: object) -> datetime:
    """A wall-clock time, `YYYY-MM-DD HH:mm`, as the service takes it."""
    expected = "YYYY-MM-DD HH:mm, the local time in timeZone"
    if hasattr(value, "isoformat"):
        raise Refused(expected, "put it in quotes, with hours and minutes and no seconds")
    written = text(value)
    match = _LOCAL_TIME.fullmatch(written)
    if match is None:
        raise Refused(expected, _time_fix(written))
    try:
        year, month, day, hour, minute = map(int, match.groups())
        moment = datetime(year, month, day, hour, minute)  # noqa: DTZ001 (a wall-clock time has no zone)
    except ValueError:
        raise Refused("a day and a time that exist", "correct the date or the time") from None
    if moment.year < FIRST_YEAR:
        raise Refused(f"a year from {FIRST_YEAR} on", "correct the year")
    return moment


def _time_fix(written: str) -> str:
    """What to write instead of a time that is not in the service's form."""
    loose = re.fullmatch(
        r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2}(\.\d+)?)?(Z| ?[-+]\d{2}:?\d{2})?", written, re.ASCII
    )
    if loose:
        return f'write "{loose[1]} {loose[2]}", without seconds or a zone offset'
    if re.fullmatch(r"\d{1,2}:\d{2}", written, re.ASCII):
        return "write the day, too, before the time"
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", written, re.ASCII):
        return f'write the time, too: "{written} 22:00"'
    return "write date and time with leading zeros and 24 hours, without seconds or a zone offset"


def windows_zone(value: object) -> str:
    """A Windows time-zone id."""
    written = text(value)
    try:
        zone_of(written)
    except UnknownTimeZoneError as error:
        expected = f"a Windows time-zone id{error.aside}"
        fix = f"write {error.nearest}" if error.nearest else "take an id that `tzutil /l` lists on Windows"
        raise Refused(expected, fix, error.nearest or "W. Europe Standard Time") from None
    return written


_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d)", re.ASCII)


def window_length(value: object) -> timedelta:
    """How long a window is open, `HH:mm` within the service's limits."""
    shortest, longest = (timedelta(minutes=minutes) for minutes in (SHORTEST_WINDOW_MINUTES, LONGEST_WINDOW_MINUTES))
    expected = f"HH:mm from {window_text(shortest)} to {window_text(longest)}"
    if isinstance(value, int) and not isinstance(value, bool):
        raise Refused(expected, "put it in quotes, as hours and minutes", "03:00")
    written = text(value)
    match = _CLOCK.fullmatch(written)
    if match is None or len(match[1]) != 2:  # noqa: PLR2004 (HH)
        raise Refused(expected, "write two digits of hours, a colon, two digits of minutes", "03:00")
    length = timedelta(hours=int(match[1]), minutes=int(match[2]))
    if length < shortest:
        raise Refused(expected, f"write {window_text(shortest)} or longer", "03:00")
    if length > longest:
        conflict = (
            " (Microsoft's pages disagree on 04:00; 03:55 is right on all of them)"
            if length <= timedelta(hours=4)
            else ""
        )
        raise Refused(expected, f"write {window_text(longest)} or shorter{conflict}", "03:00")
    return length


@dataclass(frozen=True, slots=True)
class RecurEvery:
    """A recurrence as it will be sent, and how it was written."""

    written: str
    recurrence: Recurrence
    patch_tuesday: PatchTuesday | None


def recur_every(value: object) -> RecurEvery:
    """A recurrence in the service's grammar, or with the PatchTuesday extension."""
    value = plain(value)
    if not isinstance(value, str):
        raise Refused("a recurrence, as text", "write it as text", EXAMPLES[2])
    try:
        return RecurEvery(value, parse(value), patch_tuesday_of(value))
    except RecurrenceError as error:
        place = f"character {error.position + 1}: {error}"
        fix = f"write {error.nearest}" if error.nearest else f"write it like one of {'; '.join(EXAMPLES)}"
        raise Refused(f"a recurrence ({place})", fix, error.nearest or EXAMPLES[2]) from None


def subscription_guid(value: object) -> str:
    """A subscription's id, a GUID, in lower case: another case of the same id changes nothing."""
    written = text(value)
    if not SUBSCRIPTION_ID.fullmatch(written):
        fix = "write the subscription's id, as `az account show --query id` prints it"
        raise Refused("a GUID", fix, "11111111-1111-4111-8111-111111111111")
    return written.lower()


_LOCATION = re.compile(r"[A-Za-z][A-Za-z0-9]*( [A-Za-z0-9]+)*", re.ASCII)


def location(value: object) -> str:
    """An Azure region, as `az account list-locations` names it."""
    written = text(value)
    if not _LOCATION.fullmatch(written) or len(written) > 60:  # noqa: PLR2004 (no region's name is near it)
        raise Refused(
            "an Azure region", "write the region's name, as `az account list-locations -o table` lists it", "westeurope"
        )
    return written


_GROUP_NAME = re.compile(r"[\w().-]*[\w()-]")


def resource_group_name(value: object) -> str:
    """A resource group's name, by Azure's rules."""
    written = text(value)
    if not _GROUP_NAME.fullmatch(written) or len(written) > RESOURCE_GROUP_NAME:
        expected = f"at most {RESOURCE_GROUP_NAME} letters, digits, and - _ . ( ), not ending in a dot"
        raise Refused(
            expected, "write the group's name, not its ARM id" if "/" in written else "correct the name", "rg-patching"
        )
    return written


_RESOURCE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.()-]*(?<![. ])", re.ASCII)


def resource_name(value: object) -> str:
    """A name that ARM takes in an id as it is."""
    written = text(value)
    if not _RESOURCE_NAME.fullmatch(written):
        expected = (
            "a name of letters, digits, spaces, and - _ . ( ), starting with a letter or digit and not ending in a dot"
        )
        raise Refused(expected, "correct the name", "mc-linux")
    return written


_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*(?<!\.)", re.ASCII)
_LONGEST_KEY = 100


def is_key(key: str) -> bool:
    """Whether a text can name an entry: it becomes part of Pulumi's names, and often of Azure's."""
    return bool(_KEY.fullmatch(key)) and len(key) <= _LONGEST_KEY


KEY_EXPECTED = (
    f"a key of at most {_LONGEST_KEY} letters, digits, and - _ ., starting with a letter or digit, not ending in a dot"
)


def kb_number(value: object) -> str:
    """A Windows update's KB number, digits only; a leading KB is taken off."""
    value = plain(value)
    if isinstance(value, int) and not isinstance(value, bool):
        raise Refused("a KB number, as text", f'write "{value}", in quotes', "5034441")
    written = text(value)
    match = re.fullmatch(r"(?:KB)?\s?(\d{5,8})", written, re.ASCII | re.IGNORECASE)
    if match is None:
        raise Refused(
            "a KB number: 5 to 8 digits, with or without a leading KB",
            "write the number of the update's article",
            "5034441",
        )
    return match[1]


def package_mask(value: object) -> str:
    """A Linux package's name with `*` and `?`, and for an inclusion `=version` behind it."""
    written = text(value)
    if not written.isascii() or " " in written:
        raise Refused("a package name or mask, without spaces", "write one package a line", "kernel*")
    if written.count("=") > 1 or written.startswith("=") or written.endswith("="):
        raise Refused(
            "a package name or mask, with at most one =version behind it",
            "write name=version",
            "openssl=3.0.2-0ubuntu1.15",
        )
    return written


def package_mask_to_exclude(value: object) -> str:
    """A package mask without a version."""
    written = package_mask(value)
    if "=" in written:
        name = written.split("=", maxsplit=1)[0]
        expected = "a package name or mask without a version: here versions are ignored, and all would be excluded"
        raise Refused(expected, f"write {name}", name)
    return written


WINDOWS_CLASSIFICATIONS = [
    "Critical",
    "Security",
    "UpdateRollup",
    "FeaturePack",
    "ServicePack",
    "Definition",
    "Tools",
    "Updates",
]
LINUX_CLASSIFICATIONS = ["Critical", "Security", "Other"]
_NOT_INSTALLED = {
    "drivers": "remove it: Update Manager does not install drivers",
    "driver": "remove it: Update Manager does not install drivers",
}


def windows_classification(value: object) -> str:
    """A class of Windows updates, by the maintenance configuration's spelling (`UpdateRollup`, not `UpdateRollUp`)."""
    return one_of(value, WINDOWS_CLASSIFICATIONS, _NOT_INSTALLED)


def linux_classification(value: object) -> str:
    """A class of Linux updates."""
    return one_of(value, LINUX_CLASSIFICATIONS, _NOT_INSTALLED)


def emergency_reason(value: object) -> str:
    """Why an emergency is one: text that becomes a tag's value."""
    written = text(value)
    if len(written) > TAG_VALUE:
        raise Refused(f"at most {TAG_VALUE} characters: it is a tag's value", "shorten it", "Zero-day in OpenSSL")
    return written


_BAD_IN_TAG_NAME = re.compile(r"[<>%&\\?/]")


def _tag_name(name: str, seen: dict[str, str]) -> None:
    if not name.strip() or len(name) > TAG_NAME or _BAD_IN_TAG_NAME.search(name):
        expected = f"a tag name of at most {TAG_NAME} characters, without < > % & \\ ? /"
        raise Refused(expected, "correct the tag's name", "owner")
    if seen.setdefault(name.lower(), name) != name:
        raise Refused("each tag once, whatever its case", f"keep one of {seen[name.lower()]} and {name}", None)


def tag_value(value: object) -> str:
    """A tag's value: text, which may be empty."""
    value = plain(value)
    if not isinstance(value, str):
        is_list = as_list(value) is not None or as_map(value) is not None
        raise Refused("text", "write one text here" if is_list else "put it in quotes", "prod")
    if len(value) > TAG_VALUE:
        raise Refused(f"at most {TAG_VALUE} characters", "shorten the value", "prod")
    return value


def tags(value: object) -> dict[str, str]:
    """A resource's tags."""
    judged: dict[str, str] = _tags_of(value, tag_value)
    if len(judged) > TAGS_PER_RESOURCE:
        raise Refused(f"at most {TAGS_PER_RESOURCE} tags", f"remove {len(judged) - TAGS_PER_RESOURCE} of them")
    return judged


def tag_filter(value: object) -> dict[str, tuple[str, ...]]:
    """A dynamic scope's tags: any number of values to each name."""
    return _tags_of(value, _tag_values)


def _tag_values(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        raise Refused("a list of values", f"write [{value}]", "[test]")
    values = list_of(tag_value)(value)
    if not values:
        raise Refused("at least one value", "name a value, or remove the tag", "[test]")
    return values


def _tags_of(value: object, judge: Callable[[object], Any]) -> dict[str, Any]:
    judged: dict[str, Any] = {}
    places: list[Place] = []
    names: dict[str, str] = {}
    for name, one in a_map(value).items():
        try:
            _tag_name(name, names)
        except Refused as refused:
            places.append(Place(f".{name}", name, refused))
            continue
        try:
            judged[name] = judge(one)
        except Refused as refused:
            places.append(Place(f".{name}", one, refused))
        except RefusedInside as inner:
            places.extend(Place(f".{name}{place.key}", place.value, place.refused) for place in inner.places)
    if places:
        raise RefusedInside(places)
    return judged


Text = Annotated[str, PlainValidator(text)]
Flag = Annotated[bool, PlainValidator(flag)]
LocalTime = Annotated[datetime, PlainValidator(local_time)]
WindowsZone = Annotated[str, PlainValidator(windows_zone)]
WindowLength = Annotated[timedelta, PlainValidator(window_length)]
GroupName = Annotated[str, PlainValidator(resource_group_name)]
Tags = Annotated[dict[str, str], PlainValidator(tags)]
Locations = Annotated[tuple[str, ...], PlainValidator(list_of(location))]
AnyList = Annotated[list[object], PlainValidator(a_list)]
AnyMap = Annotated[dict[str, object], PlainValidator(a_map)]

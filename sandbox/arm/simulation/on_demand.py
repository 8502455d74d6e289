"""The body of installPatches on demand, for machines of both kinds. Source: the published REST specifications."""

import re
from datetime import UTC, datetime
from typing import Any

from sandbox.arm.bodies import Refuse, Shape, at, check

_SHAPE: Shape = {
    "maximumDuration": str,
    "rebootSetting": frozenset({"IfRequired", "Never", "Always"}),
    "windowsParameters": {
        "classificationsToInclude": [str],
        "kbNumbersToInclude": [str],
        "kbNumbersToExclude": [str],
        "excludeKbsRequiringReboot": bool,
        "maxPatchPublishDate": str,
        "patchNameMasksToInclude": [str],
        "patchNameMasksToExclude": [str],
    },
    "linuxParameters": {
        "classificationsToInclude": [str],
        "packageNameMasksToInclude": [str],
        "packageNameMasksToExclude": [str],
    },
}
_DURATION = re.compile(r"PT(?:(?P<hours>\d{1,2})H)?(?:(?P<minutes>\d{1,3})M)?", re.ASCII)
_LONGEST = "PT4H"


def window_minutes(body: dict[str, Any], refuse: Refuse) -> int:
    """Check the body of an installation on demand; return the minutes that it may take.

    Raises the ArmError that `refuse` makes of the path at fault and the reason.
    """
    check(body, _SHAPE, refuse=refuse)
    newest = at(body, "windowsParameters", "maxPatchPublishDate")
    if newest is not None and published_by(newest) is None:
        raise refuse("windowsParameters.maxPatchPublishDate", "is not a time in ISO 8601")
    duration = str(body.get("maximumDuration") or _LONGEST)
    found = _DURATION.fullmatch(duration)
    if duration == "PT" or found is None:
        raise refuse("maximumDuration", "is not a duration in ISO 8601, such as PT4H")
    return int(found["hours"] or 0) * 60 + int(found["minutes"] or 0)


def published_by(text: str) -> float | None:
    """Return the moment of a maxPatchPublishDate, UTC where it does not say; None where it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()

"""Names that Azure holds for a while after a maintenance configuration is deleted, and when to try one again.

A new configuration of that name is answered 409 meanwhile, although a GET is answered 404 already. Sources: Microsoft
Learn, "Troubleshoot problems with Maintenance Configurations" (about 20 minutes); alchemy-run/alchemy, tested against
the service, which tries again for two minutes. The code that comes with the 409 is on no public record.
"""

import re

LONGEST_SECONDS = 25 * 60
"""How long after the first refusal the last try begins: the 20 minutes that Microsoft documents, and some more."""

_FIRST_WAITS = (5, 10, 20)
_WAIT = 30
_REFUSED = re.compile(r"(?:Status(?:Code)?=|RESPONSE )409\b")
_OTHER_REASONS = re.compile(
    r"\b(?:MissingSubscriptionRegistration|SubscriptionNotRegistered|InvalidResourceLocation|ScopeLocked"
    r"|ResourceGroupBeingDeleted)\b"
)


def may_be_held(error: str) -> bool:
    """Whether an error from creating a maintenance configuration is what a held name is answered.

    True for a 409 that names no other reason: Azure's own codes for those are known, that for a held name is not.
    """
    return _REFUSED.search(error) is not None and _OTHER_REASONS.search(error) is None


def seconds_waited(refusals: int) -> int:
    """How long was waited from the first of so many refusals to the last."""
    return sum(_wait_after(number) for number in range(1, refusals))


def seconds_to_wait(refusals: int) -> int | None:
    """How long to wait after so many refusals, at least 1, before the next try; None when it is enough."""
    return None if seconds_waited(refusals) >= LONGEST_SECONDS else _wait_after(refusals)


def _wait_after(refusal: int) -> int:
    return _FIRST_WAITS[refusal - 1] if refusal <= len(_FIRST_WAITS) else _WAIT

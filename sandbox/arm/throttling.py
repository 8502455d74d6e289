"""How Azure Resource Manager throttles: a budget of requests for each subscription, principal and kind of request.

Source: learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling, the limits since
2024 (a bucket that is refilled each second) and the headers. Azure has one budget a region; the local Azure has one.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.arm.errors import ArmError
from sandbox.arm.quirks import AZURES_OWN_BUDGET, THROTTLING

_TIMES_AZURES = 100


@dataclass(frozen=True)
class _Limit:
    """The most requests at once, and how many more each second."""

    size: int
    per_second: int


_LIMITS = {"reads": _Limit(250, 25), "writes": _Limit(200, 10), "deletes": _Limit(200, 10)}
_KINDS = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}


@dataclass
class _Bucket:
    left: float
    at: float


class Budgets:
    """What is left to each principal, by the local Azure's clock; forgotten when the server ends."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, str, str, int], _Bucket] = {}

    def spend(self, method: str, subscription: str | None, principal: str, quirks: frozenset[str]) -> dict[str, str]:
        """Take one request off a budget; return the headers that tell what is left.

        `subscription` is None for a request to the tenant. Raises ArmError (429, Retry-After) where nothing is left.
        """
        if THROTTLING not in quirks:
            return {}
        kind = _KINDS.get(method, "writes")
        times = 1 if AZURES_OWN_BUDGET in quirks else _TIMES_AZURES
        limit = _LIMITS[kind]
        now = self._clock()
        bucket = self._buckets.setdefault(
            ((subscription or "").lower(), principal, kind, times), _Bucket(limit.size * times, now)
        )
        grown = max(now - bucket.at, 0) * limit.per_second * times
        bucket.left, bucket.at = min(bucket.left + grown, limit.size * times), now
        if bucket.left < 1:
            raise _throttled(kind, subscription, principal, (1 - bucket.left) / (limit.per_second * times))
        bucket.left -= 1
        scope = "subscription" if subscription else "tenant"
        return {f"x-ms-ratelimit-remaining-{scope}-{kind}": str(int(bucket.left))}


def _throttled(kind: str, subscription: str | None, principal: str, wait: float) -> ArmError:
    seconds = str(max(math.ceil(wait), 1))
    code, of = ("SubscriptionRequestsThrottled", f"subscription '{subscription}'")
    if subscription is None:
        code, of = "TenantRequestsThrottled", "the tenant"
    return ArmError(
        429,
        code,
        f"Number of '{kind.removesuffix('s')}' requests for {of} actor '{principal}' exceeded. "
        f"Please try again after '{seconds}' seconds.",
        headers={"Retry-After": seconds},
    )

"""The rules by which requests are made to fail, and which of them strikes a request. Pure.

A rule counts the requests that match it, each rule for itself, and strikes at some of them: by default at the first.
Where several would strike the same request, the first in the list does; the others have counted it all the same.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from sandbox.arm.faults.asked import Asked, FaultRuleError

_LONGEST_STALL = 3600.0
_EVERYWHERE = ""
_EXAMPLE = '[{"method": "PUT", "path": "*/virtualMachines/*", "effect": "status", "status": 503, "retryAfter": 2}]'


class _Rule(BaseModel):
    """When to strike.

    `path` is a pattern for the whole path, without case: `*` is any text, slashes included, `?` any one character.
    The rule strikes from the `nth` matching request on, `times` times. With `each_path`, requests of different methods
    or paths are counted apart.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", alias_generator=to_camel)

    method: Literal["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE"] | None = None
    path: str = Field("*", min_length=1)
    api_version: str | None = None
    nth: int = Field(1, ge=1)
    times: Annotated[int, Field(ge=1)] | Literal["all"] = 1
    each_path: bool = False

    def matches(self, asked: Asked) -> bool:
        """Whether a request counts for this rule."""
        return (
            self.method in {None, asked.method}
            and (self.api_version is None or self.api_version.lower() == asked.api_version.lower())
            and fnmatchcase(asked.path.lower(), self.path.lower())
        )

    def strikes_at(self, count: int) -> bool:
        """Whether the rule strikes at the matching request of that number, from 1."""
        return count >= self.nth and (self.times == "all" or count < self.nth + self.times)


class Status(_Rule):
    """Answers with an error in ARM's form, and does nothing else. `retry_after` is in seconds."""

    effect: Literal["status"]
    status: int = Field(ge=400, le=599)
    code: str = ""
    message: str = "The local Azure was asked to fail here."
    retry_after: int | None = Field(None, ge=0)

    @property
    def error_code(self) -> str:
        """The error's code; by default the name of its status without spaces."""
        names = {one.value: one.phrase.replace(" ", "") for one in HTTPStatus}
        return self.code or names.get(self.status, "Error")


class Stall(_Rule):
    """Waits, then does and answers what was asked."""

    effect: Literal["stall"]
    seconds: float = Field(gt=0, le=_LONGEST_STALL, allow_inf_nan=False)


class Drop(_Rule):
    """Ends the connection without an answer, and does nothing else."""

    effect: Literal["drop"]


class LoseAnswer(_Rule):
    """Does what was asked, then ends the connection without an answer."""

    effect: Literal["lose-answer"]


class Kill(_Rule):
    """Does what was asked, then kills the process of the local Azure (SIGKILL)."""

    effect: Literal["kill"]


Rule = Annotated[Status | Stall | Drop | LoseAnswer | Kill, Field(discriminator="effect")]

_RULES: TypeAdapter[tuple[Rule, ...]] = TypeAdapter(tuple[Rule, ...])


def read_rules(content: str | bytes) -> tuple[Rule, ...]:
    """Read a JSON list of rules. Raises FaultRuleError, which names every fault."""
    try:
        return _RULES.validate_json(content)
    except ValidationError as error:
        raise FaultRuleError(_in_words(error)) from error


def _in_words(error: ValidationError) -> str:
    told = [f"  {_where(one['loc'])}: {one['msg']} (found: {_shown(one['input'])})" for one in error.errors()]
    return "these are no fault rules:\n" + "\n".join(told) + f"\nExpected a JSON list like {_EXAMPLE}"


def _where(location: Sequence[int | str]) -> str:
    """Say `rule 2, status` for (1, 'status', 'status'): the number, and the key after the effect's own name."""
    number, *keys = location or ("",)
    return ", ".join([f"rule {number + 1}", *map(str, keys[1:2])]) if isinstance(number, int) else "the document"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"  # noqa: PLR2004 (a line's worth)


@dataclass
class Faults:
    """A list of rules, with what each has counted so far: a number for each method and path, or one for all."""

    rules: tuple[Rule, ...] = ()
    counts: list[Counter[str]] = field(default_factory=list[Counter[str]])

    def __post_init__(self) -> None:
        self.counts += [Counter() for _ in self.rules[len(self.counts) :]]

    def meet(self, asked: Asked) -> Rule | None:
        """Count a request; returns the rule that strikes it."""
        found: Rule | None = None
        for rule, counts in zip(self.rules, self.counts, strict=True):
            if rule.matches(asked):
                key = f"{asked.method} {asked.path.lower()}" if rule.each_path else _EVERYWHERE
                counts[key] += 1
                if found is None and rule.strikes_at(counts[key]):
                    found = rule
        return found

    def shown(self) -> list[dict[str, Any]]:
        """Each rule as it was given, with the number of requests that it `matched` so far."""
        return [
            {**_as_given(rule), "matched": counts.total()} for rule, counts in zip(self.rules, self.counts, strict=True)
        ]

    def kept(self) -> dict[str, Any]:
        """Rules and counts as JSON has them, for `restored`."""
        return {"rules": [_as_given(rule) for rule in self.rules], "counts": [dict(one) for one in self.counts]}


def _as_given(rule: Rule) -> dict[str, Any]:
    return rule.model_dump(by_alias=True, exclude_unset=True)


def restored(kept: Any) -> Faults:
    """The rules and counts that `Faults.kept` told. Raises FaultRuleError where it is nothing of the kind."""
    try:
        rules = _RULES.validate_python(tuple(kept["rules"]))
        counts = [Counter({str(key): int(count) for key, count in one.items()}) for one in kept["counts"]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FaultRuleError(f"what was kept of the fault rules cannot be read: {error}") from error
    return Faults(rules, counts[: len(rules)])

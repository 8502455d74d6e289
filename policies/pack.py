"""Turns the rules into a policy pack: each rule becomes one policy, and what it says a violation."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyPack,
    ReportViolation,
    ResourceRemediation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from policies.rules import RULES
from policies.rules.rule import AnyRule, Plain, Rule, StackRule
from policies.serving import serve_with
from policies.values import Inputs, kind_of, mended, plain

PACK = "azure-patching"


def build() -> PolicyPack:
    """Start the pack. It serves the engine from then on, and does not return before the engine is done with it."""
    inputs = Inputs()
    serve_with(inputs)
    return PolicyPack(PACK, [policy(rule, inputs) for rule in RULES])


def policy(rule: AnyRule, inputs: Inputs) -> Policy:
    """The policy of one rule; all policies of a pack share the inputs they have seen."""
    common: dict[str, Any] = {
        "name": rule.name,
        "description": rule.description,
        "enforcement_level": level(rule),
        "config_schema": _schema(rule),
        "severity": Severity(rule.severity),
        "url": rule.url,
    }
    if isinstance(rule, StackRule):
        return StackValidationPolicy(validate=stack_validation(rule, inputs), **common)
    return ResourceValidationPolicy(validate=validation(rule, inputs), remediate=remediation(rule), **common)


def level(rule: AnyRule) -> EnforcementLevel:
    """A rule's level where nothing is configured: mandatory for what Azure refuses, advisory for what hurts."""
    return EnforcementLevel.MANDATORY if rule.refused else EnforcementLevel.ADVISORY


def validation(rule: Rule, inputs: Inputs) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
    """The function that the engine calls for each resource."""

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        kind = kind_of(args.resource_type)
        if kind is None:
            return
        resource = inputs.resource(args, kind)
        if kind in rule.kinds and resource.props:  # what is only read has none
            for message in rule.judge(resource, _settings(rule, args)):
                report(_with_link(message, rule), None)

    return validate


def stack_validation(rule: StackRule, inputs: Inputs) -> Callable[[StackValidationArgs, ReportViolation], None]:
    """The function that the engine calls when it has seen the whole stack."""

    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for violation in rule.judge(inputs.stack(args.resources), _settings(rule, args)):
            report(_with_link(violation.message, rule), violation.urn or None)

    return validate


def remediation(rule: Rule) -> ResourceRemediation | None:
    """The function that the engine calls where a rule's level is `remediate`; None where no value is certain."""
    mend = rule.mend
    if mend is None:
        return None

    def remediate(args: ResourceValidationArgs) -> Awaitable[Mapping[str, Any]] | None:
        if kind_of(args.resource_type) not in rule.kinds:
            return None
        props = mended(args.props, mend(plain(args.props)))
        return None if props is None else _ready(props)

    return remediate


async def _ready(props: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is known at once, as the SDK wants it."""
    return props


def _with_link(message: str, rule: AnyRule) -> str:
    """A message and where to read on: the engine shows no policy's link."""
    return f"{message}\n{rule.url}"


def _settings(rule: AnyRule, args: ResourceValidationArgs | StackValidationArgs) -> Plain:
    get: Callable[[], Plain] | None = getattr(args, "get_config", None)
    return rule.with_defaults(get() if get else {})


def _schema(rule: AnyRule) -> PolicyConfigSchema | None:
    if not rule.settings:
        return None
    return PolicyConfigSchema({name: dict(schema) for name, schema in rule.settings.items()})

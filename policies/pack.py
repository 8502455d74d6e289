"""Turns the rules into a policy pack: each rule becomes one resource policy, and what it says a violation."""

import re
from collections.abc import Callable

from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
)

from policies.rules import RULES
from policies.rules.rule import Rule
from policies.values import plain

PACK = "azure-patching"

# A program that pins an api-version has it in the token: azure-native:compute/v20240701:VirtualMachine.
_VERSION = re.compile(r"/v[0-9]{8}\w*(?=:)")
_LEVELS = {Severity.CRITICAL: EnforcementLevel.MANDATORY, Severity.HIGH: EnforcementLevel.MANDATORY}


def build() -> PolicyPack:
    """Start the pack. It serves the engine from then on, and does not return before the engine is done with it."""
    return PolicyPack(PACK, [policy(rule) for rule in RULES])


def policy(rule: Rule) -> ResourceValidationPolicy:
    """The resource policy of one rule: mandatory where it would hurt on patch night, advisory otherwise."""
    severity = Severity(rule.severity)
    return ResourceValidationPolicy(
        rule.name,
        rule.description,
        validate=validation(rule),
        enforcement_level=_LEVELS.get(severity, EnforcementLevel.ADVISORY),
        severity=severity,
        url=rule.url,
    )


def validation(rule: Rule) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
    """The function that the engine calls for each resource."""

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if _VERSION.sub("", args.resource_type) == rule.resource_type:
            for message in rule.judge(plain(args.props)):
                report(message, None)

    return validate

"""Reading `azurePolicies`: policy assignments, each resolved to its scope."""

from collections.abc import Mapping

from patching.arm_ids import ArmIdError, ScopeId, ScopeKind, parse_scope_id, subscription_id
from patching.faults import Fault, found
from patching.limits import POLICY_EXCLUSIONS
from patching.policy_definitions import (
    PolicyDefinition,
    PolicyKind,
    machines_can_be_chosen,
    machines_of,
    wrong_major_version,
)
from patching.settings.context import Context
from patching.settings.entries import AzurePolicyEntry
from patching.settings.model import AzurePolicySettings, Discovery, RemediationSettings
from patching.settings.validation import EntryReading, read_entries
from patching.settings.values import nearest

_FILTERS = ("operating_systems", "locations", "tags", "tag_operator")
_MENDING = ("assign_roles", "roles_granted", "remediate", "remediation", "location", "identity")


def read_azure_policies(raw: Mapping[str, object], context: Context) -> dict[str, AzurePolicySettings]:
    """The policies that are right, by key."""
    policies: dict[str, AzurePolicySettings] = {}
    for key, path, reading in read_entries(
        AzurePolicyEntry,
        raw,
        "azurePolicies",
        context.findings,
        example="assessment",
        references=lambda _: {"scope": context.a_subscription, "schedule": context.a_schedule()},
    ):
        scope = _scope(reading, path, context) if reading.right("scope") else None
        _check(reading, scope, path, context)
        if scope is not None and not reading.faults:
            policies[key] = _resolved(key, reading.entry, scope, context)
    return policies


def _scope(reading: EntryReading[AzurePolicyEntry], path: str, context: Context) -> ScopeId | None:
    entry = reading.entry
    written = entry.scope
    if not written.startswith("/"):
        subscription = context.subscription(written, f"{path}.scope")
        return ScopeId(ScopeKind.SUBSCRIPTION, subscription_id(subscription.id), subscription.id, None)
    try:
        scope = parse_scope_id(written)
    except ArmIdError as error:
        expected = (
            f"a key of subscriptions, or the ARM id of a subscription, resource group or management group ({error})"
        )
        context.findings.fault(
            f"{path}.scope", written, expected, "correct the id", "/subscriptions/…/resourceGroups/rg-web"
        )
        return None
    if scope.subscription_id and context.subscription_by_id(scope.subscription_id, f"{path}.scope", written) is None:
        return None
    return scope


def _check(reading: EntryReading[AzurePolicyEntry], scope: ScopeId | None, path: str, context: Context) -> None:
    entry = reading.entry
    if reading.right("kind"):
        _check_meaningless(reading, path, context)
        _check_machines(reading, path, context)
        _check_schedule(reading, path, context)
        _check_version(reading, path, context)
    if scope is not None:
        _check_exclusions(entry, scope, path, context)
        group = scope.kind is ScopeKind.MANAGEMENT_GROUP
        if group and reading.right("remediation") and entry.remediation.discovery is Discovery.RE_EVALUATE_COMPLIANCE:
            expected = "ExistingNonCompliant, at a management group"
            context.findings.fault(
                f"{path}.remediation.discovery",
                entry.remediation.discovery.value,
                expected,
                "write ExistingNonCompliant",
                "ExistingNonCompliant",
            )
    if entry.roles_granted and entry.assign_roles and reading.right("roles_granted", "assign_roles"):
        expected = "rolesGranted only with assignRoles: false: this stack grants the roles itself"
        context.findings.fault(f"{path}.rolesGranted", True, expected, "remove it, or write assignRoles: false")  # noqa: FBT003 (the value found)


def _check_meaningless(reading: EntryReading[AzurePolicyEntry], path: str, context: Context) -> None:
    """What is set but means nothing to this kind would be silently ignored: a fault."""
    entry = reading.entry
    meaningless: list[str] = []
    if entry.kind.is_audit:
        meaningless += [*_FILTERS, *_MENDING]
    if entry.kind is not PolicyKind.PERIODIC_ASSESSMENT:
        meaningless.append("mode")
    if entry.kind is not PolicyKind.RECURRING_UPDATES:
        meaningless.append("schedule")
    for name in meaningless:
        if name in entry.model_fields_set and reading.right(name):
            field = type(entry).model_fields[name].alias or name
            expected = f"no {field} with {entry.kind}: its definition has no such parameter"
            if name in _MENDING:
                expected = f"no {field} with {entry.kind}: it only reports"
            context.findings.fault(f"{path}.{field}", getattr(entry, name), expected, "remove it")
    if reading.right("operating_systems") and not entry.operating_systems:
        context.findings.fault(
            f"{path}.operatingSystems",
            [],
            "at least one operating system",
            "name one, or remove the key for both",
            "[Linux, Windows]",
        )


def _check_machines(reading: EntryReading[AzurePolicyEntry], path: str, context: Context) -> None:
    entry = reading.entry
    if not reading.right("machines") or "machines" not in entry.model_fields_set:
        return
    reached = machines_of(entry.kind)
    example = f"[{', '.join(reached)}]"
    if not entry.machines:
        context.findings.fault(
            f"{path}.machines", [], f"at least one of {', '.join(reached)}", "name one, or remove the key", example
        )
    unreached = [machine for machine in entry.machines if machine not in reached]
    if unreached:
        expected = f"only {', '.join(reached)}, with {entry.kind}: Arc machines need no prerequisite"
        context.findings.fault(
            f"{path}.machines", entry.machines, expected, f"write {example}, or remove the key", example
        )
    elif entry.machines and not machines_can_be_chosen(entry.kind) and set(entry.machines) != set(reached):
        expected = f"{example}, with {entry.kind}: one definition looks at both"
        context.findings.fault(
            f"{path}.machines", entry.machines, expected, f"write {example}, or remove the key", example
        )


def _check_schedule(reading: EntryReading[AzurePolicyEntry], path: str, context: Context) -> None:
    entry = reading.entry
    if entry.kind is not PolicyKind.RECURRING_UPDATES or not reading.right("schedule"):
        return
    if entry.schedule is None:
        context.findings.fault(
            f"{path}.schedule",
            None,
            "a key of schedules, with recurringUpdates",
            "add schedule",
            context.a_schedule(),
        )
    elif entry.schedule not in context.schedule_keys:
        guess = nearest(entry.schedule, context.schedule_keys)
        fix = f"write {guess}" if guess else f"add {entry.schedule} to schedules"
        context.findings.fault(
            f"{path}.schedule", entry.schedule, "a key of schedules", fix, guess or context.a_schedule()
        )


def _check_version(reading: EntryReading[AzurePolicyEntry], path: str, context: Context) -> None:
    entry = reading.entry
    if entry.definition_version is None or not reading.right("definition_version", "machines"):
        return
    other = wrong_major_version(entry.kind, entry.machines or machines_of(entry.kind), entry.definition_version)
    if other:
        fault = version_fault(f"{path}.definitionVersion", entry.definition_version, entry.kind, other)
        context.findings.faults.append(fault)


def version_fault(path: str, version: str, kind: PolicyKind, other: PolicyDefinition) -> Fault:
    """The fault of a `version` that is of another major version than the definition `other`."""
    allowed = f"{other.version.partition('.')[0]}.*.*"
    expected = f"a version such as {allowed} for {other.display_name}, whose parameters are known as of {other.version}"
    fix = f"write {allowed}, or remove it"
    if machines_can_be_chosen(kind):
        fix = f"{fix}; Azure and Arc machines have definitions of their own: one entry each, with machines"
    return Fault(path, found(version), expected, allowed, fix)


def _check_exclusions(entry: AzurePolicyEntry, scope: ScopeId, path: str, context: Context) -> None:
    if len(entry.not_scopes) > POLICY_EXCLUSIONS:
        expected = f"at most {POLICY_EXCLUSIONS} excluded scopes"
        context.findings.fault(f"{path}.notScopes", entry.not_scopes, expected, "exclude whole groups instead")
    inside = "/" if scope.kind is ScopeKind.MANAGEMENT_GROUP else f"{scope.id.lower()}/"
    for index, excluded in enumerate(entry.not_scopes):
        if not f"{excluded.lower().rstrip('/')}".startswith(inside) or excluded.lower().rstrip("/") == scope.id.lower():
            expected = "the ARM id of something below the policy's scope"
            example = f"{scope.id}/resourceGroups/rg-legacy" if scope.kind is ScopeKind.SUBSCRIPTION else ""
            context.findings.fault(
                f"{path}.notScopes[{index}]", excluded, expected, "correct the id, or remove it", example
            )


def _resolved(key: str, entry: AzurePolicyEntry, scope: ScopeId, context: Context) -> AzurePolicySettings:
    subscription = next(
        (one for one in context.subscriptions.values() if one.id.lower() == (scope.subscription_id or "").lower()),
        next(iter(context.subscriptions.values()), None),
    )
    remediation = entry.remediation
    mends = not entry.kind.is_audit
    return AzurePolicySettings(
        key=key,
        kind=entry.kind,
        scope=scope,
        subscription_key=subscription.key if subscription else "",
        not_scopes=entry.not_scopes,
        operating_systems=entry.operating_systems,
        machines=entry.machines or machines_of(entry.kind),
        mode=entry.mode,
        schedule_key=entry.schedule,
        locations=entry.locations,
        tags=entry.tags,
        tag_operator=entry.tag_operator,
        non_compliance_message=entry.non_compliance_message,
        enforcement_mode=entry.enforcement_mode,
        assign_roles=mends and entry.assign_roles,
        roles_granted=mends and entry.roles_granted,
        remediate=mends and entry.remediate,
        remediation=RemediationSettings(
            parallel_deployments=remediation.parallel_deployments,
            resource_count=remediation.resource_count,
            failure_threshold=remediation.failure_threshold,
            locations=remediation.locations,
            discovery=remediation.discovery,
            attempt=remediation.attempt,
            wait_minutes=remediation.wait_minutes,
            settle_minutes=remediation.settle_minutes,
        ),
        location=entry.location or context.location,
        identity=entry.identity,
        definition_version=entry.definition_version,
        protect=context.protect,
    )

"""A schedule's dynamic scopes: each a filter, and the subscriptions or groups it looks at."""

from collections.abc import Mapping

from patching.arm_ids import resource_group_id, subscription_id
from patching.limits import schedule_limits
from patching.names import NameBudgetError, assignment_name
from patching.scopes import ScopeFilter
from patching.settings.assignment_names import check_assignment_name
from patching.settings.context import Configuration, Context
from patching.settings.entries import ScopeEntry
from patching.settings.model import DynamicScope, ScopeTarget, Subscription
from patching.settings.validation import EntryReading, read_entries


def read_scopes(
    raw: Mapping[str, object], path: str, configuration: Configuration, context: Context
) -> dict[str, DynamicScope]:
    """The dynamic scopes of one schedule, by key; those that are wrong leave faults and are left out."""
    scopes: dict[str, DynamicScope] = {}
    for key, where, reading in read_entries(
        ScopeEntry,
        raw,
        path,
        context.findings,
        example="test-ring",
        references=lambda _: {
            "subscriptions": f"[{context.a_subscription}]",
            "subscriptions[]": context.a_subscription,
        },
    ):
        _check(reading, where, context)
        targets = _targets(reading, where, key, configuration, context)
        if not reading.faults:
            scopes[key] = DynamicScope(key, _filter(reading.entry), targets)
    return scopes


def _filter(entry: ScopeEntry) -> ScopeFilter:
    return ScopeFilter(
        resource_types=entry.resource_types,
        resource_groups=entry.resource_groups,
        os_types=entry.os_types,
        locations=entry.locations,
        tags=dict(entry.tags),
        tag_operator=entry.tag_operator,
    )


def _check(reading: EntryReading[ScopeEntry], path: str, context: Context) -> None:
    entry, findings = reading.entry, context.findings
    limits = schedule_limits(context.environment)
    if len(entry.tags) > limits.tags_per_dynamic_scope:
        expected = f"at most {limits.tags_per_dynamic_scope} tags in a dynamic scope"
        findings.fault(f"{path}.tags", dict(entry.tags), expected, "split the scope into two")
    if len(entry.resource_groups) > limits.resource_groups_per_dynamic_scope:
        expected = f"at most {limits.resource_groups_per_dynamic_scope} resource groups in a dynamic scope"
        findings.fault(f"{path}.resourceGroups", entry.resource_groups, expected, "split the scope into two")
    if reading.right("resource_types") and not entry.resource_types:
        findings.fault(f"{path}.resourceTypes", [], "at least one type", "name a type, or remove the key for both")
    if (
        entry.resource_group is not None
        and entry.resource_groups
        and reading.right("resource_group", "resource_groups")
    ):
        expected = "no resourceGroups beside resourceGroup: the scope is that group already"
        findings.fault(f"{path}.resourceGroups", entry.resource_groups, expected, "remove one of the two")
    if entry.resource_group is not None and not entry.locations and reading.right("resource_group", "locations"):
        expected = "the regions of the machines: the service requires them at a resource group"
        findings.fault(f"{path}.locations", entry.locations or None, expected, "add locations", "[westeurope]")
    if entry.location is not None and entry.resource_group is None and reading.right("location", "resource_group"):
        expected = "no location without resourceGroup: at a subscription an assignment has none"
        findings.fault(f"{path}.location", entry.location, expected, "remove it; locations is the filter")


def _targets(
    reading: EntryReading[ScopeEntry], path: str, key: str, configuration: Configuration, context: Context
) -> tuple[ScopeTarget, ...]:
    entry = reading.entry
    if reading.right("subscriptions") and entry.subscriptions is not None:
        if not entry.subscriptions:
            context.findings.fault(
                f"{path}.subscriptions", [], "at least one subscription", "name one, or remove the key for all"
            )
        named = [
            context.subscription(name, f"{path}.subscriptions[{index}]")
            for index, name in enumerate(entry.subscriptions)
        ]
    else:
        named = list(context.subscriptions.values())
    targets = (_target(entry, path, key, configuration, subscription, context=context) for subscription in named)
    return tuple(target for target in targets if target is not None)


def _target(
    entry: ScopeEntry,
    path: str,
    key: str,
    configuration: Configuration,
    subscription: Subscription,
    *,
    context: Context,
) -> ScopeTarget | None:
    group = entry.resource_group
    scope_id = resource_group_id(subscription.id, group) if group else subscription_id(subscription.id)
    if entry.assignment_name is not None and not check_assignment_name(
        entry.assignment_name, scope_id, path, context.findings
    ):
        return None
    try:
        name = entry.assignment_name or assignment_name(configuration.name, configuration.id, scope_id, key)
    except NameBudgetError as error:
        context.findings.fault(path, key, f"a shorter id ({error})", "shorten the name of its group")
        return None
    location = (entry.location or context.location) if group else "global"
    return ScopeTarget(subscription.key, subscription.id, group, location, name)

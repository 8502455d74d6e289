"""Reading a whole stack file: one pass, every fault, nothing thrown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from patching.checks.across import check_across
from patching.checks.configuration_size import check_configuration_size
from patching.checks.events import check_webhooks
from patching.checks.identities import check_identities
from patching.faults import Fault, Findings, Found
from patching.freezes import ReadFile
from patching.plain_data import as_map, in_key_order
from patching.settings import azure_native
from patching.settings.azure_policies import read_azure_policies
from patching.settings.change_freezes import read_freezes
from patching.settings.context import Context
from patching.settings.entries import ResourceGroupEntry, SubscriptionEntry
from patching.settings.events import read_webhook_urls
from patching.settings.model import ResourceGroup, Settings, Subscription
from patching.settings.monitoring import read_monitoring
from patching.settings.schedules import read_schedules
from patching.settings.secret import Secret
from patching.settings.validation import read_entries, read_entry, refuse, unknown_key
from patching.settings.values import Refused, RefusedInside, a_map, flag, nearest
from patching.settings.virtual_machines import read_virtual_machines
from patching.settings.vocabulary import resource_group_name, tags
from patching.watching.alerts import check_alert_queries

TOP_LEVEL_KEYS = (
    "subscriptions",
    "resourceGroup",
    "tags",
    "protect",
    "registerResourceProviders",
    "keepVersionAliases",
    "schedules",
    "virtualMachines",
    "adminPasswords",
    "webhookUrls",
    "azurePolicies",
    "freezes",
    "monitoring",
)
"""The project's own keys, all of them optional."""


_OTHERS = ("azure", "azuread", "azuredevops", "azapi")
"""Namespaces of other Pulumi packages that only look like misspelt ones."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading: settings, unless there is a fault; faults and warnings in the order of the file's parts."""

    settings: Settings | None
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


def read_settings(
    raw: Mapping[str, object],
    *,
    project: str,
    stack: str,
    read_file: ReadFile | None = None,
    as_of: datetime | None = None,
) -> Reading:
    """Reads a stack's configuration.

    `raw` is the plain `config:` mapping with full keys (`azure-patching:schedules`, `azure-native:location`), as
    `patching.stack_file` or `from_engine` give it; other namespaces are left alone. `read_file` reads what freezes
    name. Nothing is judged by the time it is, unless `as_of`, an aware instant, says what that is.
    """
    findings = Findings()
    own, native = _split(raw, project, findings)
    _check_first_subscription(raw.get(f"{project}:subscriptions", raw.get("subscriptions")), own, findings)
    context = _context(own, native, project=project, stack=stack, read_file=read_file, as_of=as_of, findings=findings)
    machines = read_virtual_machines(_map(own, "virtualMachines", findings), _passwords(own, findings), context)
    schedules = read_schedules(_map(own, "schedules", findings), machines, context)
    policies = read_azure_policies(_map(own, "azurePolicies", findings), context)
    freezes = read_freezes(_map(own, "freezes", findings), context)
    monitoring = read_monitoring(own, context)
    register = _flag(own, "registerResourceProviders", findings, default=False)
    # What becomes of it is for the components, which have it of the engine, in whatever program they are used.
    _flag(own, "keepVersionAliases", findings, default=False)
    across = check_across(
        {key: reading.settings for key, reading in schedules.items() if reading.window_is_right},
        machines,
        freezes,
        context.environment,
    )
    across.extend(check_configuration_size(raw))
    across.extend(check_webhooks({key: reading.settings for key, reading in schedules.items()}, context.webhook_keys))
    across.extend(check_identities(policies, {key: reading.settings for key, reading in schedules.items()}))
    faults = (*findings.faults, *across.faults)
    warnings = (*findings.warnings, *across.warnings)
    if faults:
        return Reading(None, faults, warnings)
    settings = Settings(
        project=project,
        stack=stack,
        location=context.location,
        environment=context.environment,
        subscriptions=context.subscriptions,
        ambient_subscription="subscriptions" not in own,
        resource_group=context.resource_group,
        tags=context.tags,
        protect=context.protect,
        schedules={key: reading.settings for key, reading in schedules.items()},
        virtual_machines=machines,
        azure_policies=policies,
        freezes=freezes,
        azure_native=azure_native.as_read(native),
        register_resource_providers=register,
        monitoring=monitoring,
    )
    if too_long := check_alert_queries(settings).faults:
        return Reading(None, tuple(too_long), warnings)
    return Reading(settings, faults, warnings)


def _split(raw: Mapping[str, object], project: str, findings: Findings) -> tuple[dict[str, object], dict[str, object]]:
    """The project's keys and azure-native's, without their namespaces; what looks like a misspelt one is a fault."""
    own: dict[str, object] = {}
    native: dict[str, object] = {}
    for key, value in sorted(raw.items()):
        namespace, colon, name = key.partition(":")
        if not colon:
            namespace, name = project, key
        if namespace == project:
            own[name] = in_key_order(value)
        elif namespace == azure_native.NAMESPACE:
            native[name] = value
        elif namespace not in _OTHERS and (guess := _namespace(namespace, name, project)):
            findings.fault(
                key, key, f"a key of {project} or {azure_native.NAMESPACE}", f"write {guess}:{name}", f"{guess}:{name}"
            )
    for name in own:
        if name not in TOP_LEVEL_KEYS:
            findings.faults.append(unknown_key(name, name, list(TOP_LEVEL_KEYS)))
    return own, native


def _namespace(written: str, name: str, project: str) -> str | None:
    """The namespace that a misspelt one means: that of the two which has such a key, or the nearest."""
    guess = nearest(written, [project, azure_native.NAMESPACE])
    return azure_native.NAMESPACE if guess and name in azure_native.KEYS else guess


def _check_first_subscription(written: object, own: Mapping[str, object], findings: Findings) -> None:
    """The engine hands maps on in the order of their keys: where the file has another, the default may surprise."""
    keys = list(as_map(written) or ())
    entries = [
        as_map(entry) for name in ("schedules", "virtualMachines") for entry in (as_map(own.get(name)) or {}).values()
    ]
    if (
        keys
        and keys[0] != min(keys, key=str)
        and any(entry is not None and "subscription" not in entry for entry in entries)
    ):
        first = str(min(keys, key=str))
        expected = f"the subscriptions in the order of their keys: the default is the first by its key, {first}"
        findings.warn(
            "subscriptions",
            str(keys[0]),
            expected,
            "name a subscription in every schedule and machine, or reorder",
            first,
        )


def _map(own: Mapping[str, object], name: str, findings: Findings) -> dict[str, object]:
    if name not in own:
        return {}
    try:
        return a_map(own[name])
    except Refused as refused:
        refuse(findings, name, own[name], refused)
        return {}


def _passwords(own: Mapping[str, object], findings: Findings) -> set[str] | None:
    """The machines that have a password; None where the whole map is one secret."""
    value = own.get("adminPasswords")
    if isinstance(value, Secret):
        return None
    if "adminPasswords" in own and as_map(value) is None:
        got = Found("no map" if value is not None else "nothing", literal=False)  # it may be a password
        command = "pulumi config set --secret --path adminPasswords.MACHINE"
        findings.fault("adminPasswords", got, "a map from machine to password, each a secret", f"run `{command}`")
        return set()
    passwords = _map(own, "adminPasswords", findings)
    machines = as_map(own.get("virtualMachines")) or {}
    for key in sorted(passwords.keys() - {str(machine) for machine in machines}):
        expected = "a key of virtualMachines: no machine of the stack has this password"
        fix = f"run `pulumi config rm --path adminPasswords.{key}`"
        findings.warn(f"adminPasswords.{key}", Found("a password", literal=False), expected, fix)
    for key, password in passwords.items():
        if not isinstance(password, Secret):
            command = f"pulumi config set --secret --path adminPasswords.{key}"
            findings.fault(
                f"adminPasswords.{key}", "a password that is no secret", "a secret", f"remove it and run `{command}`"
            )
    return set(passwords)


def _context(
    own: Mapping[str, object],
    native: Mapping[str, object],
    *,
    project: str,
    stack: str,
    read_file: ReadFile | None,
    as_of: datetime | None,
    findings: Findings,
) -> Context:
    declares = any(own.get(name) for name in ("schedules", "virtualMachines", "azurePolicies", "monitoring"))
    judged = azure_native.read(native, findings, location_needed=declares)
    subscriptions_raw = _map(own, "subscriptions", findings)
    if "subscriptions" in own:
        subscriptions = _subscriptions(subscriptions_raw, findings, needed=declares)
    else:
        subscriptions = azure_native.ambient_subscription(native, findings, needed=declares)
    return Context(
        project=project,
        stack=stack,
        environment=judged.environment,
        location=judged.location,
        subscriptions=subscriptions,
        subscription_keys=list(subscriptions_raw or subscriptions),
        resource_group=_resource_group(own, stack, findings),
        tags=_tags(own, findings),
        protect=_flag(own, "protect", findings, default=True),
        schedule_keys=_keys(own, "schedules"),
        schedules_of_policies=_schedules_of_policies(own),
        machine_keys=_keys(own, "virtualMachines"),
        webhook_keys=read_webhook_urls(own, findings),
        read_file=read_file,
        as_of=as_of,
        findings=findings,
    )


def _keys(own: Mapping[str, object], name: str) -> list[str]:
    return [str(key) for key in as_map(own.get(name)) or ()]


def _schedules_of_policies(own: Mapping[str, object]) -> set[str]:
    policies = (as_map(policy) or {} for policy in (as_map(own.get("azurePolicies")) or {}).values())
    return {str(policy["schedule"]) for policy in policies if "schedule" in policy}


def _subscriptions(raw: Mapping[str, object], findings: Findings, *, needed: bool) -> dict[str, Subscription]:
    subscriptions: dict[str, Subscription] = {}
    seen: dict[str, str] = {}
    for key, path, reading in read_entries(SubscriptionEntry, raw, "subscriptions", findings, example="main"):
        if reading.faults:
            continue
        if other := seen.get(reading.entry.id.lower()):
            findings.fault(
                f"{path}.id", reading.entry.id, f"each subscription once; {other} has this id", "remove one of the two"
            )
        seen[reading.entry.id.lower()] = key
        subscriptions[key] = Subscription(key, reading.entry.id)
    if not raw and needed and not findings.faults:
        findings.fault(
            "subscriptions", {}, "at least one subscription", "add one, or remove the key", "{main: {id: …}}"
        )
    return subscriptions


def _resource_group(own: Mapping[str, object], stack: str, findings: Findings) -> ResourceGroup:
    default = ResourceGroup(f"rg-patching-{stack}", create=True)
    if "resourceGroup" not in own:
        return default
    value = own["resourceGroup"]
    if isinstance(value, str):
        try:
            return ResourceGroup(resource_group_name(value), create=True)
        except Refused as refused:
            refuse(findings, "resourceGroup", value, refused)
            return default
    if as_map(value) is None:
        expected = "the group's name, or a map with name, create"
        findings.fault("resourceGroup", value, expected, "write the name, or remove the key", default.name)
        return default
    reading = read_entry(ResourceGroupEntry, value, "resourceGroup")
    findings.faults.extend(reading.faults)
    return ResourceGroup(reading.entry.name, reading.entry.create) if reading.right("name") else default


def _tags(own: Mapping[str, object], findings: Findings) -> dict[str, str]:
    if "tags" not in own:
        return {}
    try:
        return tags(own["tags"])
    except Refused as refused:
        refuse(findings, "tags", own["tags"], refused, "{owner: platform}")
    except RefusedInside as inside:
        for place in inside.places:
            refuse(findings, f"tags{place.key}", place.value, place.refused)
    return {}


def _flag(own: Mapping[str, object], name: str, findings: Findings, *, default: bool) -> bool:
    if name not in own:
        return default
    value = own[name]
    try:
        return value == "true" if value in ("true", "false") else flag(value)
    except Refused as refused:
        refuse(findings, name, value, refused)
        return default

"""The stack file's entries, as the user writes them: one model each, nothing resolved yet.

Every field says what it is, and has an example that is right; both reach the user in faults. What has entries of its
own (a schedule's machines and scopes) stays as it is here and is read entry by entry, so that one bad entry hides
nothing of another.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator
from pydantic.alias_generators import to_camel

from patching.arm_ids import MACHINE_TYPES, MachineKind
from patching.freezes import OnRun
from patching.limits import REMEDIATION_PARALLEL_DEPLOYMENTS, REMEDIATION_RESOURCES
from patching.machines import AssessmentMode, OperatingSystem
from patching.policy_definitions import PolicyKind
from patching.schedule import Schedule
from patching.scopes import RESOURCE_TYPES, TagOperator
from patching.settings import machine_words, policy_words, values
from patching.settings import vocabulary as v
from patching.settings.model import Discovery, EnforcementMode, ProbeProtocol, Reboot


class Entry(BaseModel):
    """A map of the stack file: camelCase keys, none that is not known."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, arbitrary_types_allowed=True)

    example: ClassVar[Mapping[str, object]] = {}
    """An entry that is right, where its required fields alone say too little."""


def _resource_type(value: object) -> str:
    return values.one_of(value, list(RESOURCE_TYPES))


_Reboot = Annotated[Reboot, PlainValidator(values.choice(Reboot))]
_Os = Annotated[OperatingSystem, PlainValidator(values.choice(OperatingSystem))]
_OsTypes = Annotated[tuple[OperatingSystem, ...], PlainValidator(values.list_of(values.choice(OperatingSystem)))]
_TagOperator = Annotated[TagOperator, PlainValidator(values.choice(TagOperator))]
_OptionalText = Annotated[str | None, PlainValidator(values.text)]
_OptionalName = Annotated[str | None, PlainValidator(v.resource_name)]
_OptionalGroup = Annotated[str | None, PlainValidator(v.resource_group_name)]
_OptionalLocation = Annotated[str | None, PlainValidator(v.location)]
_OptionalTime = Annotated[datetime | None, PlainValidator(v.local_time)]
_OptionalFlag = Annotated[bool | None, PlainValidator(values.flag)]
_OptionalZone = Annotated[str | None, PlainValidator(v.windows_zone)]


class SubscriptionEntry(Entry):
    """`subscriptions.<key>`."""

    id: Annotated[str, PlainValidator(v.subscription_guid)] = Field(
        description="the subscription's id", examples=["11111111-1111-4111-8111-111111111111"]
    )


class ResourceGroupEntry(Entry):
    """`resourceGroup`, which may also be just the name."""

    name: v.GroupName = Field(description="the resource group's name", examples=["rg-patching-dev"])
    create: v.Flag = Field(default=True, description="whether the stack makes it", examples=[True])


class WindowsUpdatesEntry(Entry):
    """`schedules.<key>.updates.windows`."""

    classifications: Annotated[tuple[str, ...], PlainValidator(values.list_of(v.windows_classification))] = Field(
        default=(), description="classes of updates to install", examples=[["Critical", "Security"]]
    )
    kb_numbers_to_include: Annotated[tuple[str, ...], PlainValidator(values.list_of(v.kb_number))] = Field(
        default=(), description="updates to install whatever their class", examples=[["5034439"]]
    )
    kb_numbers_to_exclude: Annotated[tuple[str, ...], PlainValidator(values.list_of(v.kb_number))] = Field(
        default=(), description="updates never to install", examples=[["5034441"]]
    )
    exclude_kbs_requiring_reboot: v.Flag = Field(
        default=False, description="whether updates that need a reboot are left out", examples=[False]
    )


class LinuxUpdatesEntry(Entry):
    """`schedules.<key>.updates.linux`."""

    classifications: Annotated[tuple[str, ...], PlainValidator(values.list_of(v.linux_classification))] = Field(
        default=(), description="classes of updates to install", examples=[["Critical", "Security"]]
    )
    package_name_masks_to_include: Annotated[tuple[str, ...], PlainValidator(values.list_of(v.package_mask))] = Field(
        default=(), description="packages to update whatever their class", examples=[["openssl*"]]
    )
    package_name_masks_to_exclude: Annotated[
        tuple[str, ...], PlainValidator(values.list_of(v.package_mask_to_exclude))
    ] = Field(default=(), description="packages never to update", examples=[["kernel*"]])


class UpdatesEntry(Entry):
    """`schedules.<key>.updates`."""

    reboot: _Reboot = Field(
        default=Reboot.IF_REQUIRED, description="whether machines restart afterwards", examples=["IfRequired"]
    )
    windows: Annotated[WindowsUpdatesEntry | None, BeforeValidator(values.plain)] = Field(
        default=None,
        description="what Windows machines install",
        examples=[{"classifications": ["Critical", "Security"]}],
    )
    linux: Annotated[LinuxUpdatesEntry | None, BeforeValidator(values.plain)] = Field(
        default=None,
        description="what Linux machines install",
        examples=[{"classifications": ["Critical", "Security"]}],
    )


class FollowsEntry(Entry):
    """`schedules.<key>.follows`."""

    schedule: v.Text = Field(description="the key of the schedule that runs first", examples=["canary"])
    days: Annotated[int, PlainValidator(values.whole(range(367)))] = Field(
        description="the days there must be between its run and this one's", examples=[7]
    )


class ScheduleEntry(Entry):
    """`schedules.<key>`. Machines, scopes and events are entries of their own."""

    subscription: _OptionalText = Field(default=None, description="a key of subscriptions", examples=["main"])
    start: v.LocalTime = Field(
        description="the earliest time of a run, local to timeZone", examples=["2027-01-05 22:00"]
    )
    expires: _OptionalTime = Field(default=None, description="when the schedule ends", examples=["2029-01-05 22:00"])
    time_zone: v.WindowsZone = Field(description="a Windows time-zone id", examples=["W. Europe Standard Time"])
    duration: v.WindowLength = Field(description="how long the window is open, HH:mm", examples=["03:00"])
    recur_every: Annotated[v.RecurEvery, PlainValidator(v.recur_every)] = Field(
        description="how often it runs", examples=["Month Second Tuesday Offset4"]
    )
    description: _OptionalText = Field(default=None, description="what it is for", examples=["Servers in ring test"])
    name: _OptionalName = Field(default=None, description="its name in Azure", examples=["mc-linux"])
    resource_group: _OptionalGroup = Field(default=None, description="its resource group", examples=["rg-patching-dev"])
    location: _OptionalLocation = Field(default=None, description="its region", examples=["westeurope"])
    updates: Annotated[UpdatesEntry, BeforeValidator(values.plain)] = Field(
        description="what to install", examples=[{"linux": {"classifications": ["Critical", "Security"]}}]
    )
    machines: v.AnyList = Field(default=[], description="machines, by key or ARM id", examples=[["web-linux"]])
    scopes: v.AnyMap = Field(
        default={}, description="dynamic scopes, by key", examples=[{"test-ring": {"tags": {"patch-ring": ["test"]}}}]
    )
    follows: Annotated[FollowsEntry | None, BeforeValidator(values.plain)] = Field(
        default=None, description="ring order", examples=[{"schedule": "canary", "days": 7}]
    )
    events: Annotated[dict[str, object] | None, PlainValidator(values.a_map)] = Field(
        default=None,
        description="who is told before and after its runs",
        examples=[{"before": {"start": {"webhook": "start-machines"}}}],
    )
    tags: v.Tags = Field(default={}, description="its own tags, beside the stack's", examples=[{"ring": "test"}])
    protect: _OptionalFlag = Field(default=None, description="Pulumi's protect", examples=[False])
    adopt: v.Flag = Field(default=False, description="import what is there instead of making it", examples=[False])
    emergency: Annotated[str | None, PlainValidator(v.emergency_reason)] = Field(
        default=None, description="why it runs, once and out of turn", examples=["Zero-day in OpenSSL"]
    )

    @property
    def window(self) -> Schedule:
        """When it runs."""
        return Schedule(self.recur_every.recurrence, self.start, self.time_zone, self.duration, self.expires)


class MachineEntry(Entry):
    """An item of `schedules.<key>.machines`, which may also be just the key or id."""

    id: v.Text = Field(description="a key of virtualMachines, or a machine's ARM id", examples=["web-linux"])
    location: _OptionalLocation = Field(default=None, description="the machine's region", examples=["northeurope"])
    assignment_name: _OptionalName = Field(
        default=None, description="the name of the assignment", examples=["as-made-by-the-portal"]
    )


class ScopeEntry(Entry):
    """`schedules.<key>.scopes.<key>`."""

    example = {"tags": {"patch-ring": ["test"]}}

    subscriptions: Annotated[tuple[str, ...] | None, PlainValidator(values.list_of(values.text))] = Field(
        default=None, description="keys of subscriptions", examples=[["main"]]
    )
    resource_group: _OptionalGroup = Field(
        default=None, description="the group to look at, instead of the subscription", examples=["rg-web"]
    )
    location: _OptionalLocation = Field(
        default=None, description="the region of that group, where it is not the stack's", examples=["westeurope"]
    )
    resource_types: Annotated[tuple[str, ...], PlainValidator(values.list_of(_resource_type))] = Field(
        default=RESOURCE_TYPES, description="types of machines", examples=[[MACHINE_TYPES[MachineKind.AZURE]]]
    )
    resource_groups: Annotated[tuple[str, ...], PlainValidator(values.list_of(v.resource_group_name))] = Field(
        default=(), description="only machines of these groups", examples=[["rg-web"]]
    )
    os_types: _OsTypes = Field(default=(), description="only these operating systems", examples=[["Linux"]])
    locations: v.Locations = Field(default=(), description="only machines in these regions", examples=[["westeurope"]])
    tags: Annotated[Mapping[str, tuple[str, ...]], PlainValidator(v.tag_filter)] = Field(
        default={}, description="only machines with these tags", examples=[{"patch-ring": ["test"]}]
    )
    tag_operator: _TagOperator = Field(
        default=TagOperator.ANY, description="whether any tag is enough", examples=["Any"]
    )
    assignment_name: _OptionalName = Field(default=None, description="the assignment's name", examples=["ring-test"])


class ImageEntry(Entry):
    """`virtualMachines.<key>.image`."""

    publisher: v.Text = Field(description="the image's publisher", examples=["Canonical"])
    offer: v.Text = Field(description="the image's offer", examples=["0001-com-ubuntu-server-jammy"])
    sku: v.Text = Field(description="the image's SKU", examples=["22_04-lts-gen2"])
    version: v.Text = Field(default="latest", description="the image's version", examples=["latest"])


class HealthProbeEntry(Entry):
    """`virtualMachines.<key>.healthProbe`."""

    protocol: Annotated[ProbeProtocol, PlainValidator(values.choice(ProbeProtocol))] = Field(
        description="how to ask", examples=["http"]
    )
    port: Annotated[int | None, PlainValidator(values.whole(range(1, 65536)))] = Field(
        default=None, description="the port to ask at", examples=[80]
    )
    path: Annotated[str | None, PlainValidator(machine_words.url_path)] = Field(
        default=None, description="the path to ask for, with http and https", examples=["/healthz"]
    )


class VirtualMachineEntry(Entry):
    """`virtualMachines.<key>`."""

    os: _Os = Field(description="the operating system", examples=["Linux"])
    size: Annotated[str, PlainValidator(machine_words.machine_size)] = Field(
        description="the machine's size", examples=["Standard_B2s"]
    )
    image: Annotated[ImageEntry, BeforeValidator(values.plain)] = Field(
        description="a marketplace image",
        examples=[{"publisher": "Canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts-gen2"}],
    )
    subnet_id: _OptionalText = Field(
        default=None, description="a subnet's ARM id", examples=["/subscriptions/…/subnets/web"]
    )
    subscription: _OptionalText = Field(default=None, description="a key of subscriptions", examples=["main"])
    location: _OptionalLocation = Field(default=None, description="the machine's region", examples=["westeurope"])
    admin_username: Annotated[str, PlainValidator(machine_words.admin_username)] = Field(
        default="azureuser", description="the administrator's name", examples=["azureuser"]
    )
    ssh_public_key: Annotated[str | None, PlainValidator(machine_words.ssh_public_key)] = Field(
        default=None, description="the administrator's SSH key", examples=["ssh-ed25519 AAAA…"]
    )
    health_probe: Annotated[HealthProbeEntry | None, BeforeValidator(values.plain)] = Field(
        default=None, description="the Application Health extension", examples=[{"protocol": "tcp", "port": 80}]
    )
    tags: v.Tags = Field(default={}, description="the machine's tags", examples=[{"patch-ring": "test"}])


class RemediationEntry(Entry):
    """`azurePolicies.<key>.remediation`."""

    parallel_deployments: Annotated[int, PlainValidator(values.whole(REMEDIATION_PARALLEL_DEPLOYMENTS))] = Field(
        default=10, description="machines at a time", examples=[10]
    )
    resource_count: Annotated[int, PlainValidator(values.whole(REMEDIATION_RESOURCES))] = Field(
        default=500, description="machines at most", examples=[500]
    )
    failure_threshold: Annotated[float, PlainValidator(values.fraction)] = Field(
        default=1.0, description="the part that may fail before the task stops", examples=[0.1]
    )
    locations: v.Locations = Field(default=(), description="only machines in these regions", examples=[["westeurope"]])
    discovery: Annotated[Discovery, PlainValidator(values.choice(Discovery))] = Field(
        default=Discovery.EXISTING_NON_COMPLIANT,
        description="how machines are found",
        examples=["ExistingNonCompliant"],
    )
    attempt: Annotated[int, PlainValidator(values.whole(range(1, 1_000_000)))] = Field(
        default=1, description="raise it to run the task again", examples=[1]
    )
    wait_minutes: Annotated[int, PlainValidator(values.whole(range(1441)))] = Field(
        default=10, description="how long the stack waits for the task", examples=[10]
    )
    settle_minutes: Annotated[int, PlainValidator(values.whole(range(61)))] = Field(
        default=0, description="how long a task waits for roles granted a moment ago to spread", examples=[10]
    )


class AzurePolicyEntry(Entry):
    """`azurePolicies.<key>`."""

    kind: Annotated[PolicyKind, PlainValidator(values.choice(PolicyKind))] = Field(
        description="what the policy is for", examples=["periodicAssessment"]
    )
    scope: v.Text = Field(
        description="a key of subscriptions, or the ARM id of a subscription, resource group or management group",
        examples=["main"],
    )
    not_scopes: Annotated[tuple[str, ...], PlainValidator(values.list_of(values.text))] = Field(
        default=(), description="ARM ids below the scope that are left out", examples=[[]]
    )
    operating_systems: _OsTypes = Field(
        default=(OperatingSystem.LINUX, OperatingSystem.WINDOWS),
        description="the operating systems it is for",
        examples=[["Linux", "Windows"]],
    )
    machines: Annotated[tuple[MachineKind, ...], PlainValidator(values.list_of(values.choice(MachineKind)))] = Field(
        default=(), description="the sorts of machines it is for", examples=[["azure", "arc"]]
    )
    mode: Annotated[AssessmentMode, PlainValidator(values.choice(AssessmentMode))] = Field(
        default=AssessmentMode.AUTOMATIC_BY_PLATFORM,
        description="the assessment mode",
        examples=["AutomaticByPlatform"],
    )
    schedule: _OptionalText = Field(default=None, description="a key of schedules", examples=["linux-patch-tuesday"])
    locations: v.Locations = Field(default=(), description="only machines in these regions", examples=[["westeurope"]])
    tags: v.Tags = Field(default={}, description="only machines with these tags", examples=[{"env": "prod"}])
    tag_operator: _TagOperator = Field(
        default=TagOperator.ANY, description="whether any tag is enough", examples=["Any"]
    )
    non_compliance_message: _OptionalText = Field(
        default=None,
        description="what Azure shows where a machine does not comply",
        examples=["Your machine doesn't have periodic assessment enabled."],
    )
    enforcement_mode: Annotated[EnforcementMode, PlainValidator(values.choice(EnforcementMode))] = Field(
        default=EnforcementMode.DEFAULT, description="whether the effect is applied", examples=["Default"]
    )
    assign_roles: v.Flag = Field(default=True, description="whether the stack grants the roles", examples=[True])
    roles_granted: v.Flag = Field(default=False, description="whether another team has granted them", examples=[False])
    remediate: v.Flag = Field(default=True, description="whether existing machines are mended", examples=[True])
    remediation: Annotated[RemediationEntry, BeforeValidator(values.plain)] = Field(
        default=RemediationEntry(), description="how they are mended", examples=[{"attempt": 2}]
    )
    location: _OptionalLocation = Field(
        default=None, description="the region of the assignment's identity", examples=["westeurope"]
    )
    identity: Annotated[str | None, PlainValidator(policy_words.user_assigned_identity)] = Field(
        default=None,
        description="the ARM id of a user-assigned identity, instead of one of the assignment's own",
        examples=["/subscriptions/…/userAssignedIdentities/patching"],
    )
    definition_version: Annotated[str | None, PlainValidator(policy_words.definition_version)] = Field(
        default=None, description="the version of the policy definition", examples=["4.*.*"]
    )


class FreezeEntry(Entry):
    """`freezes.<key>`: from, to and timeZone, or a calendar."""

    example = {"from": "2026-12-18 00:00", "to": "2027-01-04 00:00", "timeZone": "W. Europe Standard Time"}

    from_: _OptionalTime = Field(
        default=None, alias="from", description="when it begins", examples=["2026-12-18 00:00"]
    )
    to: _OptionalTime = Field(default=None, description="when it ends", examples=["2027-01-04 00:00"])
    time_zone: _OptionalZone = Field(
        default=None, description="a Windows time-zone id", examples=["W. Europe Standard Time"]
    )
    calendar: _OptionalText = Field(
        default=None,
        description="an iCalendar file, relative to the stack file",
        examples=["calendars/change-freeze.ics"],
    )
    reason: _OptionalText = Field(default=None, description="why nothing may change", examples=["Retail peak"])
    on_run: Annotated[OnRun, PlainValidator(values.choice(OnRun))] = Field(
        default=OnRun.WARN, description="what a run inside it is", examples=["warn"]
    )

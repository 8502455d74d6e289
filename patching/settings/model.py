"""A stack's settings: what the stack file means, with every default decided and every reference followed.

Frozen, and plain data: what reads them decides nothing again. `patching.settings.reading` makes them; nothing else
should, but tests.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from patching.arm_ids import MachineKind, ScopeId, maintenance_configuration_id, virtual_machine_id
from patching.event_handlers import DeliverySchema, EndpointType
from patching.freezes import Freeze, OnRun
from patching.limits import Environment
from patching.machines import AssessmentMode, OperatingSystem
from patching.policy_definitions import PolicyKind
from patching.schedule import Schedule
from patching.scopes import ScopeFilter, TagOperator
from patching.settings.monitoring_model import Monitoring
from patching.settings.secret import Secret


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription by its name in the stack file; `id` is its GUID."""

    key: str
    id: str


@dataclass(frozen=True, slots=True)
class ResourceGroup:
    """The stack's resource group; `create` says whether the stack makes it, in each subscription that needs it."""

    name: str
    create: bool


class Reboot(StrEnum):
    """Whether a machine restarts after updates, in the stack file's words."""

    IF_REQUIRED = "IfRequired"
    NEVER = "Never"
    ALWAYS = "Always"

    @property
    def as_answered(self) -> str:
        """The value the service answers with: sent as this, it shows no difference on a refresh."""
        return self.value if self is Reboot.IF_REQUIRED else f"{self.value}Reboot"


@dataclass(frozen=True, slots=True)
class WindowsUpdates:
    """What Windows machines install. KB numbers are digits only."""

    classifications: tuple[str, ...]
    kb_numbers_to_include: tuple[str, ...]
    kb_numbers_to_exclude: tuple[str, ...]
    exclude_kbs_requiring_reboot: bool


@dataclass(frozen=True, slots=True)
class LinuxUpdates:
    """What Linux machines install."""

    classifications: tuple[str, ...]
    package_name_masks_to_include: tuple[str, ...]
    package_name_masks_to_exclude: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Updates:
    """What is installed in the window; an operating system that is None is not patched by the schedule."""

    reboot: Reboot
    windows: WindowsUpdates | None
    linux: LinuxUpdates | None


@dataclass(frozen=True, slots=True)
class ManagedMachine:
    """A machine of `virtualMachines`, attached to a schedule."""

    key: str
    subscription_key: str
    subscription_id: str
    resource_group: str
    location: str
    assignment_name: str

    @property
    def name(self) -> str:
        """The machine's name, which is its key."""
        return self.key

    @property
    def kind(self) -> MachineKind:
        """Always an Azure machine."""
        return MachineKind.AZURE

    @property
    def resource_id(self) -> str:
        """The ARM id it has once it is there."""
        return virtual_machine_id(self.subscription_id, self.resource_group, self.key)


@dataclass(frozen=True, slots=True)
class ExistingMachine:
    """A machine that is there already, attached to a schedule by its ARM id.

    `key` names it among the schedule's machines: its own name and a short hash of its id, so that it is the same in any
    order.
    """

    key: str
    resource_id: str
    subscription_key: str
    subscription_id: str
    resource_group: str
    provider: str
    resource_type: str
    name: str
    kind: MachineKind
    location: str
    assignment_name: str


MachineTarget = ManagedMachine | ExistingMachine


@dataclass(frozen=True, slots=True)
class ScopeTarget:
    """One subscription, or one resource group in it, that a dynamic scope looks at; one configuration assignment each.

    `location` is what the assignment carries: `global` at a subscription, the group's at a resource group.
    """

    subscription_key: str
    subscription_id: str
    resource_group: str | None
    location: str
    assignment_name: str


@dataclass(frozen=True, slots=True)
class DynamicScope:
    """A filter, and where it looks."""

    key: str
    filter: ScopeFilter
    targets: tuple[ScopeTarget, ...]


@dataclass(frozen=True, slots=True)
class Follows:
    """Ring order: before each run, `schedule_key` has run since the run before, and not within the last `days` days."""

    schedule_key: str
    days: int


@dataclass(frozen=True, slots=True)
class EventHandler:
    """Who is told of an event: an event subscription of the schedule's system topic.

    `target` is the ARM id of what receives it, and of a webhook its key in `webhookUrls`: the URL itself is a secret
    and not here. `queue` is the queue's name in a storage account.
    """

    key: str
    name: str
    endpoint: EndpointType
    target: str
    queue: str | None
    schema: DeliverySchema


@dataclass(frozen=True, slots=True)
class HandlerGrant:
    """An identity that acts on events: it is granted what starts and deallocates machines, and what cancels runs."""

    principal_id: str
    cancel: bool


@dataclass(frozen=True, slots=True)
class ScheduleEvents:
    """The events of a schedule: the name of its system topic, who is told by key, and who may act on it."""

    system_topic_name: str
    before: Mapping[str, EventHandler]
    after: Mapping[str, EventHandler]
    grant: HandlerGrant | None

    @property
    def handlers(self) -> tuple[EventHandler, ...]:
        """Everybody who is told."""
        return (*self.before.values(), *self.after.values())


EMERGENCY_TAG = "patch-emergency"
"""The tag of an emergency's maintenance configuration; its value is the reason."""


@dataclass(frozen=True, slots=True)
class ScheduleSettings:
    """A maintenance configuration, what it installs, and what it is assigned to."""

    key: str
    name: str
    subscription_key: str
    subscription_id: str
    resource_group: str
    location: str
    description: str | None
    schedule: Schedule
    updates: Updates
    machines: tuple[MachineTarget, ...]
    scopes: Mapping[str, DynamicScope]
    follows: Follows | None
    protect: bool
    adopt: bool
    tags: Mapping[str, str]
    emergency: str | None = None
    """Why it runs once and out of turn, freezes or not; None for every other schedule."""
    events: ScheduleEvents | None = None

    @property
    def resource_id(self) -> str:
        """The maintenance configuration's ARM id, in Azure's case; assignments send it in lower case."""
        return maintenance_configuration_id(self.subscription_id, self.resource_group, self.name)


@dataclass(frozen=True, slots=True)
class Image:
    """A marketplace image."""

    publisher: str
    offer: str
    sku: str
    version: str


class ProbeProtocol(StrEnum):
    """How the Application Health extension asks."""

    HTTP = "http"
    HTTPS = "https"
    TCP = "tcp"


@dataclass(frozen=True, slots=True)
class HealthProbe:
    """The Application Health extension's settings; `path` is None with tcp, `port` may be None with http and https."""

    protocol: ProbeProtocol
    port: int | None
    path: str | None


@dataclass(frozen=True, slots=True)
class VirtualMachineSettings:
    """A machine the stack creates.

    A Windows machine's password is the secret `adminPasswords.<key>`, which is not here.
    """

    key: str
    os: OperatingSystem
    size: str
    image: Image
    subnet_id: str | None
    subscription_key: str
    subscription_id: str
    resource_group: str
    location: str
    admin_username: str
    ssh_public_key: str | None
    health_probe: HealthProbe | None
    tags: Mapping[str, str]

    @property
    def name(self) -> str:
        """The machine's name, which is its key."""
        return self.key

    @property
    def resource_id(self) -> str:
        """The ARM id it has once it is there."""
        return virtual_machine_id(self.subscription_id, self.resource_group, self.key)


class EnforcementMode(StrEnum):
    """Whether a policy assignment's effect is applied to new and changed resources."""

    DEFAULT = "Default"
    DO_NOT_ENFORCE = "DoNotEnforce"


class Discovery(StrEnum):
    """How a remediation task finds what to mend."""

    EXISTING_NON_COMPLIANT = "ExistingNonCompliant"
    RE_EVALUATE_COMPLIANCE = "ReEvaluateCompliance"


@dataclass(frozen=True, slots=True)
class RemediationSettings:
    """How a remediation task works, and how long the stack waits for it; `failure_threshold` is a fraction of 1."""

    parallel_deployments: int
    resource_count: int
    failure_threshold: float
    locations: tuple[str, ...]
    discovery: Discovery
    attempt: int
    wait_minutes: int
    settle_minutes: int


@dataclass(frozen=True, slots=True)
class AzurePolicySettings:
    """One entry of `azurePolicies`; `patching.policy_definitions` says which assignments it becomes.

    `subscription_key` is the provider that makes it: the scope's own subscription, or the stack's first at a management
    group. `location` is where the assignment's identity lives; `identity` the ARM id of a user-assigned one.
    """

    key: str
    kind: PolicyKind
    scope: ScopeId
    subscription_key: str
    not_scopes: tuple[str, ...]
    operating_systems: tuple[OperatingSystem, ...]
    machines: tuple[MachineKind, ...]
    mode: AssessmentMode
    schedule_key: str | None
    locations: tuple[str, ...]
    tags: Mapping[str, str]
    tag_operator: TagOperator
    non_compliance_message: str | None
    enforcement_mode: EnforcementMode
    assign_roles: bool
    roles_granted: bool
    remediate: bool
    remediation: RemediationSettings
    location: str
    identity: str | None
    definition_version: str | None
    protect: bool


@dataclass(frozen=True, slots=True)
class FreezeSettings:
    """A change freeze, and what a run inside it is."""

    key: str
    freeze: Freeze
    on_run: OnRun


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a stack file says.

    `ambient_subscription` says that the file names no subscriptions, so that `subscriptions` has the one of
    `azure-native:subscriptionId`, as `main`. `azure_native` has every `azure-native:*` setting, by its name without the
    namespace. `register_resource_providers` says that the stack registers subscriptions where Azure misses it.
    """

    project: str
    stack: str
    location: str
    environment: Environment
    subscriptions: Mapping[str, Subscription]
    ambient_subscription: bool
    resource_group: ResourceGroup
    tags: Mapping[str, str]
    protect: bool
    schedules: Mapping[str, ScheduleSettings]
    virtual_machines: Mapping[str, VirtualMachineSettings]
    azure_policies: Mapping[str, AzurePolicySettings]
    freezes: Mapping[str, FreezeSettings]
    azure_native: Mapping[str, str | Secret]
    register_resource_providers: bool
    monitoring: Monitoring

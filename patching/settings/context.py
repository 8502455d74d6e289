"""What the reading of every entry needs to know of the whole stack file."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from patching.faults import Findings
from patching.freezes import ReadFile
from patching.limits import Environment
from patching.settings.model import ResourceGroup, Subscription
from patching.settings.values import nearest

EXAMPLE_MACHINE_ID = "/subscriptions/…/resourceGroups/rg-web/providers/Microsoft.Compute/virtualMachines/web01"
_NO_SUBSCRIPTION = Subscription("main", "00000000-0000-0000-0000-000000000000")


@dataclass(frozen=True, slots=True)
class Configuration:
    """The maintenance configuration that a schedule's assignments are to: its name and its ARM id."""

    name: str
    id: str


@dataclass(frozen=True, slots=True)
class Context:
    """The stack's own settings, the keys there are, and where findings go.

    The keys are those the file has, right or wrong, so that a reference to a faulty entry is no fault of its own.
    `schedules_of_policies` are the schedules that policies attach machines to. `as_of` is the time it is, where
    somebody said so. `location` is empty where the stack names none. `webhook_keys` are the keys of `webhookUrls`, None
    where they cannot be known because the whole map is one secret.
    """

    project: str
    stack: str
    environment: Environment
    location: str
    subscriptions: Mapping[str, Subscription]
    subscription_keys: Collection[str]
    resource_group: ResourceGroup
    tags: Mapping[str, str]
    protect: bool
    schedule_keys: Collection[str]
    schedules_of_policies: Collection[str]
    machine_keys: Collection[str]
    webhook_keys: Collection[str] | None
    read_file: ReadFile | None
    as_of: datetime | None
    findings: Findings = field(default_factory=Findings)

    def tags_with(self, own: Mapping[str, str]) -> dict[str, str]:
        """The stack's tags and a resource's own, which win: Azure tells tag names apart without regard to case."""
        replaced = {name.lower() for name in own}
        return {name: value for name, value in self.tags.items() if name.lower() not in replaced} | dict(own)

    @property
    def a_subscription(self) -> str:
        """An example of a subscription's key."""
        return next(iter(self.subscription_keys), "main")

    @property
    def a_machine(self) -> str:
        """An example of a schedule's machines."""
        key = next(iter(self.machine_keys), None)
        return f"[{key}]" if key else f"[{EXAMPLE_MACHINE_ID}]"

    def a_schedule(self, but: str = "") -> str:
        """An example of a schedule's key; empty where there is none but that one."""
        return next((key for key in self.schedule_keys if key != but), "")

    def subscription(self, key: str | None, path: str) -> Subscription:
        """The subscription an entry names, or the first.

        Where there is none, which is a fault, another stands in for it, so that the rest of the entry can be judged.
        """
        if key is not None and key in self.subscriptions:
            return self.subscriptions[key]
        if key is not None:
            self._refuse_subscription(key, path)
        return next(iter(self.subscriptions.values()), _NO_SUBSCRIPTION)

    def _refuse_subscription(self, key: str, path: str) -> None:
        if key not in self.subscription_keys:
            guess = nearest(key, self.subscription_keys) or next(iter(self.subscription_keys), None)
            known = ", ".join(self.subscription_keys) or "none is there"
            fix = f"write {guess}, or add {key} to subscriptions" if guess else f"add {key} to subscriptions"
            self.findings.fault(path, key, f"a key of subscriptions: {known}", fix, guess or "main")

    def subscription_by_id(self, subscription_id: str, path: str, got: str) -> Subscription | None:
        """The subscription an ARM id lies in; that it is not named is a fault."""
        for subscription in self.subscriptions.values():
            if subscription.id.lower() == subscription_id.lower():
                return subscription
        if len(self.subscriptions) == len(self.subscription_keys):
            expected = "an id in one of the stack's subscriptions"
            fix = f"add the subscription to subscriptions, such as other: {{id: {subscription_id}}}"
            self.findings.fault(path, got, expected, fix)
        return None

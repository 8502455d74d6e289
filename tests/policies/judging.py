"""What the engine gives a policy, made by hand with the SDK's own classes and proxies, and what the policy says."""

from types import SimpleNamespace

from pulumi_policy import (
    PolicyProviderResource,
    PolicyResource,
    ResourceValidationArgs,
    StackValidationArgs,
)
from pulumi_policy.proxy import unknown_checking_proxy
from pulumi_policy.secret import secrets_preserving_proxy

from policies.pack import remediation, stack_validation, validation
from policies.rules import RULES
from policies.values import Inputs

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
BY_NAME = {rule.name: rule for rule in RULES}


def options(*, protect=False, ignored=()):
    return SimpleNamespace(protect=protect, ignore_changes=list(ignored))


def provider(subscription=SUBSCRIPTION):
    props = {"subscriptionId": subscription} if subscription else {}
    return PolicyProviderResource("pulumi:providers:azure-native", unknown_checking_proxy(props), "urn:provider", "p")


def judged(name, props, token=None, *, protect=False, ignored=(), **settings):
    """What a resource rule says of a resource."""
    rule = BY_NAME[name]
    opts = options(protect=protect, ignored=ignored)
    token = token or f"azure-native:{rule.kinds[0]}"
    args = ResourceValidationArgs(token, unknown_checking_proxy(props), "urn:one", "one", opts, provider(), settings)
    messages = []
    validation(rule, Inputs())(args, lambda message, _urn: messages.append(message))
    return messages


def mended(name, props):
    """The inputs after a rule's remediation, as the SDK hands them in and takes them back; None where there is none."""
    rule = BY_NAME[name]
    proxied = unknown_checking_proxy(secrets_preserving_proxy(props))
    args = ResourceValidationArgs(f"azure-native:{rule.kinds[0]}", proxied, "urn:one", "one", options(), None, {})
    awaited = remediation(rule)(args)
    if awaited is None:
        return None
    try:
        awaited.send(None)
    except StopIteration as ended:
        return ended.value["__target"]
    raise AssertionError("it waits for something")


def resource(kind, name, props, *, depends=None, subscription=SUBSCRIPTION):
    """A resource of a stack; `depends` has the resources behind its properties."""
    one = PolicyResource(
        f"azure-native:{kind}",
        unknown_checking_proxy(props),
        f"urn:{name}",
        name,
        options(),
        provider(subscription),
        None,
        [],
        {prop: [other] for prop, other in (depends or {}).items()},
    )
    one.inputs = props
    return one


def judged_together(name, resources, *, inputs=True, **settings):
    """What a stack rule says of a stack, at which URN; without `inputs`, as where only the stack was shown."""
    seen = Inputs()
    if inputs:
        for one in resources:
            args = ResourceValidationArgs(one.resource_type, one.props, one.urn, one.name, one.opts, one.provider, {})
            seen.see(args)
    messages = []
    validate = stack_validation(BY_NAME[name], seen)
    validate(StackValidationArgs(list(resources), settings), lambda message, urn: messages.append((message, urn)))
    return messages

"""What the engine gives a policy, made by hand with the SDK's own classes and proxies, and what the policy says."""

from types import SimpleNamespace

from pulumi_policy import (
    PolicyProviderResource,
    PolicyResource,
    ResourceValidationArgs,
    StackValidationArgs,
)
from pulumi_policy.deserialize import deserialize_properties, serialize_properties
from pulumi_policy.proxy import unknown_checking_proxy

from policies.pack import remediation, stack_validation, validation
from policies.rules import RULES
from policies.values import Inputs, kind_of

SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
BY_NAME = {rule.name: rule for rule in RULES}


def options(*, protect=False, ignored=()):
    return SimpleNamespace(protect=protect, ignore_changes=list(ignored))


def provider(subscription=SUBSCRIPTION):
    props = {"subscriptionId": subscription} if subscription else {}
    return PolicyProviderResource("pulumi:providers:azure-native", unknown_checking_proxy(props), "urn:provider", "p")


def without_link(message, rule):
    """What a rule says, in one line; the line after it is where to read on."""
    said, link = message.split("\n")
    assert link == rule.url
    return said


def judged(name, props, token=None, *, protect=False, ignored=(), **settings):
    """What a resource rule says of a resource."""
    rule = BY_NAME[name]
    opts = options(protect=protect, ignored=ignored)
    token = token or f"azure-native:{rule.kinds[0]}"
    args = ResourceValidationArgs(token, unknown_checking_proxy(props), "urn:one", "one", opts, provider(), settings)
    messages = []
    validation(rule, Inputs())(args, lambda message, _urn: messages.append(without_link(message, rule)))
    return messages


def mended(name, props):
    """The inputs after a rule's remediation; None where there is none."""
    sent = remediated(name, props)
    return None if sent is None else deserialize_properties(sent)


def remediated(name, props):
    """What a rule's remediation sends to the engine, which sent it these inputs; secrets as the engine has them."""
    rule = BY_NAME[name]
    proxied = unknown_checking_proxy(deserialize_properties(serialize_properties(props), proxy_secrets=True))
    args = ResourceValidationArgs(f"azure-native:{rule.kinds[0]}", proxied, "urn:one", "one", options(), None, {})
    awaited = remediation(rule)(args)
    if awaited is None:
        return None
    try:
        awaited.send(None)
    except StopIteration as ended:
        return serialize_properties(ended.value)
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


def judged_together(name, resources, *, shown=None, **settings):
    """What a stack rule says of a stack, at which URN; `shown` are the resources that were shown each by itself."""
    seen = Inputs()
    for one in resources if shown is None else shown:
        args = ResourceValidationArgs(one.resource_type, one.props, one.urn, one.name, one.opts, one.provider, {})
        seen.see(args, kind_of(one.resource_type))
    messages = []
    rule = BY_NAME[name]
    args = StackValidationArgs(list(resources), settings)
    stack_validation(rule, seen)(args, lambda message, urn: messages.append((without_link(message, rule), urn)))
    return messages

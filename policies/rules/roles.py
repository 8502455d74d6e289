"""Rules on roles: a remediation whose identity has none, and an identity that has more than its policy asks."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from patching.arm_ids import ArmIdError, ScopeKind, parse_scope_id
from patching.policy_definitions import CONTRIBUTOR
from policies.rules.azure_policies import definition_of
from policies.rules.planned import POLICY
from policies.rules.rule import UNKNOWN, Plain, Resource, Stack, StackRule, Violation, at, last_part

_REMEDIATE = "https://learn.microsoft.com/azure/governance/policy/how-to/remediate-resources"
_ROLE = "authorization:RoleAssignment"
_REMEDIATIONS = tuple(
    f"policyinsights:RemediationAt{place}" for place in ("ManagementGroup", "ResourceGroup", "Resource", "Subscription")
)

_BROAD = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
}
"""Roles that let an identity do far more than patch. Source: Microsoft Learn, "Azure built-in roles"."""
_DOES_ALL = {"8e3af657-a8ff-443c-a75c-2fe8c4bcb635", last_part(CONTRIBUTOR)}
_WIDTH = {ScopeKind.MANAGEMENT_GROUP: 0, ScopeKind.SUBSCRIPTION: 1, ScopeKind.RESOURCE_GROUP: 2}


def _assignment_id(policy: Resource) -> str | None:
    scope, name = policy.props.get("scope"), policy.props.get("policyAssignmentName")
    if not isinstance(scope, str) or not isinstance(name, str):
        return None
    return f"{scope.rstrip('/')}/providers/Microsoft.Authorization/policyAssignments/{name}".lower()


def _policy_of(stack: Stack, remediation: Resource) -> Resource | None:
    written = remediation.props.get("policyAssignmentId")
    if isinstance(written, str):
        return next((one for one in stack.of(POLICY) if _assignment_id(one) == written.lower().rstrip("/")), None)
    behind = stack.behind(remediation, "policyAssignmentId", POLICY)
    return behind[0] if len(behind) == 1 else None


def _roles_of(stack: Stack, policy: Resource) -> list[Resource]:
    """The role assignments of a policy assignment's own identity."""
    principal = at(policy.outputs, "identity", "principalId")
    return [
        one
        for one in stack.of(_ROLE)
        if policy in stack.behind(one, "principalId", POLICY)
        or (isinstance(principal, str) and one.props.get("principalId") == principal)
    ]


def _needs_role(policy: Resource) -> bool:
    """Whether it acts as an identity of its own, which has no role unless somebody grants one."""
    found = definition_of(policy)
    kind = at(policy.props, "identity", "type")
    system = isinstance(kind, str) and kind.lower() == "systemassigned"
    return system and (found is None or bool(found[1].roles))


def _granted(stack: Stack, _: Plain) -> Iterator[Violation]:
    for remediation in stack.of(*_REMEDIATIONS):
        policy = _policy_of(stack, remediation)
        if policy is None or not _needs_role(policy):
            continue
        roles = _roles_of(stack, policy)
        if any(one.props.get("roleDefinitionId") is UNKNOWN for one in roles) or _others_may_be(stack, roles):
            continue
        has = {last_part(str(one.props.get("roleDefinitionId"))) for one in roles}
        found = definition_of(policy)
        wanted = [last_part(role) for role in found[1].roles] if found else []
        missing = [role for role in wanted if role not in has] if wanted else [] if has else ["its definition asks for"]
        if not missing or has & _DOES_ALL:
            continue
        named = ", ".join(f"{role} ({_names()[role]})" if role in _names() else role for role in missing)
        role = f"the role {named}" if wanted else f"the role that {named}"
        yield Violation(
            f"This remediation acts as the identity of {policy.name}, to which this stack grants no role that is "
            f"enough: every deployment of it fails, and only the task says so. Grant {role} to that identity at the "
            "assignment's scope, and let the remediation depend on it. (If another team grants it, there is nothing "
            "to do.)",
            remediation.urn,
        )


def _others_may_be(stack: Stack, roles: list[Resource]) -> bool:
    """Whether a role assignment whose principal is not known, and comes from nowhere known, may be the one."""
    return any(
        one.props.get("principalId") is UNKNOWN and not one.depends.get("principalId") and one not in roles
        for one in stack.of(_ROLE)
    )


@cache
def _names() -> dict[str, str]:
    return {**_BROAD, "cd570a14-e51a-42ad-bac8-bafd67325302": "Azure Connected Machine Resource Administrator"}


def _narrow(stack: Stack, _: Plain) -> Iterator[Violation]:
    for policy in stack.of(POLICY):
        found = definition_of(policy)
        if found is None:
            continue
        asked = [last_part(role) for role in found[1].roles]
        for one in _roles_of(stack, policy):
            role = one.props.get("roleDefinitionId")
            if isinstance(role, str) and last_part(role) in _BROAD and last_part(role) not in asked:
                needed = ", ".join(_names().get(each, each) for each in asked) or "no role at all"
                yield Violation(
                    f"The identity of {policy.name} is granted {_BROAD[last_part(role)]}, and its definition asks for "
                    f"{needed}: whoever can change the policy can do as much. Grant what the definition asks.",
                    one.urn,
                )
            elif _is_wider(one.props.get("scope"), policy.props.get("scope")):
                yield Violation(
                    f"The identity of {policy.name} is granted its role at {one.props['scope']}, which is wider than "
                    f"the assignment's own scope, {policy.props['scope']}: grant it there.",
                    one.urn,
                )


def _is_wider(granted: Any, assigned: Any) -> bool:
    """Whether a role reaches beyond a policy's scope; what the two have to do with each other is not asked."""
    if not isinstance(granted, str) or not isinstance(assigned, str):
        return False
    try:
        return _WIDTH[parse_scope_id(granted).kind] < _WIDTH[parse_scope_id(assigned).kind]
    except ArmIdError:
        return False


RULES = (
    StackRule(
        name="remediation-has-role",
        description="The identity that a remediation acts as has the role that its policy asks for.",
        severity="high",
        url=_REMEDIATE,
        judge=_granted,
    ),
    StackRule(
        name="role-not-broader",
        description="The identity of an Update Manager policy has no broader role than its definition asks for.",
        severity="medium",
        url=_REMEDIATE,
        judge=_narrow,
    ),
)

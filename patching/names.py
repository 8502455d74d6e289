"""Physical names of what lies outside the stack's own resource group.

Such a thing is shared by every stack over the same subscription, so that its name carries a short hash: of the
configuration's id for assignments, of project and stack for the rest. All are stable: a second run computes the same.
Lower case where the service lower-cases.
"""

import hashlib
import json
import re
import uuid

from patching.arm_ids import ScopeKind
from patching.limits import (
    ASSIGNMENT_ID_BUDGET,
    EVENT_SUBSCRIPTION_NAME,
    POLICY_ASSIGNMENT_NAME,
    POLICY_ASSIGNMENT_NAME_AT_MANAGEMENT_GROUP,
    SYSTEM_TOPIC_NAME,
)

_HASH_LENGTH = 8
_NOT_IN_A_POLICY_ASSIGNMENT_NAME = re.compile(r"[<>*%&:?.+/]")
"""Source: the pattern of policyAssignmentName in the REST specification of Microsoft.Authorization, 2024-04-01."""
_NOT_IN_A_MONITORING_NAME = re.compile(r"[^A-Za-z0-9_-]")
_MONITORING_NAME = 100
"""Of alert rules and their identity: well within the 128 characters that an identity's name may have."""
_NOT_IN_AN_EVENT_GRID_NAME = re.compile(r"[^A-Za-z0-9-]", re.ASCII)
_PLAIN_EVENT_GRID_NAME = re.compile(r"[a-z0-9-]+", re.ASCII)
_ROLE_ASSIGNMENTS = uuid.UUID("6f1c2a52-5c9e-5f0b-9b0e-7a0d5a1c9e35")
_WORKBOOKS = uuid.UUID("0f6f3a5e-2f5b-5a3c-8c57-1d6f0b9d7a42")


class NameBudgetError(ValueError):
    """No name fits: the scope's id is too long already."""


def short_hash(*parts: str) -> str:
    """Eight hexadecimal digits that tell these parts, in this order, from any others."""
    text = "\n".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH]


def assignment_name(schedule_name: str, configuration_id: str, scope_id: str, *more: str) -> str:
    """The name of a configuration assignment: the schedule's, what else tells it apart, and a hash.

    What else (`more`) is a dynamic scope's key. The hash is of the configuration's lower-cased id, so that two stacks
    with a schedule of one name can both reach a machine, and of `more`. `scope_id` is the id of the machine, group or
    subscription it lies on; the readable part is cut to fit.

    Raises:
        NameBudgetError: not even the hash fits behind the scope's id.
    """
    budget = ASSIGNMENT_ID_BUDGET - len(scope_id)
    if budget < _HASH_LENGTH:
        raise NameBudgetError(f"the id of its scope is {len(scope_id)} characters long and leaves no room for a name")
    hashed = _plain_hash(configuration_id.lower()) if not more else short_hash(configuration_id.lower(), *more)
    return _with_hash("-".join((schedule_name, *more)), hashed, budget).lower()


def machine_key(machine_id: str) -> str:
    """The key of a machine that a schedule names by its ARM id: its name and a hash of the id, in lower case."""
    lowered = machine_id.lower().rstrip("/")
    return f"{lowered.rsplit('/', 1)[-1]}-{_plain_hash(lowered)}"


def system_topic_name(configuration_name: str, configuration_id: str) -> str:
    """The name of the system topic of a maintenance configuration: its name, and a hash of its lower-cased id.

    What the name of a topic cannot have becomes a hyphen.
    """
    readable = _NOT_IN_AN_EVENT_GRID_NAME.sub("-", configuration_name)
    return _with_hash(readable, _plain_hash(configuration_id.lower()), SYSTEM_TOPIC_NAME)


def event_subscription_name(moment: str, key: str) -> str:
    """The name of an event subscription, alone below its topic: `pre` or `post`, and its key.

    A hash of the key is behind it where the name cannot have all of it, or where case alone tells keys apart.
    """
    readable = f"{moment}-{key}"
    if len(readable) <= EVENT_SUBSCRIPTION_NAME and _PLAIN_EVENT_GRID_NAME.fullmatch(readable):
        return readable
    return _with_hash(_NOT_IN_AN_EVENT_GRID_NAME.sub("-", readable), _plain_hash(key), EVENT_SUBSCRIPTION_NAME)


def policy_assignment_name(
    key: str, suffix: str, *, project: str, stack: str, scope_id: str, scope_kind: ScopeKind
) -> str:
    """The name of a policy assignment: its key, what it is for (`linux`, `windows-arc`), and a hash.

    The hash is of project, stack and scope, and of the key and what it is for, which may be cut. What a name cannot
    have, a dot for one, becomes a hyphen.
    """
    at_group = scope_kind is ScopeKind.MANAGEMENT_GROUP
    budget = POLICY_ASSIGNMENT_NAME_AT_MANAGEMENT_GROUP if at_group else POLICY_ASSIGNMENT_NAME
    hashed = short_hash(project, stack, scope_id.lower(), key, suffix)
    readable = f"{key}-{suffix}" if suffix else key
    return _with_hash(_NOT_IN_A_POLICY_ASSIGNMENT_NAME.sub("-", readable), hashed, budget)


def role_assignment_name(*, project: str, stack: str, grantee: str, role_definition_id: str, scope_id: str) -> str:
    """The name of a role assignment, which is a GUID: the same for the same identity, role and scope.

    `grantee` says whose identity it is, such as the policy assignment's name.
    """
    parts = (project, stack, grantee, role_definition_id.lower(), scope_id.lower())
    return str(uuid.uuid5(_ROLE_ASSIGNMENTS, "\n".join(parts)))


def monitoring_name(name: str, suffix: str, *, project: str, stack: str) -> str:
    """The name of an alert rule, or of the identity of some: the component's, what it is for, and a hash.

    The hash is of project and stack, which may share a resource group with others, and of the rest, which may be cut.
    """
    readable = _NOT_IN_A_MONITORING_NAME.sub("-", f"{name}-{suffix}")
    return _with_hash(readable, short_hash(project, stack, name, suffix), _MONITORING_NAME)


def workbook_name(name: str, *, project: str, stack: str) -> str:
    """The name of a workbook, which is a GUID: the same for the same component of a stack."""
    return str(uuid.uuid5(_WORKBOOKS, f"{project}\n{stack}\n{name}"))


def remediation_name(policy_assignment: str, redo: object) -> str:
    """The name of a remediation task: its assignment's, and a hash of what it must redo.

    So it changes when, and only when, that does.

    `redo` is plain data (JSON's types): the assignment's id, its parameters, the definition and its version, the
    configured attempt.
    """
    hashed = _plain_hash(json.dumps(redo, sort_keys=True, ensure_ascii=False))
    return _with_hash(policy_assignment, hashed, POLICY_ASSIGNMENT_NAME).lower()


def _plain_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH]


def _with_hash(readable: str, hashed: str, budget: int) -> str:
    room = budget - len(hashed) - 1
    return f"{readable[:room].rstrip('-. ')}-{hashed}" if room > 0 else hashed

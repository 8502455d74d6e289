"""The names of assignments that a stack file gives itself."""

from patching.faults import Findings
from patching.limits import ASSIGNMENT_ID_BUDGET


def check_assignment_name(name: str, scope_id: str, path: str, findings: Findings) -> bool:
    """Whether a name fits behind the id of what the assignment lies on; that it does not is a fault."""
    room = max(ASSIGNMENT_ID_BUDGET - len(scope_id), 0)
    if len(name) <= room:
        return True
    expected = (
        f"at most {room} characters, for the service refuses longer ids of assignments; {scope_id} takes the rest"
    )
    fix = "shorten it" if room else "shorten the name of its group"
    findings.fault(f"{path}.assignmentName", name, expected, fix, name[:room].rstrip(". "))
    return False

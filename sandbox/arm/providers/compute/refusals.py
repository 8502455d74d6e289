"""The refusals of Microsoft.Compute, in its codes."""

from sandbox.arm.errors import ArmError


def invalid_parameter(target: str, message: str) -> ArmError:
    """Return the refusal of a value: 400 InvalidParameter."""
    return ArmError(400, "InvalidParameter", message, target=target)


def missing_parameter(target: str) -> ArmError:
    """Return the refusal of a body without something that is required."""
    return invalid_parameter(target, f"Required parameter '{target}' is missing (null).")


def not_allowed_parameter(target: str) -> ArmError:
    """Return the refusal of a body with something that does not belong there."""
    return invalid_parameter(target, f"Parameter '{target}' is not allowed.")


def unreadable(path: str, reason: str) -> ArmError:
    """Return the refusal of a value that has the wrong type, or is none of those that are allowed."""
    if reason.startswith("is not one of"):
        return invalid_parameter(path, f"The value of parameter {path} is invalid: it {reason}.")
    return ArmError(400, "BadRequest", f"Error converting value: '{path}' {reason}.", target=path)


def property_change_not_allowed(target: str) -> ArmError:
    """Return the refusal of a change to what is fixed when a machine is made: 409 PropertyChangeNotAllowed."""
    return ArmError(409, "PropertyChangeNotAllowed", f"Changing property '{target}' is not allowed.", target=target)


def operation_not_allowed(message: str) -> ArmError:
    """Return the refusal of an operation that the machine's state does not allow: 409 OperationNotAllowed."""
    return ArmError(409, "OperationNotAllowed", message)

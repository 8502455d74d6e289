"""The refusals of Microsoft.EventGrid. Where its code is on no public record, it is InvalidRequest."""

from sandbox.arm.errors import ArmError, bad_request


def refused(message: str) -> ArmError:
    """Return a refusal of what a request says."""
    return bad_request("InvalidRequest", message)


def invalid_value(path: str, reason: str) -> ArmError:
    """Return the refusal of a value of the wrong type, or that is none of those allowed."""
    return refused(f"The request content is invalid: '{path}' {reason}.")

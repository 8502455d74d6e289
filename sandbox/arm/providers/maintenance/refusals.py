"""The refusals of Microsoft.Maintenance. Where its code is on no public record, it is BadRequest."""

from sandbox.arm.errors import ArmError, bad_request


def invalid_window(reason: str) -> ArmError:
    """Return the refusal of a maintenance window (hashicorp/terraform-provider-azurerm issues 29738 and 32918)."""
    return bad_request("InvalidMaintenanceWindow", f"Invalid maintenance window. Error: {reason}")


def refused(message: str) -> ArmError:
    """Return a refusal whose code is not on record."""
    return bad_request("BadRequest", message)


def invalid_value(path: str, reason: str) -> ArmError:
    """Return the refusal of a value of the wrong type, or that is none of those allowed."""
    return bad_request("InvalidRequestContent", f"The request content was invalid: '{path}' {reason}.")

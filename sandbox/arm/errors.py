"""The errors of Azure Resource Manager: a status, a code and a message, in ARM's own shape."""

from collections.abc import Mapping
from typing import Any


class ArmError(Exception):
    """A refusal, answered as `{"error": {"code": …, "message": …}}` with the given HTTP status."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: tuple[tuple[str, str], ...] = (),
        target: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keep what the answer needs; `details` are further (code, message) pairs, `target` the property at fault."""
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.target = target
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """Return the JSON body that ARM answers with."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.target:
            error["target"] = self.target
        if self.details:
            error["details"] = [{"code": code, "message": message} for code, message in self.details]
        return {"error": error}


def bad_request(code: str, message: str) -> ArmError:
    """Return a 400 with the service's own code."""
    return ArmError(400, code, message)


def resource_not_found(resource_type: str, name: str, resource_group: str | None) -> ArmError:
    """Return the 404 that ARM gives for a missing resource."""
    where = f" under resource group '{resource_group}'" if resource_group else ""
    return ArmError(
        404,
        "ResourceNotFound",
        f"The Resource '{resource_type}/{name}'{where} was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )

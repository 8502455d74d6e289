"""What an application sends to the token endpoint: client credentials, with a secret or an assertion.

Sources: learn.microsoft.com/entra/identity-platform, v2-oauth2-client-creds-grant-flow and reference-error-codes.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from sandbox.arm.azure import TENANT_ID
from sandbox.arm.times import instant

CLIENT_SECRET = "local-azure"  # noqa: S105 - public on purpose: it guards nothing but a local server
"""The secret of every application."""
OPENID_SCOPES = frozenset({"openid", "profile", "offline_access", "email"})
"""Scopes that some clients add to what they ask for, and that mean nothing for an application."""

_TENANTS = frozenset({TENANT_ID, "common", "organizations"})
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_DEFAULT = "/.default"
_MOST_PARAMETERS = 100


class SignInError(Exception):
    """A refusal in the form of OAuth 2.0 (RFC 6749, 5.2), with the number that Entra ID puts before its message."""

    def __init__(self, error: str, number: int, message: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(message)
        self.error = error
        self.number = number
        self.status = int(status)

    def body(self, now: float) -> dict[str, Any]:
        """Return the JSON body of the answer; `now` is in seconds since the epoch."""
        return {
            "error": self.error,
            "error_description": f"AADSTS{self.number}: {self}",
            "error_codes": [self.number],
            "timestamp": instant(now),
            "trace_id": str(uuid.uuid4()),
            "correlation_id": str(uuid.uuid4()),
        }


@dataclass(frozen=True)
class TokenRequest:
    """What is asked for: a token for an application (a GUID), made out to an audience; `by_secret`, or by assertion."""

    client: str
    audience: str
    by_secret: bool


def token_request(content: bytes, version: int) -> TokenRequest:
    """Read the form that is sent to the token endpoint of version 1 (`resource`) or 2 (`scope`).

    Raises SignInError where it is not complete, not for this tenant's applications, or not for an application at all.
    """
    asked = _form(content)
    kind = _required(asked, "grant_type")
    if kind != "client_credentials":
        raise SignInError("unsupported_grant_type", 70003, f"The app requested an unsupported grant type '{kind}'.")
    client = _client(_required(asked, "client_id"))
    by_secret = _check_credential(client, asked)
    audience = _required(asked, "resource") if version == 1 else _audience(_required(asked, "scope"))
    return TokenRequest(client, audience, by_secret)


def check_tenant(tenant: str) -> None:
    """Check that a tenant, lower-cased, is the one there is. Raises SignInError."""
    if tenant not in _TENANTS:
        raise SignInError(
            "invalid_tenant",
            90002,
            f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the "
            f"correct cloud. This local Azure has the tenant '{TENANT_ID}'.",
        )


def _form(content: bytes) -> dict[str, str]:
    try:
        fields = parse_qsl(
            content.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS
        )
    except ValueError as error:
        raise SignInError("invalid_request", 9002313, "Invalid request. Request is malformed or invalid.") from error
    found: dict[str, str] = {}
    for name, value in fields:
        if name in found:
            raise SignInError(
                "invalid_request",
                9000411,
                f"The request is not properly formatted. The parameter '{name}' is duplicated.",
            )
        found[name] = value
    return found


def _required(asked: Mapping[str, str], name: str) -> str:
    value = asked.get(name, "").strip()
    if not value:
        raise SignInError(
            "invalid_request", 900144, f"The request body must contain the following parameter: '{name}'."
        )
    return value


def _client(given: str) -> str:
    try:
        return str(uuid.UUID(given))
    except ValueError as error:
        raise SignInError(
            "unauthorized_client",
            700016,
            f"Application with identifier '{given[:60]}' was not found in the directory '{TENANT_ID}'. In this local "
            "Azure every GUID is the identifier of an application.",
        ) from error


def _check_credential(client: str, asked: Mapping[str, str]) -> bool:
    """Check the secret or the assertion; tell whether it was the secret.

    An assertion is looked at and believed: who signs for an application is registered nowhere here.
    """
    if asked.get("client_secret"):
        if asked["client_secret"] != CLIENT_SECRET:
            raise SignInError(
                "invalid_client",
                7000215,
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
                f"value, not the client secret ID, for a secret added to app '{client}'. The secret of every "
                f"application of this local Azure is '{CLIENT_SECRET}'.",
                HTTPStatus.UNAUTHORIZED,
            )
        return True
    if not asked.get("client_assertion"):
        raise SignInError(
            "invalid_client",
            7000216,
            "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
            HTTPStatus.UNAUTHORIZED,
        )
    if asked.get("client_assertion_type") != _ASSERTION or not _is_token(asked["client_assertion"]):
        raise SignInError("invalid_request", 50027, "JWT token is invalid or malformed.")
    return False


def _is_token(text: str) -> bool:
    import jwt  # noqa: PLC0415 - slow to load, and most runs need no token

    try:
        jwt.decode(text, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        return False
    return True


def _audience(scope: str) -> str:
    """Return the resource that a scope asks for: `https://management.azure.com//.default` is for one with a slash."""
    asked = [one for one in scope.split() if one.lower() not in OPENID_SCOPES]
    if len(asked) != 1:
        raise SignInError(
            "invalid_scope",
            70011,
            "The provided request must include a 'scope' input parameter. The provided value for the input parameter "
            f"'scope' is not valid. The scope {scope} is not valid.",
        )
    resource = asked[0].removesuffix(_DEFAULT)
    if resource in {"", asked[0]}:
        raise SignInError(
            "invalid_scope",
            1002012,
            f"The provided value for scope {scope} is not valid. Client credential flows must have a scope value with "
            f"{_DEFAULT} suffixed to the resource identifier (application ID URI).",
        )
    return resource

"""Access tokens: JSON Web Tokens such as Microsoft Entra ID gives to an application, issued and checked here.

Their claims are those of a version 1 token, which is what Azure Resource Manager gets (source:
learn.microsoft.com/entra/identity-platform/access-token-claims-reference), and so is their issuer. They are signed with
the key of the server's certificate, and they last by the machine's clock, which `run-until` does not move.

The codes and messages of the refusals are Azure Resource Manager's, as users quote them.
"""

import base64
import hashlib
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.arm.azure import CALLER_ID, LIMITED_CLIENT_ID, TENANT_ID
from sandbox.arm.errors import ArmError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

LIFETIME = 3599
"""Seconds for which a token is good."""
ISSUER = f"https://sts.windows.net/{TENANT_ID}/"

_ALGORITHM = "ES256"
_TIMES = ("iat", "nbf", "exp")
_TEXTS = ("aud", "iss", "appid", "oid")


@dataclass(frozen=True)
class Caller:
    """Who sends a request: the application's id, and that of its principal in the tenant."""

    client: str
    principal: str


class Tokens:
    """Issues and checks the tokens of one local Azure."""

    def __init__(self, key_file: Path, clock: Callable[[], float]) -> None:
        """Sign with the private key in a PEM file; `clock` gives seconds since the epoch."""
        self._key_file = key_file
        self._clock = clock

    def issue(self, client: str, audience: str, *, by_secret: bool) -> str:
        """Return a token for an application (its id, a GUID), made out to an audience."""
        import jwt  # noqa: PLC0415 - slow to load, and most runs need no token

        now = int(self._clock())
        principal = client if client == LIMITED_CLIENT_ID else CALLER_ID
        claims = {
            "aud": audience,
            "iss": ISSUER,
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME,
            "appid": client,
            "appidacr": "1" if by_secret else "2",
            "idp": ISSUER,
            "idtyp": "app",
            "oid": principal,
            "sub": principal,
            "tid": TENANT_ID,
            "uti": base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("="),
            "ver": "1.0",
        }
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM, headers={"kid": self._key_id})

    def check(self, authorization: str | None, audiences: Collection[str], authority: str) -> Caller:
        """Return who an `Authorization` header says is calling.

        `audiences` are those of this Azure Resource Manager; `authority` is where to sign in, which a refusal names.
        Raises ArmError (401) for none, another scheme, a token that is not ours, not for us, or not good any more.
        """
        try:
            claims = self._claims(authorization)
            _check_claims(claims, audiences, self._clock())
        except ArmError as error:
            challenge = f'Bearer authorization_uri="{authority}", error="invalid_token", error_description='
            error.headers["WWW-Authenticate"] = f'{challenge}"{_quotable(error.message)}"'
            raise
        return Caller(claims["appid"], claims["oid"])

    def public_keys(self) -> dict[str, Any]:
        """Return the JSON Web Key Set by which anybody can check a token."""
        from jwt.algorithms import ECAlgorithm  # noqa: PLC0415

        key: dict[str, Any] = ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**key, "use": "sig", "alg": _ALGORITHM, "kid": self._key_id, "issuer": ISSUER}]}

    def _claims(self, authorization: str | None) -> Mapping[str, Any]:
        """Return the claims of the token in the header, which this server has signed."""
        import jwt  # noqa: PLC0415

        if not authorization:
            raise ArmError(401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
        scheme, _, token = authorization.strip().partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise ArmError(
                401,
                "AuthenticationFailedInvalidHeader",
                "Authentication failed. The 'Authorization' header is provided in an invalid format.",
            )
        try:
            # What they say is checked below, by the machine's clock.
            return jwt.decode(
                token.strip(),
                self._key.public_key(),
                algorithms=[_ALGORITHM],
                options={
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                    "verify_aud": False,
                    "verify_iss": False,
                    "verify_sub": False,
                    "verify_jti": False,
                },
            )
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise _invalid("The access token is invalid: this local Azure has not issued it.") from error

    @cached_property
    def _key(self) -> "EllipticCurvePrivateKey":
        from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey  # noqa: PLC0415
        from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

        key = load_pem_private_key(self._key_file.read_bytes(), None)
        if not isinstance(key, EllipticCurvePrivateKey):
            raise TypeError(f"{self._key_file} has no key of an elliptic curve")
        return key

    @cached_property
    def _key_id(self) -> str:
        numbers = self._key.public_key().public_numbers()
        return hashlib.sha256(f"{numbers.x} {numbers.y}".encode()).hexdigest()[:32]


def _check_claims(claims: Mapping[str, Any], audiences: Collection[str], now: float) -> None:
    if not (
        all(isinstance(claims.get(name), int) for name in _TIMES)
        and all(isinstance(claims.get(name), str) for name in _TEXTS)
    ):
        raise _invalid("The access token is invalid: a claim is missing.")
    if claims["iss"] != ISSUER:
        raise ArmError(
            401,
            "InvalidAuthenticationTokenTenant",
            f"The access token is from the wrong issuer '{claims['iss']}'. It must match the tenant '{ISSUER}' "
            f"associated with this subscription. Please use the authority (URL) of the tenant '{TENANT_ID}' to get "
            "the token.",
        )
    if claims["aud"] not in audiences:
        allowed = ",".join(f"'{one}'" for one in audiences)
        raise ArmError(
            401,
            "InvalidAuthenticationTokenAudience",
            f"The access token has been obtained for wrong audience or resource '{claims['aud']}'. It should exactly "
            f"match with one of the allowed audiences {allowed}.",
        )
    if claims["nbf"] > now:
        raise _invalid(f"The access token is invalid: it is not valid before {_utc(claims['nbf'])}.")
    if claims["exp"] <= now:
        raise ArmError(
            401,
            "ExpiredAuthenticationToken",
            f"The access token expiry UTC time '{_utc(claims['exp'])}' is earlier than current UTC time '{_utc(now)}'.",
        )


def _invalid(message: str) -> ArmError:
    return ArmError(401, "InvalidAuthenticationToken", message)


def _utc(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%m/%d/%Y %I:%M:%S %p}"


def _quotable(text: str) -> str:
    return text.replace('"', "'")

"""What a client asks before it manages anything: where this cloud's parts are, and a token for them.

It stands in for Microsoft Entra ID's discovery and token endpoints, for applications only (sources:
learn.microsoft.com/entra/identity-platform, v2-protocols-oidc and v2-oauth2-client-creds-grant-flow).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.arm.azure import TENANT_ID, Reply
from sandbox.arm.metadata import AUDIENCES, endpoints
from sandbox.arm.token_requests import OPENID_SCOPES, SignInError, check_tenant, token_request
from sandbox.arm.tokens import ISSUER, LIFETIME, Caller, Tokens

HOST_NAMES = ("127.0.0.1", "localhost")
"""The names under which this server may be asked for."""

_NOT_STORED = {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"}


@dataclass(frozen=True)
class Question:
    """One request, whose `base` is this server's HTTPS address under the name that the client used."""

    method: str
    path: str
    query: Mapping[str, str]
    content: bytes
    base: str


class SignIn:
    """The part of one local Azure that knows its clients."""

    def __init__(self, tokens: Tokens, https_port: int, clock: Callable[[], float]) -> None:
        """Answer for the server whose HTTPS endpoint has the given port; `clock` gives seconds since the epoch."""
        self._tokens = tokens
        self._https_port = https_port
        self._clock = clock

    def base(self, host: str | None) -> str:
        """Return the HTTPS address of this server, without a trailing slash, under the name a client used for it."""
        return f"https://{host if host in HOST_NAMES else HOST_NAMES[0]}:{self._https_port}"

    def check(self, authorization: str | None, base: str) -> Caller:
        """Return who calls Azure Resource Manager. Raises ArmError (401) where the token is none for it."""
        own = tuple(f"https://{name}:{self._https_port}{end}" for name in HOST_NAMES for end in ("", "/"))
        allowed = [*AUDIENCES, *(one.rstrip("/") for one in AUDIENCES), *own]
        return self._tokens.check(authorization, allowed, f"{base}/{TENANT_ID}")

    def answer(self, question: Question) -> Reply | None:
        """Answer what concerns clients and not resources; None for everything else. Raises ArmError (400)."""
        path = [one.lower() for one in question.path.split("/") if one]
        try:
            if question.method == "POST":
                return self._posted(path, question.content)
            found = self._document(path, question) if question.method == "GET" else None
        except SignInError as error:
            return Reply(error.status, error.body(self._clock()), _NOT_STORED)
        return None if found is None else Reply(200, found)

    def _posted(self, path: list[str], content: bytes) -> Reply | None:
        match path:
            case [tenant, "oauth2", "v2.0", "token"]:
                return self._token(tenant, content, version=2)
            case [tenant, "oauth2", "token"]:
                return self._token(tenant, content, version=1)
            case _:
                return None

    def _document(self, path: list[str], question: Question) -> Any:
        base = question.base
        match path:
            case ["metadata", "endpoints"]:
                return endpoints(question.query.get("api-version"), base)
            case ["common", "discovery", "instance"]:
                return _instance(base)
            case [tenant, "v2.0", ".well-known", "openid-configuration"]:
                return _openid(base, tenant, "/oauth2/v2.0", f"{base}/{TENANT_ID}/v2.0")
            case [tenant, ".well-known", "openid-configuration"]:
                return _openid(base, tenant, "/oauth2", ISSUER)
            case [tenant, "discovery", "keys"] | [tenant, "discovery", "v2.0", "keys"]:
                check_tenant(tenant)
                return self._tokens.public_keys()
            case _:
                return None

    def _token(self, tenant: str, content: bytes, *, version: int) -> Reply:
        check_tenant(tenant)
        asked = token_request(content, version)
        token = self._tokens.issue(asked.client, asked.audience, by_secret=asked.by_secret)
        now = int(self._clock())
        answer: dict[str, Any] = {"token_type": "Bearer", "expires_in": LIFETIME, "ext_expires_in": LIFETIME}
        if version == 1:
            answer |= {"expires_on": now + LIFETIME, "not_before": now, "resource": asked.audience}
            answer = {name: str(value) for name, value in answer.items()}
        return Reply(200, {**answer, "access_token": token}, _NOT_STORED)


def _instance(base: str) -> dict[str, Any]:
    host = base.removeprefix("https://")
    return {
        "tenant_discovery_endpoint": f"{base}/{TENANT_ID}/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    }


def _openid(base: str, tenant: str, oauth: str, issuer: str) -> dict[str, Any]:
    check_tenant(tenant)
    return {
        "token_endpoint": f"{base}/{tenant}{oauth}/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "jwks_uri": f"{base}/{tenant}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "response_types_supported": ["code"],
        "scopes_supported": sorted(OPENID_SCOPES),
        "issuer": issuer,
        "authorization_endpoint": f"{base}/{tenant}{oauth}/authorize",
        "tenant_region_scope": None,
        "cloud_instance_name": base.removeprefix("https://"),
        "cloud_graph_host_name": f"{base.removeprefix('https://')}/graph",
    }

"""Makes the requests to webhooks that are waiting, beside what the local Azure answers meanwhile.

A webhook is asked or told once; how that went is kept. Who kills the local Azure in the middle finds the request
waiting again, so that a webhook may be told twice, as Event Grid warns. The clock waits for the answers, at most as
long as the setting says: what a handler does before it answers, it does at the time of the event.
"""

import asyncio
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sandbox.arm.azure import Azure
from sandbox.arm.bodies import at, mapping_at
from sandbox.arm.events import names
from sandbox.arm.events.bodies_sent import ORIGIN, Sent, notification, question
from sandbox.arm.events.publishing import DELIVERED, FAILED, waiting
from sandbox.arm.ids import ResourceId, parse
from sandbox.arm.providers.event_grid.handshake import VALIDATE_PATH, accept, is_asked, refuse, wait_for_visit
from sandbox.arm.store import Resource
from sandbox.arm.times import instant

if TYPE_CHECKING:
    import httpx

_OK = 200
_LONGEST_ANSWER = 64 * 1024


@dataclass(frozen=True)
class _Answer:
    """What came of a request: a status with its headers and body, or an error in words."""

    status: int = 0
    allowed_origin: str = ""
    body: bytes = b""
    error: str = ""


class Courier:
    """Makes the waiting requests of one local Azure, those of one moment side by side."""

    def __init__(self, azure: Azure, url: str) -> None:
        """`url` is where the local Azure itself answers, for what a webhook may visit."""
        self._azure = azure
        self._url = url
        self._turn = asyncio.Lock()
        self._rounds: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """See to it that what is waiting is sent soon; for whoever has an answer to give first."""
        if waiting(self._azure):
            started = asyncio.create_task(self.deliver())
            self._rounds.add(started)
            started.add_done_callback(self._rounds.discard)

    async def deliver(self) -> None:
        """Make the requests that are waiting, until there are none."""
        async with self._turn:
            while found := waiting(self._azure):
                await asyncio.gather(*(self._make(one) for one in found))

    async def _make(self, request: Resource) -> None:
        wanted = request.private
        subscription = self._azure.store.get(parse(wanted["subscription"]))
        url = at(subscription.properties, "destination", "properties", "endpointUrl") if subscription else None
        sent = self._request(wanted, subscription) if subscription and url else None
        answer = await self._answer(str(url), sent) if sent else _Answer(error="The event subscription is gone.")
        with self._azure.store.transaction():
            self._azure.store.delete(request.id)
            if wanted["kind"] == "delivery":
                _note(self._azure, wanted, sent, answer)
            elif subscription := self._azure.store.get(parse(wanted["subscription"])):
                _judge(self._azure, subscription, wanted["code"], answer)

    def _request(self, wanted: dict[str, Any], subscription: Resource) -> Sent | None:
        if wanted["kind"] == "validation":
            topic = self._azure.store.get(
                ResourceId(subscription.id.scope, names.SYSTEM_TOPIC, subscription.id.names[:1])
            )
            source = str(topic.properties.get("source")) if topic else ""
            visit = f"{self._url}{VALIDATE_PATH}?id={wanted['code']}"
            return question(subscription, source, wanted["code"], visit, self._azure.now())
        raised = self._azure.store.get(parse(wanted["raised"]))
        schema = str(subscription.properties.get("eventDeliverySchema"))
        return notification(raised.private["event"], schema, subscription) if raised else None

    async def _answer(self, url: str, sent: Sent) -> _Answer:
        """Make one request; whatever goes wrong is the answer."""
        import httpx  # noqa: PLC0415 - most local Azures never send anything

        seconds = self._azure.settings.webhook_seconds
        try:
            async with (
                asyncio.timeout(seconds),
                httpx.AsyncClient(trust_env=False, timeout=None, verify=False) as client,  # noqa: S113, S501 - timed above; on this machine, where no certificate is anybody's
                client.stream(sent.method, url, headers=dict(sent.headers), content=sent.content) as reply,
            ):
                return _Answer(reply.status_code, reply.headers.get("webhook-allowed-origin", ""), await _read(reply))
        except TimeoutError:
            return _Answer(error=f"No answer within {seconds:g} seconds.")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            return _Answer(error=f"The request failed: {error or type(error).__name__}.")


async def _read(reply: "httpx.Response") -> bytes:
    content = b""
    async for chunk in reply.aiter_raw():
        content += chunk
        if len(content) > _LONGEST_ANSWER:
            break
    return content


def _note(azure: Azure, wanted: dict[str, Any], sent: Sent | None, answer: _Answer) -> None:
    raised = azure.store.get(parse(wanted["raised"]))
    if raised is None:
        return
    key = str(wanted["subscription"]).lower()
    arrived = _OK <= answer.status < _OK + 100
    noted = {**mapping_at(raised.private, "deliveries", key), "status": DELIVERED if arrived else FAILED}
    noted["at"] = instant(azure.now())
    if answer.status:
        noted["answer"] = answer.status
    if not arrived:
        noted["error"] = answer.error or f"The endpoint answered {answer.status}."
    if sent is not None:
        noted["sent"] = sent.body
    deliveries = {**raised.private["deliveries"], key: noted}
    azure.store.keep(replace(raised, private={**raised.private, "deliveries": deliveries}))


def _judge(azure: Azure, subscription: Resource, code: str, answer: _Answer) -> None:
    """End a handshake by its answer; one that was visited, or asked again, meanwhile is no longer judged."""
    if not is_asked(subscription, code):
        return
    if answer.error or answer.status != _OK:
        refuse(azure, subscription, answer.error or f"Http request failed with response code {answer.status}.")
    elif answer.allowed_origin in (ORIGIN, "*") or _echoed(answer.body) == code:
        accept(azure, subscription)
    else:
        wait_for_visit(azure, subscription)


def _echoed(body: bytes) -> str:
    try:
        return str(at(json.loads(body), "validationResponse") or "")
    except (ValueError, RecursionError):
        return ""

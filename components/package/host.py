"""The process the engine starts for programs in other languages: `PackageProvider` behind Pulumi's protocol.

Pulumi's own server shows a fault of the user's as an unexpected exception, with a traceback. Here it is told as Python
programs are told it, one line for each, at the argument's name, which is the one other languages have.
"""

import asyncio
import importlib
import sys
from collections.abc import Sequence
from typing import Any

import grpc
import grpc.aio
import pulumi
from pulumi.provider.experimental.host import components_from_module
from pulumi.provider.server import ProviderServicer
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from ..declaring import FaultsError
from .provider import PackageProvider
from .wire import with_plain_arguments

_CHANNEL_OPTIONS = [
    ("grpc.max_receive_message_length", 400 * 1024 * 1024),
    # A component may be minutes in the making, and others wait meanwhile: gRPC gives them half a minute by itself.
    ("grpc.server_max_unrequested_time_in_server", 30 * 60),
]


class PackageServicer(ProviderServicer):
    """Pulumi's protocol for a `PackageProvider`."""

    def __init__(self, provider: PackageProvider, arguments: Sequence[str], engine_address: str) -> None:
        super().__init__(provider, list(arguments), engine_address)
        self._package = provider

    async def Construct(  # noqa: N802 (the protocol's name)
        self, request: provider_pb2.ConstructRequest, context: Any
    ) -> provider_pb2.ConstructResponse:
        """Makes one component; whatever is the user's to put right ends the call with what and where."""
        try:
            component = self._package.component(request.type)
            plain, faults = with_plain_arguments(request, component, self._package.definitions)
            if faults:
                raise FaultsError(f'{component.name} "{request.name}"', faults)
            return await super().Construct(plain, context)
        except pulumi.RunError as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, self._told(error))
            raise

    def _told(self, error: pulumi.RunError) -> str:
        """What the user is told, with the names their language has."""
        words = self._package.definitions.words()
        if isinstance(error, FaultsError):
            return str(FaultsError(error.where, [words.of_fault(fault) for fault in error.faults]))
        return words.of(str(error))


def exported_components() -> list[type[pulumi.ComponentResource]]:
    """The components the package above exports, whichever name that is installed by."""
    return components_from_module(importlib.import_module("..", __package__))


def main() -> None:
    """Serves the exported components, as the engine starts it."""
    serve(exported_components(), sys.argv[1:])


def serve(components: Sequence[type[pulumi.ComponentResource]], arguments: Sequence[str]) -> None:
    """Serves the components until the engine ends the process. `arguments` are those it was started with.

    The engine's address is the first that is no flag; the port that is served at is told on standard output.
    """
    engine_address = next((one for one in arguments if not one.startswith("-")), "")

    async def run() -> None:
        server = grpc.aio.server(options=_CHANNEL_OPTIONS)
        servicer = PackageServicer(PackageProvider(components), arguments, engine_address)
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        print(port, flush=True)  # noqa: T201 (the protocol)
        await server.wait_for_termination()

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        return

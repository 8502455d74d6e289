"""How the plugin's errors, and its bugs, become gRPC errors that read well in the engine's output."""

import logging
from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf import any_pb2, message
from pulumi.runtime.proto import provider_pb2, status_pb2

from sandbox.plugin.errors import PluginError
from sandbox.plugin.operations import PartialError
from sandbox.plugin.values import write_properties

_log = logging.getLogger(__name__)


class ErrorAnswers(grpc.ServerInterceptor):
    """Answers with an error where a method of the provider raises one."""

    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], "grpc.RpcMethodHandler[Any, Any] | None"],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        """Wrap the method that is called."""
        handler = continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:
            return handler
        method, name = handler.unary_unary, handler_call_details.method.rpartition("/")[2]

        def answer(request: message.Message, context: grpc.ServicerContext) -> message.Message:
            try:
                return method(request, context)
            except PartialError as error:
                context.abort_with_status(_partial_status(error, request))
            except PluginError as error:
                context.abort(grpc.StatusCode.UNKNOWN, str(error))
            except NotImplementedError:
                context.abort(grpc.StatusCode.UNIMPLEMENTED, f"azure-native does not implement {name}")
            except Exception as error:  # noqa: BLE001 (whatever it is, the engine must be told)
                _log.exception("The azure-native stand-in failed in %s.", name)
                reason = f"the local stand-in for azure-native itself failed in {name} ({error!r}); its log says where"
                context.abort(grpc.StatusCode.INTERNAL, reason)

        return grpc.unary_unary_rpc_method_handler(answer, handler.request_deserializer, handler.response_serializer)


class _DetailedStatus(grpc.Status):
    """A gRPC status with `google.rpc.Status` in its metadata, where the engine looks for details."""

    def __init__(self, status: status_pb2.Status) -> None:
        self.code = grpc.StatusCode.UNKNOWN
        self.details = status.message
        self.trailing_metadata = (("grpc-status-details-bin", status.SerializeToString()),)


def _partial_status(error: PartialError, request: message.Message) -> _DetailedStatus:
    """Tell the engine that the resource exists although the call failed, so that it is kept in the state."""
    arguments = request.properties if isinstance(request, provider_pb2.CreateRequest) else None
    if isinstance(request, provider_pb2.UpdateRequest):
        arguments = request.news
    detail = any_pb2.Any()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=error.identifier,
            properties=None if error.outputs is None else write_properties(error.outputs),
            reasons=[str(error)],
            inputs=arguments,
        )
    )
    return _DetailedStatus(
        status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error), details=[detail])
    )

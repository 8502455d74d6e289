"""Error hooks: what the engine asks the program when Azure refuses a resource, and whether it does."""

from pulumi.runtime.proto import resource_pb2, resource_pb2_grpc
from pulumi.runtime.settings import get_monitor, monitor_supports_feature


def are_supported() -> bool:
    """Whether the engine has error hooks: an older one has not, and a mocked one only says so."""
    is_real = isinstance(get_monitor(), resource_pb2_grpc.ResourceMonitorStub)
    return is_real and monitor_supports_feature(resource_pb2.RESOURCE_MONITOR_FEATURE_ERROR_HOOKS)

"""Through the protocol, as the engine speaks it: a connection as the launcher makes it, then gRPC."""

import concurrent.futures
import json
import socket
import threading

import grpc
import httpx
import pytest
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, plugin_pb2, provider_pb2, status_pb2

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
URN = "urn:pulumi:dev::project::my:index:Parent$azure-native:maintenance:MaintenanceConfiguration::linux"
MACHINE_URN = "urn:pulumi:dev::project::azure-native:compute:VirtualMachine::vm"
OWN_ARGUMENTS = {"resourceGroupName": "rg", "resourceName": "mc", "location": "westeurope", "duration": "03:00"}
ARGUMENTS = {**OWN_ARGUMENTS, "azureApiVersion": "2023-10-01-preview"}


def plain(struct):
    return json_format.MessageToDict(struct)


def refused(call, request):
    with pytest.raises(grpc.RpcError) as caught:
        call(request)
    return caught.value


def test_it_says_what_azure_native_says_of_itself(provider):
    info = provider.stub.GetPluginInfo(empty_pb2.Empty())
    assert info.version == "3.29.0"
    answer = provider.configure(subscriptionId="s")
    assert answer.supportsPreview
    assert answer.supports_autonaming_configuration
    assert [answer.acceptSecrets, answer.acceptResources, answer.acceptOutputs] == [False] * 3
    handshake = provider.stub.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address="127.0.0.1:1"))
    assert handshake.supports_autonaming_configuration
    assert [handshake.accept_secrets, handshake.accept_resources, handshake.accept_outputs] == [False] * 3
    assert provider.stub.Attach(plugin_pb2.PluginAttach(address="127.0.0.1:1")) == empty_pb2.Empty()


def test_an_engine_that_sends_no_old_inputs_is_too_old(provider):
    error = refused(provider.stub.Configure, provider_pb2.ConfigureRequest())
    assert error.details() == "Azure Native provider requires Pulumi CLI v3.74.0 or later"


def test_the_schema_has_every_resource(provider):
    schema = json.loads(provider.stub.GetSchema(provider_pb2.GetSchemaRequest()).schema)
    assert (schema["name"], schema["version"]) == ("azure-native", "3.29.0")
    configuration = schema["resources"]["azure-native:maintenance:MaintenanceConfiguration"]
    assert configuration["requiredInputs"] == ["resourceGroupName"]
    assert configuration["inputProperties"]["duration"] == {"type": "string"}
    assert "id" not in configuration["properties"]


def test_an_unknown_configuration_key_is_a_check_failure(provider, struct):
    request = provider_pb2.CheckRequest(news=struct({"subscriptionId": "s", "subscription": "x"}))
    answer = provider.stub.CheckConfig(request)
    assert [failure.property for failure in answer.failures] == ["subscription"]
    assert plain(answer.inputs) == {"subscriptionId": "s", "subscription": "x"}
    assert provider.stub.DiffConfig(provider_pb2.DiffRequest()) == provider_pb2.DiffResponse()


def test_check_fills_in_and_refuses(provider, struct):
    request = provider_pb2.CheckRequest(urn=URN, news=struct({"resourceGroupName": UNKNOWN, "duration": ["x"]}))
    request.randomSeed = b"seed"
    answer = provider.stub.Check(request)
    inputs = plain(answer.inputs)
    assert inputs["resourceName"].startswith("linux")
    assert inputs["__createBeforeDelete"] is True
    assert inputs["resourceGroupName"] == UNKNOWN
    assert inputs["location"] == "westeurope"
    assert [failure.reason for failure in answer.failures] == ["'duration' should be of type 'string' but got an array"]


def test_check_obeys_the_stacks_autonaming(provider, struct):
    options = provider_pb2.CheckRequest.AutonamingOptions(proposed_name="proposed")
    request = provider_pb2.CheckRequest(urn=URN, news=struct({"resourceGroupName": "rg"}), autonaming=options)
    assert plain(provider.stub.Check(request).inputs)["resourceName"] == "proposed"
    options.mode = provider_pb2.CheckRequest.AutonamingOptions.DISABLE
    request = provider_pb2.CheckRequest(urn=URN, news=struct({"resourceGroupName": "rg"}), autonaming=options)
    assert provider.stub.Check(request).failures[0].reason == "missing required property 'resourceName'"


def test_a_life_through_the_protocol(provider, struct, fake_arm):
    stub, arguments = provider.stub, struct(ARGUMENTS)
    preview = stub.Create(provider_pb2.CreateRequest(urn=URN, properties=arguments, preview=True))
    assert plain(preview.properties)["systemData"] == UNKNOWN
    assert fake_arm.asked == []

    created = stub.Create(provider_pb2.CreateRequest(urn=URN, properties=arguments))
    assert created.id.endswith("/maintenanceConfigurations/mc")
    assert "__inputs" not in created.properties

    new = struct({**ARGUMENTS, "duration": "02:00"})
    diff = stub.Diff(
        provider_pb2.DiffRequest(id=created.id, urn=URN, olds=created.properties, old_inputs=arguments, news=new)
    )
    assert diff.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert list(diff.diffs) == ["duration"]
    assert diff.detailedDiff["duration"].kind == provider_pb2.PropertyDiff.UPDATE
    assert not diff.replaces

    update = provider_pb2.UpdateRequest(id=created.id, urn=URN, olds=created.properties, old_inputs=arguments, news=new)
    update.preview = True
    assert plain(stub.Update(update).properties)["name"] == "mc"
    update.preview = False
    updated = stub.Update(update)
    assert plain(updated.properties)["duration"] == "02:00"

    read = stub.Read(provider_pb2.ReadRequest(id=created.id, urn=URN, properties=updated.properties, inputs=new))
    assert (read.properties, read.inputs) == (updated.properties, new)

    stub.Delete(provider_pb2.DeleteRequest(id=created.id, urn=URN, properties=updated.properties))
    gone = stub.Read(provider_pb2.ReadRequest(id=created.id, urn=URN, properties=updated.properties, inputs=new))
    assert gone == provider_pb2.ReadResponse()


def test_nothing_changed_is_no_diff(provider, struct):
    request = provider_pb2.DiffRequest(urn=URN, old_inputs=struct(ARGUMENTS), news=struct(ARGUMENTS))
    answer = provider.stub.Diff(request)
    assert answer.changes == provider_pb2.DiffResponse.DIFF_NONE


def test_a_replacement_says_so(provider, struct):
    new = struct({**ARGUMENTS, "resourceName": "other"})
    answer = provider.stub.Diff(provider_pb2.DiffRequest(urn=URN, old_inputs=struct(ARGUMENTS), news=new))
    assert list(answer.replaces) == ["resourceName"]
    assert answer.deleteBeforeReplace
    assert answer.detailedDiff["resourceName"].kind == provider_pb2.PropertyDiff.UPDATE_REPLACE


def test_an_import_gives_the_arguments(provider, struct):
    created = provider.stub.Create(provider_pb2.CreateRequest(urn=URN, properties=struct(ARGUMENTS)))
    read = provider.stub.Read(provider_pb2.ReadRequest(id=created.id, urn=URN))
    assert plain(read.inputs) == OWN_ARGUMENTS


def test_azures_refusal_is_shown_as_azure_words_it(provider, struct, fake_arm):
    fake_arm.refuse(404)
    fake_arm.refuse(400, "InvalidMaintenanceWindow", "too short")
    error = refused(provider.stub.Create, provider_pb2.CreateRequest(urn=URN, properties=struct(ARGUMENTS)))
    assert error.details() == 'Status=400 Code="InvalidMaintenanceWindow" Message="too short"'
    assert error.code() == grpc.StatusCode.UNKNOWN


def test_a_partial_creation_carries_what_the_engine_needs_to_keep_it(provider, struct, fake_arm):
    fake_arm.asynchronous = True
    fake_arm.operation_states.append("Failed")
    arguments = struct({"resourceGroupName": "rg", "vmName": "vm", "location": "l"})
    error = refused(provider.stub.Create, provider_pb2.CreateRequest(urn=MACHINE_URN, properties=arguments))
    details = dict(error.trailing_metadata())["grpc-status-details-bin"]
    status = status_pb2.Status.FromString(details)
    partial = provider_pb2.ErrorResourceInitFailed()
    assert status.details[0].Unpack(partial)
    assert partial.id.endswith("/virtualMachines/vm")
    assert partial.inputs == arguments
    assert plain(partial.properties)["name"] == "vm"
    assert "OverconstrainedAllocation" in partial.reasons[0]


def test_invoke_returns_the_result(provider, struct):
    provider.stub.Create(provider_pb2.CreateRequest(urn=URN, properties=struct(ARGUMENTS)))
    request = provider_pb2.InvokeRequest(
        tok="azure-native:maintenance:getMaintenanceConfiguration",
        args=struct({"resourceGroupName": "rg", "resourceName": "mc"}),
    )
    answer = provider.stub.Invoke(request)
    assert plain(getattr(answer, "return"))["duration"] == "03:00"


def test_what_azure_native_does_not_have_is_refused_in_words(provider):
    assert "no components" in refused(provider.stub.Construct, provider_pb2.ConstructRequest(type="t")).details()
    assert "no methods" in refused(provider.stub.Call, provider_pb2.CallRequest(tok="t")).details()
    error = refused(provider.stub.Parameterize, provider_pb2.ParameterizeRequest())
    assert "default API versions only" in error.details()
    error = refused(provider.stub.GetMappings, provider_pb2.GetMappingsRequest())
    assert error.code() == grpc.StatusCode.UNIMPLEMENTED


def test_a_bug_is_told_as_one_and_does_not_end_the_provider(provider, struct, monkeypatch, caplog):
    from sandbox.plugin.operations import Operations

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(Operations, "create", broken)
    error = refused(provider.stub.Create, provider_pb2.CreateRequest(urn=URN, properties=struct(ARGUMENTS)))
    assert error.code() == grpc.StatusCode.INTERNAL
    assert "RuntimeError('boom')" in error.details()
    assert "boom" in caplog.text
    assert provider.stub.GetPluginInfo(empty_pb2.Empty()).version == "3.29.0"


def test_warnings_go_to_the_engine(provider, struct, fake_arm):
    told: list[engine_pb2.LogRequest] = []

    class Log(engine_pb2_grpc.EngineServicer):
        def Log(self, request, _):  # noqa: N802
            told.append(request)
            return empty_pb2.Empty()

    server = grpc.server(concurrent.futures.ThreadPoolExecutor(1))
    engine_pb2_grpc.add_EngineServicer_to_server(Log(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    provider.stub.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address=f"127.0.0.1:{port}"))
    fake_arm.refuse(404)
    fake_arm.queued.append(httpx.Response(201, json={"id": "/x", "name": "mc"}))
    fake_arm.refuse(403)
    provider.stub.Create(provider_pb2.CreateRequest(urn=URN, properties=struct(ARGUMENTS)))
    server.stop(None).wait()
    assert [(request.urn, request.severity) for request in told] == [(URN, engine_pb2.WARNING)]
    assert "Failed to read resource" in told[0].message


def test_cancel_ends_what_waits(provider, struct, fake_arm):
    fake_arm.asynchronous = True
    fake_arm.operation_states.extend(["InProgress"] * 10_000)
    arguments = struct({"resourceGroupName": "rg", "vmName": "vm", "location": "l"})
    waiting = provider.stub.Create.future(provider_pb2.CreateRequest(urn=MACHINE_URN, properties=arguments))
    wait_for(lambda: any("/operations/" in request.url.path for request in list(fake_arm.asked)))
    provider.stub.Cancel(empty_pb2.Empty())
    assert "cancelled" in waiting.exception(timeout=10).details()


# The host.


def test_each_connection_has_a_provider_with_its_own_configuration(connect, struct, fake_arm):
    first, second = connect(), connect()
    first.configure(subscriptionId="aaa", location="l")
    second.configure(subscriptionId="bbb", location="l")
    created = [
        provider.stub.Create(provider_pb2.CreateRequest(urn=URN, properties=struct(ARGUMENTS))).id
        for provider in (first, second)
    ]
    assert [identifier.split("/")[2] for identifier in created] == ["aaa", "bbb"]


def test_a_provider_ends_with_its_launchers_connection(connect):
    connected = connect()
    port = connected_port(connected)
    assert accepts(port)
    connected.launcher.shutdown(socket.SHUT_RDWR)
    wait_for(lambda: not accepts(port))


def test_stopping_the_host_stops_every_provider(fake_arm_url):
    from sandbox.plugin.host import PluginHost

    host = PluginHost(fake_arm_url)
    host.start()
    launcher = socket.create_connection(("127.0.0.1", host.port))
    port = int(launcher.makefile().readline())
    host.stop()
    assert not accepts(port)
    assert not accepts(host.port)
    launcher.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "plugin-host"]


def test_a_port_in_use_is_an_error(host, fake_arm_url):
    from sandbox.plugin.host import PluginHost

    with pytest.raises(OSError):
        PluginHost(fake_arm_url, host.port)


def test_many_calls_at_once_do_not_get_in_each_others_way(provider, struct, fake_arm):
    def life(number: int) -> str:
        arguments = struct({**ARGUMENTS, "resourceName": f"mc{number}"})
        return provider.stub.Create(provider_pb2.CreateRequest(urn=URN, properties=arguments)).id

    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        created = list(threads.map(life, range(64)))
    assert len(set(created)) == 64
    assert {resource["name"] for resource in fake_arm.resources.values()} == {f"mc{n}" for n in range(64)}


def connected_port(connected) -> int:
    return int(connected.target.rpartition(":")[2])


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def wait_for(condition) -> None:
    done = threading.Event()
    for _ in range(1000):
        if condition():
            return
        done.wait(0.01)
    pytest.fail("it did not happen within ten seconds")

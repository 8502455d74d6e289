"""The stand-in for `pulumi-language-python`, used only where the official one is missing.

The engine starts it as a plugin: the first line on standard output is the port of a gRPC server for
`pulumirpc.LanguageRuntime`, and the engine's own address is the last argument. It is run by path with the interpreter's
isolated mode (`python -I`), so it imports nothing of this project, and nothing of its own start reaches the programs it
runs. The protocol's documentation is in Pulumi's repository, `proto/pulumi/language.proto`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import queue
import signal
import subprocess
import sys
import sysconfig
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ALREADY_REPORTED = 32
"""Exit code by which the executor says that it has shown the error itself (Pulumi calls the outcome a bail)."""
SDK_GENERATOR = "generate-sdk"
"""Pulumi's generator of Python SDKs, built together with the engine and found beside its executor."""
_DECLARATION = "pulumi-plugin.json"
_GRACE_SECONDS = 5.0
_TURN_SECONDS = 0.25
_UNLIMITED = -1


class Interpreter:
    """The Python that runs a program: the virtual environment its `Pulumi.yaml` names, else the one running this."""

    def __init__(self, info: language_pb2.ProgramInfo) -> None:
        named = info.options.fields["virtualenv"].string_value if "virtualenv" in info.options.fields else ""
        environment = Path(info.root_directory, named) if named else None
        python = environment / "bin" / "python" if environment else None
        found = python is not None and python.is_file()
        self.virtual_environment = environment if found else None
        self.python = str(python) if found else sys.executable
        # Where `pulumi package add` puts them.
        self.sdks = sorted({file.parents[1] for file in Path(info.root_directory, "sdks").glob(f"*/*/{_DECLARATION}")})

    def environment(self, extra: Mapping[str, str]) -> dict[str, str]:
        """The environment of a program: ours, the virtual environment activated, the project's SDKs, and `extra`."""
        environment = dict(os.environ)
        if self.sdks:
            known = environment.get("PYTHONPATH")
            environment["PYTHONPATH"] = os.pathsep.join([*map(str, self.sdks), *([known] if known else [])])
        if self.virtual_environment is not None:
            environment.pop("PYTHONHOME", None)
            environment["VIRTUAL_ENV"] = str(self.virtual_environment)
            environment["PATH"] = f"{self.virtual_environment / 'bin'}{os.pathsep}{environment.get('PATH', os.defpath)}"
        return environment | dict(extra)

    def packages(self) -> list[Path]:
        """The folders that packages are found in."""
        if self.virtual_environment is not None:
            return [*self.sdks, *sorted(self.virtual_environment.glob("lib/python3*/site-packages"))]
        return [*self.sdks, Path(sysconfig.get_path("purelib"))]


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Runs Pulumi programs, component plugins and policy packs written in Python."""

    def __init__(self, executor: str, engine: str) -> None:
        self._executor = executor
        self._engine = engine
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopping = False
        self._mutex = threading.Lock()

    def Handshake(self, request: language_pb2.LanguageHandshakeRequest, context: grpc.ServicerContext) -> Any:
        """Learn the engine's address."""
        self._engine = request.engine_address or self._engine
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> Any:
        """Answer with no version: it stands in for whichever the engine brings."""
        return plugin_pb2.PluginInfo()

    def About(self, request: language_pb2.AboutRequest, context: grpc.ServicerContext) -> Any:
        """Which Python runs programs, for `pulumi about`."""
        return language_pb2.AboutResponse(
            executable=Interpreter(request.info).python, version=platform.python_version()
        )

    def GetRequiredPackages(
        self, request: language_pb2.GetRequiredPackagesRequest, context: grpc.ServicerContext
    ) -> Any:
        """The resource plugins of the installed packages, as each declares in its `pulumi-plugin.json`."""
        required: list[plugin_pb2.PackageDependency] = []
        for folder in Interpreter(request.info).packages():
            for declaration in sorted(folder.glob(f"*/{_DECLARATION}")):
                plugin = json.loads(declaration.read_text(encoding="utf-8"))
                if plugin.get("resource"):
                    required.append(
                        plugin_pb2.PackageDependency(
                            name=plugin.get("name", declaration.parent.name.removeprefix("pulumi_").replace("_", "-")),
                            kind="resource",
                            version=plugin.get("version", ""),
                            server=plugin.get("server", ""),
                        )
                    )
        return language_pb2.GetRequiredPackagesResponse(packages=required)

    def GetProgramDependencies(
        self, request: language_pb2.GetProgramDependenciesRequest, context: grpc.ServicerContext
    ) -> Any:
        """The installed distributions, for `pulumi about`."""
        found = (
            entry.name.removesuffix(".dist-info").rpartition("-")
            for folder in Interpreter(request.info).packages()
            for entry in sorted(folder.glob("*.dist-info"))
        )
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[language_pb2.DependencyInfo(name=name, version=version) for name, _, version in found]
        )

    def InstallDependencies(
        self,
        request: language_pb2.InstallDependenciesRequest,
        context: grpc.ServicerContext,
    ) -> Iterator[Any]:
        """Install nothing: what a program needs is in its virtual environment already."""
        yield from ()

    def GeneratePackage(
        self, request: language_pb2.GeneratePackageRequest, context: grpc.ServicerContext
    ) -> language_pb2.GeneratePackageResponse:
        """Make a Python SDK of a package's schema, for `pulumi package add` and `pulumi package gen-sdk`."""
        generator = Path(self._executor).with_name(SDK_GENERATOR)
        if not generator.is_file():
            context.abort(
                grpc.StatusCode.UNIMPLEMENTED,
                f"the engine in {generator.parent} was built before SDKs could be made with it: remove that folder, "
                "and run any command with the local Azure, which builds it again in a few minutes",
            )
        command = [str(generator), request.directory, request.loader_target]
        made = subprocess.run(  # noqa: S603 - the command just looked for
            command, input=request.schema, capture_output=True, text=True, check=False
        )
        if made.returncode != 0:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, made.stderr.strip())
        for name, content in request.extra_files.items():
            file = Path(request.directory, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return language_pb2.GeneratePackageResponse()

    def Link(self, request: language_pb2.LinkRequest, context: grpc.ServicerContext) -> language_pb2.LinkResponse:
        """Make SDKs in the project look installed, which is enough to run them, and say how to import them."""
        lines = ["You can import the SDK in your Python code with:", ""]
        for one in request.packages:
            for declaration in Path(request.info.root_directory, one.path).glob(f"*/{_DECLARATION}"):
                name = declaration.parent.name
                version = json.loads(declaration.read_text(encoding="utf-8")).get("version", "0.0.0")
                installed = declaration.parents[1] / f"{name}-{version}.dist-info"
                installed.mkdir(exist_ok=True)
                metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
                (installed / "METADATA").write_text(metadata, encoding="utf-8")
                lines.append(f"  import {name} as {name.partition('_')[2]}")
        return language_pb2.LinkResponse(import_instructions="\n".join([*lines, ""]))

    def Run(self, request: language_pb2.RunRequest, context: grpc.ServicerContext) -> Any:
        """Run a program under the executor; its output goes where ours goes, which is to the engine."""
        interpreter = Interpreter(request.info)
        options = {
            "--monitor": request.monitor_address,
            "--engine": self._engine,
            "--project": request.project,
            "--root_directory": request.info.root_directory,
            "--stack": request.stack,
            "--organization": request.organization,
            "--pwd": request.pwd,
            "--parallel": str(request.parallel or _UNLIMITED),
            "--dry_run": "true" if request.dryRun else "",
        }
        command = [interpreter.python, "-u", self._executor]
        command += [f"{option}={value}" for option, value in options.items() if value]
        command += [str(Path(request.info.program_directory, request.info.entry_point)), *request.args]
        configuration = {
            # As short as the official host's: Linux allows 128 KiB.
            "PULUMI_CONFIG": json.dumps(dict(request.config), ensure_ascii=False, separators=(",", ":")),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        program = self._start(command, context, cwd=request.pwd, env=interpreter.environment(configuration))
        code = self._wait(program)
        if code == ALREADY_REPORTED:
            return language_pb2.RunResponse(bail=True)
        if code < 0:
            return language_pb2.RunResponse(error=f"Program was ended by {signal.Signals(-code).name}")
        return language_pb2.RunResponse(error=f"Program exited with non-zero exit code: {code}" if code else "")

    def RunPlugin(self, request: language_pb2.RunPluginRequest, context: grpc.ServicerContext) -> Iterator[Any]:
        """Run a component plugin or a policy pack, handing on its output, then its exit code."""
        interpreter = Interpreter(request.info)
        program = request.info.program_directory
        if request.kind == "analyzer":
            folder, command = program, ["-m", "pulumi.policy", *request.args, program]
        else:
            folder, command = request.pwd, [str(Path(program, request.info.entry_point)), *request.args]
        environment = interpreter.environment(dict(entry.split("=", 1) for entry in request.env if "=" in entry))
        plugin = self._start(
            [interpreter.python, "-u", *command],
            context,
            cwd=folder,
            env=environment,
            pipe=subprocess.PIPE,
        )
        output: queue.SimpleQueue[Any] = queue.SimpleQueue()
        copiers = [
            threading.Thread(target=_copy, args=(plugin.stdout, "stdout", output.put), daemon=True),
            threading.Thread(target=_copy, args=(plugin.stderr, "stderr", output.put), daemon=True),
        ]
        for copier in copiers:
            copier.start()
        ended = 0
        while ended < len(copiers):
            response = output.get()
            if response is None:
                ended += 1
            else:
                yield response
        yield language_pb2.RunPluginResponse(exitcode=self._wait(plugin))

    def Cancel(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> Any:
        """End what is running: the engine gives up on it."""
        self.stop()
        return empty_pb2.Empty()

    def stop(self) -> None:
        """End every program still running and start no more; returns once they are gone."""
        with self._mutex:
            self._stopping = True
            running = list(self._running)
        for program in running:
            _terminate(program)

    def _start(
        self,
        command: list[str],
        context: grpc.ServicerContext,
        *,
        cwd: str,
        env: dict[str, str],
        pipe: int | None = None,
    ) -> subprocess.Popen[bytes]:
        with self._mutex:
            if self._stopping:
                context.abort(grpc.StatusCode.CANCELLED, "the language host is stopping")
            # A group of its own: Ctrl-C in the terminal is for the engine, which cancels in its own order.
            program = subprocess.Popen(  # noqa: S603 - the program the user asked the engine to run
                command, stdin=subprocess.DEVNULL, cwd=cwd, env=env, stdout=pipe, stderr=pipe, process_group=0
            )
            self._running.add(program)
        if not context.add_callback(lambda: _terminate(program)):
            _terminate(program)
        return program

    def _wait(self, program: subprocess.Popen[bytes]) -> int:
        code = program.wait()
        with self._mutex:
            self._running.discard(program)
        return code


def _copy(stream: Any, name: str, put: Callable[[Any], None]) -> None:
    while chunk := stream.read1(65536):
        put(language_pb2.RunPluginResponse(**{name: chunk}))
    put(None)


def _terminate(program: subprocess.Popen[bytes]) -> None:
    if program.poll() is None:
        program.terminate()
        try:
            program.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            program.kill()


def main() -> None:
    """Serve until the engine, or the end of it, says stop."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--executor", required=True)
    arguments.add_argument("engine", nargs="?", default="")
    known, flags = arguments.parse_known_args()
    stop = threading.Event()

    def end(*_: object) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)

    host = LanguageHost(known.executor, known.engine or (flags[-1] if flags else ""))
    server = grpc.server(ThreadPoolExecutor(max_workers=64), options=[("grpc.max_receive_message_length", _UNLIMITED)])
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)  # noqa: T201 - the protocol

    engine = os.getppid()
    while not stop.wait(_TURN_SECONDS) and os.getppid() == engine:
        pass
    host.stop()
    server.stop(grace=None).wait(_GRACE_SECONDS)


if __name__ == "__main__":
    main()

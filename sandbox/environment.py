"""What a command needs in its environment, and what the engine needs in its home, to deploy to the local Azure."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from sandbox.engine import language_host
from sandbox.engine.locate import LANGUAGE_HOST
from sandbox.engine.versions import AZURE_NATIVE
from sandbox.state import write_atomically

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.engine.locate import Engine
    from sandbox.local_azure import Endpoint
    from sandbox.state import StateDirectory

PASSPHRASE = "local-azure"  # noqa: S105 - public on purpose: it guards nothing but the state directory
"""The passphrase of every stack on a local Azure."""

_WHOLE_FILES_ONLY = "metadata=skip"
"""The file backend replaces a stack's file whole, but writes another one with its metadata in place: a kill meanwhile
leaves that one empty, and the stack cannot be read any more. Nothing needs it."""

_PLUGIN_LAUNCHER = """#!/usr/bin/env bash
# Asks the running local Azure for a provider, hands its port to the engine, and lives as long as the engine wants it.
exec 3<>"/dev/tcp/127.0.0.1/${AZURE_SANDBOX_PLUGIN_PORT:?start it with: python -m sandbox exec -- COMMAND}" || exit 1
read -r port <&3
echo "$port"
exec cat <&3
"""


def prepare_engine_home(state: StateDirectory, engine: Engine) -> None:
    """Put the launchers where the engine looks for its plugins without a warning."""
    _install(state, f"resource-azure-native-v{AZURE_NATIVE}", "pulumi-resource-azure-native", _PLUGIN_LAUNCHER)
    if engine.executor is not None:
        start = [sys.executable, "-I", language_host.__file__, "--executor", str(engine.executor)]
        script = f'#!/bin/sh\nexec {shlex.join(start)} "$@"\n'
        _install(state, f"language-python-v{engine.version}", LANGUAGE_HOST, script)


def endpoint_variables(endpoint: Endpoint) -> dict[str, str]:
    """The environment variables that say where a local Azure is, for clients of any kind."""
    return {
        "AZURE_SANDBOX_URL": endpoint.url,
        "AZURE_SANDBOX_HTTPS_URL": endpoint.https_url,
        "AZURE_SANDBOX_CA_BUNDLE": endpoint.ca_bundle,
    }


def command_environment(
    state: StateDirectory, endpoint: Endpoint, engine: Engine, base: Mapping[str, str]
) -> dict[str, str]:
    """The environment of a command that runs against the local Azure: `base` and what the design promises."""
    environment = dict(base)
    # It would win over the passphrase below.
    environment.pop("PULUMI_CONFIG_PASSPHRASE_FILE", None)
    environment |= {
        **endpoint_variables(endpoint),
        "AZURE_SANDBOX_PLUGIN_PORT": str(endpoint.plugin_port),
        "PULUMI_BACKEND_URL": f"file://{quote(str(state.backend))}?{_WHOLE_FILES_ONLY}",
        "PULUMI_HOME": str(state.pulumi_home),
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PATH": f"{engine.pulumi.parent}{os.pathsep}{base.get('PATH', os.defpath)}",
    }
    if engine.executor is not None:
        # A language host of another version that happens to be on PATH would be preferred otherwise.
        environment["PULUMI_IGNORE_AMBIENT_PLUGINS"] = "true"
    return environment


def _install(state: StateDirectory, folder: str, name: str, script: str) -> None:
    launcher = Path(state.pulumi_home, "plugins", folder, name)
    launcher.parent.mkdir(parents=True, exist_ok=True)
    if not launcher.is_file() or launcher.read_text(encoding="utf-8") != script:
        write_atomically(launcher, script, mode=0o755)

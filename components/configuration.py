"""The one adapter between the engine's configuration and the core's settings."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pulumi

from patching.event_handlers import EndpointType
from patching.faults import NOTHING, Fault
from patching.machines import OperatingSystem
from patching.settings import Settings, from_engine, read_settings
from patching.settings.engine import PASSWORDS, WEBHOOK_URLS
from patching.stack_file import files_beside

from .declaring import PACKAGE, raise_faults

_PROVIDER = "azure-native"


@dataclass(frozen=True, slots=True)
class StackConfiguration:
    """A stack's settings, and what the core is never shown.

    `azure_native` are the provider's settings by name, as the engine has them, secrets as secret outputs;
    `admin_passwords` are the Windows machines', by machine, `webhook_urls` those that events go to, by webhook;
    `warnings` are those of the settings, as text.
    """

    settings: Settings
    azure_native: Mapping[str, pulumi.Input[str]]
    admin_passwords: Mapping[str, pulumi.Output[str]]
    webhook_urls: Mapping[str, pulumi.Output[str]]
    warnings: tuple[str, ...]


def read_configuration() -> StackConfiguration:
    """Reads the running stack's configuration, and logs its warnings.

    Raises:
        pulumi.RunError: it has faults; the message lists them all.
    """
    stack = pulumi.get_stack()
    given = cast("dict[str, str]", pulumi.runtime.config.CONFIG.get() or pulumi.runtime.config.get_config_env())
    secret_keys = frozenset(key for key in given if pulumi.runtime.is_config_secret(key))
    plain = from_engine(given, secret_keys)
    # The engine runs a program in the folder of its stack files.
    reading = read_settings(plain, project=pulumi.get_project(), stack=stack, read_file=files_beside(Path.cwd()))
    warnings = tuple(str(warning) for warning in reading.warnings)
    for warning in warnings:
        pulumi.log.warn(warning)
    if reading.settings is None:
        raise_faults(f"Pulumi.{stack}.yaml", reading.faults)
    settings = reading.settings
    passwords, urls = _admin_passwords(settings), _webhook_urls(settings)
    return StackConfiguration(settings, _provider_settings(given), passwords, urls, warnings)


def _provider_settings(given: Mapping[str, str]) -> dict[str, pulumi.Input[str]]:
    names = (key.partition(":")[2] for key in given if key.startswith(f"{_PROVIDER}:"))
    config = pulumi.Config(_PROVIDER)
    return {
        name: config.require_secret(name)
        if pulumi.runtime.is_config_secret(f"{_PROVIDER}:{name}")
        else config.require(name)
        for name in names
    }


def _admin_passwords(settings: Settings) -> dict[str, pulumi.Output[str]]:
    windows = (key for key, machine in settings.virtual_machines.items() if machine.os is OperatingSystem.WINDOWS)
    return _secrets(PASSWORDS, windows)


def _webhook_urls(settings: Settings) -> dict[str, pulumi.Output[str]]:
    events = (schedule.events for schedule in settings.schedules.values() if schedule.events)
    handlers = (handler for one in events for handler in one.handlers)
    return _secrets(WEBHOOK_URLS, {handler.target for handler in handlers if handler.endpoint is EndpointType.WEBHOOK})


def _secrets(name: str, keys: Iterable[str]) -> dict[str, pulumi.Output[str]]:
    """What a map of secrets has for some keys."""
    text = pulumi.Config(PACKAGE).get_secret(name)
    if text is None:
        return {}
    secrets = text.apply(lambda known: cast("dict[str, Any]", json.loads(known)))

    def secret_of(key: str) -> pulumi.Output[str]:
        def read(by_key: dict[str, Any]) -> str:
            if key not in by_key:
                fix = f"run `pulumi config set --secret --path {name}.{key}`"
                raise_faults(name, [Fault(key, NOTHING, "a secret of this name", "", fix)])
            return str(by_key[key])

        return secrets.apply(read)

    return {key: secret_of(key) for key in keys}

"""What a program loads: nothing that its stack does not use."""

import subprocess
import sys

from tests.conftest import REPOSITORY

LOADED = "import sys; print(*sorted(sys.modules))"


def loaded_by(*modules):
    """What is loaded after importing modules; a module of azure-native is a stub until something of it is used."""
    text = f"import {', '.join(modules)}; {LOADED}"
    command = [sys.executable, "-c", text]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout.split()


def test_the_program_loads_nothing_of_azure_native_before_it_is_used():
    loaded = loaded_by("components.configuration", "components.estate", "components.stack_outputs")
    parts = [name for name in loaded if name.startswith("pulumi_azure_native.") and name.count(".") > 1]
    assert not parts, "an annotation or an alias at the top of a module uses one"
    assert "pulumi_azure_native.network" in loaded


def test_the_program_loads_no_calendars_and_nothing_of_the_command_line():
    loaded = loaded_by("components.configuration", "components.estate", "components.stack_outputs")
    assert not {"icalendar", "recurring_ical_events", "jinja2", "rich", "click", "ruamel.yaml"} & set(loaded)

"""The command line: `python -m patching`. No engine, no cloud, no clock unless told."""

import click

from patching.commands.adopt import adopt
from patching.commands.calendar import calendar, runs
from patching.commands.check import check
from patching.commands.coverage import coverage
from patching.commands.recover import recover


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
def main() -> None:
    """Guest patching on Azure Update Manager: checks a stack file, shows when its schedules run and what they reach."""


for command in (check, calendar, runs, coverage, adopt, recover):
    main.add_command(command)

if __name__ == "__main__":
    main(prog_name="python -m patching")

"""The command line: `python -m patching`. No engine, no cloud, no clock unless told."""

import click

from patching.commands.adopt import adopt
from patching.commands.calendar import calendar, runs
from patching.commands.check import check
from patching.commands.completion import SCRIPT, completion
from patching.commands.coverage import coverage
from patching.commands.diff import diff
from patching.commands.emergency import emergency
from patching.commands.manners import WellManneredGroup, version_option
from patching.commands.recover import recover


@click.group(cls=WellManneredGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@version_option(SCRIPT)
def main() -> None:
    """Guest patching on Azure Update Manager: checks a stack file, shows when its schedules run and what they reach."""


for command in (check, calendar, runs, coverage, diff, adopt, recover, emergency, completion):
    main.add_command(command)


def run() -> None:
    """The program `azure-patching` of an installed package."""
    main(prog_name=SCRIPT)


if __name__ == "__main__":
    main(prog_name="python -m patching")

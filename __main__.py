"""The Pulumi program: settings, then the estate they ask for, then what the stack says of itself."""

import pulumi

from components.configuration import read_configuration
from components.debug_messages import silence_debug_messages
from components.estate import build_estate
from components.stack_outputs import stack_outputs


def main() -> None:
    """Declares the stack."""
    silence_debug_messages()
    configuration = read_configuration()
    estate = build_estate(configuration)
    for name, value in stack_outputs(estate, configuration.warnings).items():
        pulumi.export(name, value)


if __name__ == "__main__":
    main()

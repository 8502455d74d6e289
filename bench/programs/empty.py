"""A program that declares nothing: what every run of the engine costs."""

import pulumi


def main() -> None:
    """Exports a constant."""
    pulumi.export("nothing", 0)

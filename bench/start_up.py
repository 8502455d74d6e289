"""Start-up: the dev stack's first preview, beside a program that declares nothing."""

from typing import Any, cast

import yaml

from bench.lifecycles import Lifecycle, Program
from bench.stacks import REPOSITORY


def lifecycle() -> Lifecycle:
    """The dev stack as it is in the repository."""
    document = yaml.safe_load((REPOSITORY / "Pulumi.dev.yaml").read_text(encoding="utf-8"))
    config = cast("dict[str, Any]", document["config"])
    return Lifecycle(
        "start-up",
        "the first preview of the dev stack, with its few dozen resources, beside that of a program without any, and "
        "the same preview judged by the policy pack.",
        0,
        [
            Program("empty program", "empty", {}),
            Program("dev stack", None, config),
            Program("dev stack, judged", None, config, judged=True),
        ],
        only_preview=True,
    )

"""Checks of what a schedule installs."""

from collections.abc import Iterator, Sequence

from patching.faults import NOTHING, Fault, found


def check_updates(
    path: str,
    *,
    windows: tuple[Sequence[str], Sequence[str], Sequence[str]] | None,
    linux: tuple[Sequence[str], Sequence[str], Sequence[str]] | None,
) -> Iterator[Fault]:
    """Judges a schedule's updates.

    Each system's are (classifications, what to include, what to exclude), or None where it has none.
    `path` is the updates' key, such as `schedules.linux.updates`. The service refuses a system's block that installs
    nothing.
    """
    if windows is None and linux is None:
        yield Fault(
            path,
            NOTHING,
            "what to install: windows, linux, or both",
            "{linux: {classifications: [Critical, Security]}}",
            "add windows or linux",
        )
    for block, content, words in (
        ("windows", windows, ("kbNumbersToInclude", "kbNumbersToExclude")),
        ("linux", linux, ("packageNameMasksToInclude", "packageNameMasksToExclude")),
    ):
        if content is None:
            continue
        classifications, include, exclude = content
        if not classifications and not include:
            yield Fault(
                f"{path}.{block}",
                found({}),
                f"classifications or {words[0]}: the service refuses a block that installs nothing",
                "{classifications: [Critical, Security]}",
                "add classifications, or remove the block",
            )
        for one in include:
            if one in exclude:
                yield Fault(
                    f"{path}.{block}.{words[1]}",
                    found(one),
                    f"nothing that {words[0]} has, too: what is excluded is never installed",
                    "",
                    "remove it from one of the two",
                )

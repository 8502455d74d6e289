"""The site: complete, without a broken link here or on GitHub, and without anything from elsewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import REPOSITORY
from tests.docs.pages import PAGES, anchors, links

KINDS = ("Tutorial", "How to", "Reference", "Explanation")
WRITTEN = [REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
ZENSICAL = Path(sys.executable).with_name("zensical")


class _Configuration(yaml.SafeLoader):
    """Reads mkdocs.yml, the function it names left out."""


_Configuration.add_multi_constructor("tag:yaml.org,2002:python/", lambda *_: None)


def navigation():
    return yaml.load((REPOSITORY / "mkdocs.yml").read_text(encoding="utf-8"), _Configuration)["nav"]  # noqa: S506


def pages_of(entry):
    if isinstance(entry, str):
        return [entry]
    return [page for inner in (entry.values() if isinstance(entry, dict) else entry) for page in pages_of(inner)]


@pytest.fixture
def site(tmp_path):
    """Builds the site of a copy, with a page changed: `site(name, more)`; returns the ended process and the folder."""

    def build(name="", more=""):
        shutil.copy(REPOSITORY / "mkdocs.yml", tmp_path)
        shutil.copytree(REPOSITORY / "docs", tmp_path / "docs")
        if name:
            with (tmp_path / "docs" / name).open("a") as page:
                page.write(more)
        ended = subprocess.run(
            [ZENSICAL, "build", "--strict"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
        )
        return ended, tmp_path / "build" / "site"

    return build


def test_every_page_is_in_the_navigation_once():
    assert sorted(pages_of(navigation())) == [page.name for page in PAGES]


def test_the_navigation_has_the_four_kinds():
    first, *others = navigation()
    assert first == "index.md"
    assert tuple(name for entry in others for name in entry) == KINDS


def test_the_first_page_links_to_every_other_as_the_navigation_has_it():
    text = (REPOSITORY / "docs" / "index.md").read_text(encoding="utf-8")
    assert links(text) == [page for page in pages_of(navigation()) if page != "index.md"]


def test_the_site_is_built_without_a_broken_link_and_loads_nothing_from_elsewhere(site):
    ended, folder = site()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert {f"{page.stem}.html" for page in PAGES} <= {file.name for file in folder.iterdir()}
    for file in folder.rglob("*.html"):
        text = file.read_text(encoding="utf-8")
        loaded = re.findall(r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\"?([^\" >]+)", text)
        loaded += re.findall(r"<link\b[^>]*\brel=\"?(?:stylesheet|icon|preload)\"?[^>]*\bhref=\"?([^\" >]+)", text)
        assert loaded
        assert [one for one in loaded if "//" in one] == [], file.name
    styles = "".join(file.read_text(encoding="utf-8") for file in folder.rglob("*.css"))
    assert not re.search(r"(?:@import|url\()\s*[\"']?(?:https?:)?//", styles)


@pytest.mark.parametrize("more", ["\n[x](nowhere.md)\n", "\n[x](scale.md#nowhere)\n", "\n[x](#nowhere)\n"])
def test_a_broken_link_fails(site, more):
    ended, _ = site("schedules.md", more)
    assert ended.returncode != 0
    assert "schedules.md" in ended.stdout + ended.stderr


@pytest.mark.parametrize("page", [*WRITTEN, *PAGES], ids=lambda page: page.name)
def test_every_link_works_in_the_repository_too(page):
    text = page.read_text(encoding="utf-8")
    for link in links(text):
        if "://" in link:
            assert link.startswith("https://"), link
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.is_file(), link
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), link


@pytest.mark.parametrize("page", [*WRITTEN, *PAGES], ids=lambda page: page.name)
def test_a_page_begins_with_its_title_and_has_no_other(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert [at.start() for at in re.finditer(r"^# .", text, re.MULTILINE)] == [0]

"""The documentation site in a browser: it asks nothing of elsewhere, says nothing, fits any screen, and is searched."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

pytestmark = pytest.mark.xdist_group("site")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site: its folder, and where it is served."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(REPOSITORY / "mkdocs.yml", folder)
    shutil.copytree(REPOSITORY / "docs", folder / "docs")
    zensical = Path(sys.executable).with_name("zensical")
    subprocess.run([zensical, "build", "--strict"], cwd=folder, check=True, capture_output=True, timeout=300)
    built = folder / "build" / "site"
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(built)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield built, f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture
def look(browser, site):
    """Opens the site at a width; what it asks of elsewhere or says to the console is a failure."""
    contexts, asked, said = [], [], []

    def open_at(width):
        context = browser.new_context(viewport={"width": width, "height": 800})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        return page

    yield open_at
    for context in contexts:
        context.close()
    # Opened from a file, the theme looks for an index of its search that only a site without a server would have.
    assert [one for one in said if not one.endswith("ERR_FILE_NOT_FOUND")] == []
    assert [one for one in asked if not one.startswith((site[1], site[0].as_uri(), "data:", "blob:"))] == []


@pytest.mark.parametrize("width", [390, 1440])
def test_every_page_fits(look, site, width):
    folder, url = site
    page = look(width)
    for file in sorted(folder.glob("*.html")):
        page.goto(url + file.name)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, file.name
        assert page.get_by_role("heading", level=1).count() == 1, file.name


def test_it_can_be_read_without_a_server(look, site):
    folder, _ = site
    page = look(1440)
    page.goto((folder / "index.html").as_uri())
    page.get_by_role("link", name="tutorial", exact=True).first.click()
    assert page.url == (folder / "tutorial.html").as_uri()
    assert page.get_by_role("heading", level=1).inner_text().startswith("From an empty machine")


def test_it_is_searched(look, site):
    page = look(1440)
    page.goto(site[1])
    page.keyboard.press("/")
    page.keyboard.type("hotpatching")
    page.get_by_role("link", name="Patch modes").first.wait_for()

"""The pages in a real headless browser, without a network; where no browser is installed, these tests are skipped."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager

import pytest
from playwright.sync_api import sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="module")
def browser():
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip(f"none of {', '.join(PROGRAMS)} is on PATH: nobody has looked at the page in a browser")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=program, args=arguments)
        yield running
        running.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Opens a page's text from a file; whatever it asks of a network or says to the console is a failure."""

    @contextmanager
    def look(html, *, fragment="", now=None, media="screen", **options):
        file = tmp_path / "page.html"
        file.write_text(html, encoding="utf-8", newline="")
        context = browser.new_context(**options)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.emulate_media(media=media, reduced_motion="reduce", color_scheme=options.get("color_scheme", "light"))
        asked, said = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        if now:
            page.clock.set_fixed_time(now)
        page.goto(file.as_uri() + fragment)
        yield page
        context.close()
        assert said == []
        assert {url.partition("#")[0] for url in asked if not url.startswith("data:")} == {file.as_uri()}

    return look

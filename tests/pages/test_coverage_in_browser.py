"""The coverage page in a browser: it asks for nothing, breaks no policy of its own, and can be read on any screen."""

import pytest

from patching.report.coverage_page import as_html
from tests.patching.conftest import Stack
from tests.patching.estates import arc_row, covered, vm_row


@pytest.fixture(scope="module")
def page_text():
    rows = [vm_row(f"m{index}", tags={"ring": "test"}) for index in range(3)]
    rows += [vm_row(f"long-{'name' * 12}", osProfile={}), arc_row("arc", status="Expired")]
    settings = Stack().schedule(scopes={"ring": {"tags": {"ring": ["test"]}}}).settings()
    return as_html("dev", covered(settings, *rows))


@pytest.mark.parametrize("width", [320, 768, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_says_what_it_is_to_say(opened, page_text, width, scheme):
    with opened(page_text, viewport={"width": width, "height": 800}, color_scheme=scheme) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.get_by_role("heading", level=1).inner_text() == "dev"
        assert "5 machines: 3 reached by a schedule, 2 by none; 3 ready, 2 not." in page.inner_text("header")
        assert page.locator("section:has(#machines) tbody tr").count() == 2
        ready = page.get_by_role("img", name="3 of 3 ready")
        assert ready.locator(".ready").bounding_box()["width"] == pytest.approx(ready.bounding_box()["width"], abs=1)
        assert page.get_by_role("img", name="0 of 2 ready").count() == 1

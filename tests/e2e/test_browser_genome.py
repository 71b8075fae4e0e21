"""The genome browser of a variant's page in a real Chromium, without a server: alleles are text."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.bench import ORIGIN, page_with_modules
from tests.e2e.browsing import CHROMIUM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs the chromium package"),
]

POS = 1000
EVIL = "<meta/http-equiv='refresh'/content='0;url=//evil.example'>"
SECTION = f"""<!doctype html><section data-browser data-reference="/reference/demo"
  data-rows="/rows"
  data-contig="20" data-chrom="20" data-pos="{POS}" data-span="1" data-assembly="GRCh37"
  data-igv="/static/vendor/igv-3.8.10.js"><div class="actions">
  <button type="button" data-open-browser hidden>Open</button></div><div data-igv-place></div>
  </section><script type="module" src="/static/js/explore/variant.js"></script>"""
SYMBOL = "A&B\"'<b>"
ROW = {"chrom": "20", "pos": POS, "ref": "A", "alt": EVIL, "impact": None, "symbol": SYMBOL}


@pytest.fixture
def page() -> Iterator[Page]:
    with page_with_modules() as page:
        answers: dict[str, Any] = {
            "/reference/demo/contigs": {"contigs": [{"name": "20", "length": 100_000}]},
            "/reference/demo/sequence": {"sequence": "ACGT" * 500},
            "/reference/demo/genes": {"features": []},
            "/rows": {"rows": [{**ROW, "consequence": "<img src=x>"}]},
        }

        def answer(route: Route) -> None:
            path = route.request.url.removeprefix(ORIGIN).split("?")[0]
            if path in answers:
                route.fulfill(body=json.dumps(answers[path]), content_type="application/json")
            elif path == "/variant":
                route.fulfill(body=SECTION, content_type="text/html")
            else:
                route.fallback()

        page.route("**/*", answer)
        page.goto(f"{ORIGIN}/variant")
        yield page


def test_an_allele_that_reads_like_markup_is_shown_as_text(page: Page) -> None:
    page.get_by_role("button", name="Open").click()
    label = page.locator(".igv-track-label", has_text="This job")
    expect(label).to_be_visible()
    track = label.locator("xpath=ancestor::*[contains(@class, 'igv-viewport')][1]")
    box = track.bounding_box()
    assert box
    popup = page.locator(".igv-ui-popover, .igv-popover").filter(has_text="evil.example")
    for down in range(8, 40, 8):  # the variant lies in the middle, in the first row
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + down)
        page.wait_for_timeout(600)  # igv.js waits whether it is a double click
        if popup.count():
            break
    expect(popup).to_contain_text(EVIL)
    expect(popup).to_contain_text(SYMBOL)
    assert popup.locator("meta, img, b").count() == 0
    assert page.url == f"{ORIGIN}/variant"

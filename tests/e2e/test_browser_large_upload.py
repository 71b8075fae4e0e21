"""Large files in a real browser: sent in parts, over a line that breaks, past a page loaded anew.

What counts as large is lowered in the page, so that 40 MiB are enough: three parts.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.browsing import ARGUMENTS, CHROMIUM, LOOKS, visit
from tests.e2e.conftest import Product
from tests.e2e.person import GOOD_CARD
from tests.e2e.test_browser_main_job import JOB_PAGE, log_in
from tests.support.waiting import wait_until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs the chromium package"),
    pytest.mark.timeout(300),
]

MIB = 1024 * 1024
PARTS = 3
HEAD = "##fileformat=VCFv4.2\n##contig=<ID=20>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A VCF of 40 MiB: few records, long remarks."""
    path = tmp_path_factory.mktemp("large") / "genome.vcf"
    remark = "NOTE=" + "x" * (MIB - 100)
    with path.open("w") as file:
        file.write(HEAD)
        for _ in range(40):
            file.write(f"20\t4680464\t.\tG\tA\t.\tPASS\t{remark}\n")
    return path


def become_premium(page: Page, product: Product) -> None:
    """Log in as somebody new and pay on the stand-in's page."""
    page.goto(product.web + "/billing")
    log_in(page, product, f"ada-{uuid4().hex[:8]}@example.org")
    page.locator("#upgrade").click()
    for name, value in (
        ("number", GOOD_CARD),
        ("expiry", "12/34"),
        ("cvc", "123"),
        ("name", "Ada Lovelace"),
    ):
        page.locator(f"[name={name}]").fill(value)
    page.get_by_role("button", name=re.compile("^Pay")).click()
    page.wait_for_url(re.compile(re.escape(product.web)))


LOWER_THE_BAR = f"""
document.addEventListener("readystatechange", () => {{
  const form = document.getElementById("upload");
  if (form) form.dataset.partsFrom = {MIB};
}});
"""

BREAK_OFF = """
// For part 1 the line breaks, twice. For part 2, once, the file store has lost the upload.
// What happened is noted where the next page finds it.
const ask = window.fetch;
const noted = () => (sessionStorage.happened ?? "").split(" ");
const note = (what) => { sessionStorage.happened = [...noted(), what].join(" ").trim(); };
window.fetch = async (url, options) => {
  if (String(url).endsWith("/uploads/parts")) note("begun");
  if (!String(url).endsWith("/uploads/parts/sign")) return ask(url, options);
  const [number] = JSON.parse(options.body).numbers;
  if (number === 1 && noted().filter((what) => what === "line").length < 2) {
    note("line");
    throw new TypeError("the line broke");
  }
  if (number === 2 && !noted().includes("lost")) {
    note("lost");
    const problem = { code: "upload_gone", detail: "Gone.", remedy: "Begin again." };
    return new Response(JSON.stringify(problem), { status: 410 });
  }
  return ask(url, options);
};
"""

ONLY_PART = """
// Nothing but the first so many parts is signed; the others hang until the page is left.
const ask = window.fetch;
window.fetch = (url, options) => {
  if (!sessionStorage.hanging || !String(url).endsWith("/uploads/parts/sign")) {
    return ask(url, options);
  }
  const [number] = JSON.parse(options.body).numbers;
  return number <= Number(sessionStorage.hanging) - 1
    ? ask(url, options)
    : new Promise((_, reject) => {
        options.signal.addEventListener("abort", () => reject(options.signal.reason));
      });
};
"""


def open_upload_page(page: Page, product: Product) -> None:
    page.add_init_script(LOWER_THE_BAR)
    page.goto(product.web + "/annotate")
    expect(page.locator("#limit-text")).to_contain_text("Premium")


def send(page: Page, path: Path) -> None:
    page.set_input_files("#file", path)
    page.get_by_role("button", name="Upload and annotate").click()


def test_a_large_file_gets_through_whatever_breaks(
    browser: Browser, product: Product, large: Path
) -> None:
    with visit(browser, LOOKS[0]) as (page, watched):
        become_premium(page, product)
        page.add_init_script(BREAK_OFF)
        open_upload_page(page, product)
        send(page, large)
        page.wait_for_url(JOB_PAGE, timeout=120_000)
        happened = str(page.evaluate("sessionStorage.happened")).split()
        assert sorted(happened) == ["begun", "begun", "line", "line", "lost"]
        assert page.evaluate("Object.keys(localStorage)") == []
    assert watched.crashed == []


def test_an_upload_goes_on_after_the_page_was_loaded_anew(
    browser: Browser, product: Product, large: Path
) -> None:
    sent: list[str] = []
    with visit(browser, LOOKS[0]) as (page, watched):
        become_premium(page, product)
        page.add_init_script(ONLY_PART)
        open_upload_page(page, product)
        page.evaluate("sessionStorage.hanging = 2")
        send(page, large)
        expect(page.locator(".file .progress-text")).to_contain_text("16.0 MiB of", timeout=60_000)
        page.evaluate("sessionStorage.removeItem('hanging')")
        page.reload()
        expect(page.locator("#interrupted")).to_contain_text("genome.vcf broke off")
        page.on(
            "request",
            lambda request: sent.append(request.url) if request.method == "PUT" else None,
        )
        send(page, large)
        page.wait_for_url(JOB_PAGE, timeout=120_000)
        assert len(sent) == PARTS - 1
    assert watched.crashed == []


def test_an_upload_can_be_paused_and_cancelled(
    browser: Browser, product: Product, large: Path
) -> None:
    with visit(browser, LOOKS[0]) as (page, watched):
        become_premium(page, product)
        page.add_init_script(ONLY_PART)
        open_upload_page(page, product)
        page.evaluate("sessionStorage.hanging = 1")
        send(page, large)
        wait_until(lambda: page.evaluate("Object.keys(localStorage).length") == 1, seconds=30)
        page.get_by_role("button", name="Pause").click()
        expect(page.locator(".file")).to_contain_text("What has arrived is kept for two days.")
        page.get_by_role("button", name="Go on").click()
        expect(page.locator(".file .chip")).to_have_text("Uploading")
        with page.expect_response("**/annotate/uploads/parts/abort") as answered:
            page.get_by_role("button", name="Cancel the upload").click()
        assert answered.value.status == 204
        expect(page.get_by_role("button", name="Upload and annotate")).to_be_enabled()
        assert page.evaluate("Object.keys(localStorage)") == []
    assert watched.crashed == []

"""Files on their way to jobs in a real browser: several at once, repaired, pasted, interrupted."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from blake3 import blake3
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from tests.e2e.browsing import ARGUMENTS, CHROMIUM, LOOKS, Camera, visit
from tests.e2e.conftest import Product
from tests.e2e.test_browser_large_upload import LOWER_THE_BAR, MIB, PARTS, become_premium, large
from tests.e2e.test_browser_main_job import JOB_PAGE, ONE_VARIANT, log_in, write
from tests.support.waiting import wait_until

__all__ = ["large"]  # a fixture

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs the chromium package"),
    pytest.mark.timeout(300),
]

LONG = ONE_VARIANT.replace("ID=20", "ID=20,length=63025520")
RENAMED = LONG.replace("20\t", "chromosome_20\t").replace("ID=20", "ID=chromosome_20")
PASTED = "20:4680251 A G\nchr20-4680464-G-A\nNC_000020.10:g.3899342G>A"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


def card(page: Page, name: str) -> Any:
    return page.get_by_role("list", name="Files").get_by_role("listitem", name=name)


def wait_for(page: Page, name: str, words: str) -> None:
    """Until the card of a file says it. Engine and worker start when they are first needed."""
    expect(card(page, name)).to_contain_text(words, timeout=60_000)


def json_of(page: Page, address: str) -> Any:
    """What the page's own user is told as JSON."""
    return page.evaluate(
        "async (url) => (await fetch(url, {headers: {Accept: 'application/json'}})).json()", address
    )


def completed(page: Page, address: str) -> Any:
    """The job behind an address, once it is done."""
    wait_until(lambda: json_of(page, address)["job_status"] == "COMPLETED", seconds=90, every=0.5)
    return json_of(page, address)


def test_several_files_are_looked_at_repaired_and_sent(
    browser: Browser, product: Product, tmp_path: Path
) -> None:
    with visit(browser, LOOKS[2]) as (page, watched):
        camera = Camera(page, "upload-phone")
        page.goto(product.web + "/annotate")
        log_in(page, product, f"ada-{uuid4().hex[:8]}@example.org")
        (tmp_path / "good.vcf.gz").write_bytes(gzip.compress(LONG.encode()))
        blanks = write(tmp_path, ONE_VARIANT.replace("\t", "  "), "blanks.vcf")
        renamed = write(tmp_path, RENAMED, "renamed.vcf")
        page.set_input_files("#file", [tmp_path / "good.vcf.gz", renamed, blanks])

        wait_for(page, "good.vcf.gz", "Ready")
        wait_for(page, "good.vcf.gz", "GRCh37")
        camera.shoot("looked-at")
        repair = card(page, "renamed.vcf").locator(".finding button")
        repair.click()
        wait_for(page, "renamed.vcf", "chromosome_20 → 20")
        card(page, "blanks.vcf").get_by_role("button", name="Put tabs in their place").click()
        wait_for(page, "blanks.vcf", "Ready")

        page.get_by_role("button", name="Paste variants").click()
        page.get_by_label("one variant per line").fill(PASTED)
        expect(page.get_by_role("dialog")).to_contain_text("3 variants understood.")
        camera.shoot("pasted")
        page.get_by_role("button", name="Add to the list").click()
        wait_for(page, "pasted.vcf", "3 records")
        card(page, "pasted.vcf").locator(".preview summary").click()
        expect(card(page, "pasted.vcf").locator(".preview table")).to_contain_text("p.Met129Val")
        camera.shoot("ready")

        page.get_by_role("button", name="Upload and annotate 4 files").click()
        links = page.get_by_role("link", name=re.compile("^See the job of"))
        expect(links).to_have_count(4, timeout=60_000)
        expect(page.locator("#finished")).to_contain_text("4 of 4 files submitted.")
        camera.shoot("submitted")
        jobs = {
            name: completed(page, str(card(page, name).get_by_role("link").get_attribute("href")))
            for name in ("good.vcf.gz", "renamed.vcf", "blanks.vcf", "pasted.vcf")
        }
        assert jobs["renamed.vcf"]["options"]["contig_names"] == {"chromosome_20": "20"}
        annotated = {name: job["receipt"]["records_annotated"] for name, job in jobs.items()}
        assert annotated == {"good.vcf.gz": 1, "renamed.vcf": 1, "blanks.vcf": 1, "pasted.vcf": 3}
    assert watched.origins <= product.origins
    assert (watched.console, watched.crashed) == ([], [])


HANDLES = """
// The files of the origin's own store have handles like those of the disk, and no dialog.
window.showOpenFilePicker = async () => {
  const root = await navigator.storage.getDirectory();
  return [await root.getFileHandle("genome.vcf")];
};
"""

KEEP = """
async () => {
  const input = document.createElement("input");
  input.type = "file";
  input.id = "disk";
  document.body.append(input);
}
"""

WRITE = """
async () => {
  const root = await navigator.storage.getDirectory();
  const stream = await (await root.getFileHandle("genome.vcf", { create: true })).createWritable();
  await stream.write(document.getElementById("disk").files[0]);
  await stream.close();
  document.getElementById("disk").remove();
}
"""


def test_an_upload_outlives_the_line_and_the_page(
    browser: Browser, product: Product, large: Path
) -> None:
    """Offline after the first part, then the page is loaded anew: one job of the whole file."""
    sent: list[str] = []

    def note(request: Request) -> None:
        if request.method == "PUT":
            sent.append(re.findall(r"partNumber=(\d+)", request.url)[0])

    with visit(browser, LOOKS[0]) as (page, watched):
        become_premium(page, product)
        page.add_init_script(LOWER_THE_BAR)
        page.add_init_script(HANDLES)
        page.goto(product.web + "/annotate")
        page.evaluate(KEEP)
        page.set_input_files("#disk", large)
        page.evaluate(WRITE)
        page.locator(".drop-label").click()
        wait_for(page, "genome.vcf", "Ready")

        # Parts 2 and 3 never get through; then there is no network at all.
        page.route(re.compile(r"partNumber=[23]"), lambda route: route.abort("connectionreset"))
        page.get_by_role("button", name="Upload and annotate").click()
        wait_for(page, "genome.vcf", "16.0 MiB")
        page.context.set_offline(True)
        wait_for(page, "genome.vcf", "No connection")
        page.context.set_offline(False)
        page.unroute(re.compile(r"partNumber=[23]"))

        page.on("request", note)
        page.reload()
        page.wait_for_url(JOB_PAGE, timeout=120_000)
        assert set(sent) == {str(number) for number in range(2, PARTS + 1)}

        job = completed(page, page.url)
        receipt = json_of(page, job["files"]["receipt"]["url"])
        assert receipt["input"]["blake3"] == blake3(large.read_bytes()).hexdigest()
        listed = json_of(page, product.web + "/annotations")["jobs"]
        assert [each["input_file_name"] for each in listed] == ["genome.vcf"]
        assert large.stat().st_size > 2 * 16 * MIB
    assert watched.crashed == []

"""The results explorer in a real browser: from the job's page to a variant and to the exports.

Every count on the way is held to one computed from the table that the job's page offers.
Pictures are kept in `tests/e2e/screenshots/`.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e import axe
from tests.e2e.browsing import CHROMIUM, Camera, Look, visit
from tests.e2e.conftest import Product
from tests.e2e.measure import chromium
from tests.e2e.person import Person
from tests.engine.conftest import ROOT, SHARED

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs the chromium package"),
]

DESK = Look("explore-desk", 1280, 800, "light")
PHONE = Look("explore-phone", 360, 780, "dark")
_CHR20 = SHARED / "vcf_real" / "1000G_chr20_203samples.GRCh37.vcf.gz"
FILE = _CHR20 if _CHR20.exists() else ROOT / "samples" / "famous_variants.vcf"

Row = Mapping[str, Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=20_000)  # machines that do other things as well
    with chromium() as browser:
        yield browser
    expect.set_options(timeout=5_000)


@pytest.fixture(scope="module")
def person(product: Product) -> Iterator[Person]:
    with Person(product.web) as ada:
        ada.upgrade()
        yield ada


@pytest.fixture(scope="module")
def job_id(person: Person) -> str:
    job_id = person.annotate(FILE.name, FILE.read_bytes())
    person.finished(job_id, 200)
    person.remember(job_id)
    return job_id


@pytest.fixture(scope="module")
def rows(person: Person, job_id: str) -> Sequence[Row]:
    """The table as it is downloaded."""
    content = person.download(job_id, "table").content
    found: Sequence[Row] = pq.read_table(io.BytesIO(content)).to_pylist()
    return found


def lend_cookies(person: Person, context: BrowserContext) -> None:
    for cookie in person.client.cookies.jar:
        context.add_cookies([{"name": cookie.name, "value": cookie.value or "", "url": person.web}])


def total(page: Page) -> int:
    return int(page.locator("#view").get_attribute("data-total") or -1)


def expect_total(page: Page, number: int) -> None:
    expect(page.locator("#view")).to_have_attribute("data-total", str(number))
    expect(page.locator("#announce")).to_have_text(re.compile(rf"^{number:,} of "))


def impact(rows: Sequence[Row], *classes: str) -> Sequence[Row]:
    return [row for row in rows if row["impact"] in classes]


def test_results_are_explored(
    browser: Browser, product: Product, person: Person, job_id: str, rows: Sequence[Row]
) -> None:
    with visit(browser, DESK) as (page, watched):
        lend_cookies(person, page.context)
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        camera = Camera(page, DESK.name)
        page.goto(f"{product.web}/annotations/{job_id}")
        page.get_by_role("link", name="Explore the results").click()
        expect(page.locator("#view")).to_have_attribute("data-total", str(len(rows)))
        camera.shoot("summary")
        assert [str(v) for v in axe.violations(page) if v.impact in axe.GRAVE] == []

        _the_summary(page, rows)
        shared = _the_filters(page, rows)
        camera.shoot("filtered")
        _the_shared_link(browser, person, shared, page)
        _the_exports(page, person)
        _nothing_left(page)
        camera.shoot("nothing-left")
        _a_variant(page, camera, shared)

        assert watched.crashed == []
        assert watched.console == []
        assert watched.origins == {product.web}


def _the_summary(page: Page, rows: Sequence[Row]) -> None:
    """A plot has a table behind it and can be saved; a click on a bar filters."""
    plot = page.locator("[data-plot=impact]")
    plot.locator("summary").click()
    high = plot.get_by_role("row", name=re.compile("^HIGH"))
    expect(high).to_contain_text(f"{len(impact(rows, 'HIGH')):,}")
    plot.locator("summary").click()
    for kind, beginning in (("SVG", b"<?xml"), ("PNG", b"\x89PNG")):
        with page.expect_download() as started:
            plot.get_by_role("button", name=re.compile(f"as {kind}$")).click()
        assert started.value.path().read_bytes().startswith(beginning)
    plot.locator("a.mark[href*='HIGH']").click()
    expect_total(page, len(impact(rows, "HIGH")))
    expect(page).to_have_url(re.compile(r"/explore\?impact=HIGH$"))


def _the_filters(page: Page, rows: Sequence[Row]) -> str:
    """Facets, columns, order, going back; the address of what came out."""
    filters = page.get_by_role("form", name="Filters")
    moderate = filters.locator("label", has_text="Moderate")
    promised = int(moderate.locator("b").inner_text().replace(",", ""))
    assert promised == len(impact(rows, "MODERATE"))
    moderate.click()
    both = impact(rows, "HIGH", "MODERATE")
    expect_total(page, len(both))

    gene = max({row["symbol"] for row in both}, key=lambda s: sum(r["symbol"] == s for r in both))
    filters.get_by_label("Genes").fill(gene)
    of_gene = [row for row in both if row["symbol"] == gene]
    expect_total(page, len(of_gene))

    page.get_by_text("Columns", exact=True).click()
    page.locator(".pop-list label", has_text="Codons").click()
    page.get_by_role("button", name="Show these").click()
    expect(page.get_by_role("columnheader", name="Codons")).to_be_visible()

    page.get_by_role("columnheader", name="Variant").get_by_role("link").click()
    expect(page.locator("th[aria-sort=ascending]")).to_have_count(1)
    page.get_by_role("columnheader", name="Variant").get_by_role("link").click()
    expect(page.locator("th[aria-sort=descending]")).to_have_count(1)
    first = max(of_gene, key=lambda row: row["pos"])
    expect(page.locator("[data-row]").first).to_have_text(f"{first['chrom']}:{first['pos']:,}")

    page.go_back()
    expect(page.locator("th[aria-sort=ascending]")).to_have_count(1)
    page.go_forward()
    expect(page.locator("th[aria-sort=descending]")).to_have_count(1)
    page.get_by_role("button", name="Copy link").click()
    copied: str = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.url
    return copied


def _the_shared_link(browser: Browser, person: Person, shared: str, page: Page) -> None:
    """The link shows the same view elsewhere, also without scripts."""
    cells = page.locator(".grid tbody tr").all_inner_texts()
    with visit(browser, PHONE, java_script_enabled=False) as (other, _):
        lend_cookies(person, other.context)
        other.goto(shared)
        assert other.locator(".grid tbody tr").count() == len(cells)
        assert total(other) == total(page)
        assert (
            other.locator(".grid thead").inner_text().split()
            == page.locator(".grid thead").inner_text().split()
        )


def _the_exports(page: Page, person: Person) -> None:
    """Every format is offered for as many rows as the view has, and holds the same variants."""
    page.get_by_text("Export", exact=True).click()
    links = page.locator(".pop-export a")
    expect(links).to_have_count(len(READERS))
    found = {}
    for link in links.all():
        assert f"{total(page):,}" in link.inner_text()
        address = link.get_attribute("href") or ""
        kind = parse_qs(urlsplit(address).query)["format"][0]
        answer = person.client.get(f"{person.web}{address}").raise_for_status()
        found[kind] = READERS[kind](answer.content)
        assert answer.headers["X-GAS-Rows"] == str(total(page)), kind
    assert {
        kind: len(variants) for kind, variants in found.items() if kind != "vcf"
    } == dict.fromkeys(READERS.keys() - {"vcf"}, total(page))
    for kind, variants in found.items():  # a line of a VCF may hold several alleles
        assert set(variants) >= set(found["tsv"]), kind
    page.keyboard.press("Escape")


Variant = tuple[str, int, str, str]


def _of_rows(rows: Iterable[Mapping[str, Any]]) -> Sequence[Variant]:
    return [(str(r["chrom"]), int(r["pos"]), str(r["ref"]), str(r["alt"])) for r in rows]


def _of_vcf(content: bytes) -> Sequence[Variant]:
    lines = gzip.decompress(content).decode().splitlines()
    fields = [line.split("\t", 5) for line in lines if not line.startswith("#")]
    return [(f[0], int(f[1]), f[3], alt) for f in fields for alt in f[4].split(",")]


def _of_workbook(content: bytes) -> Sequence[Variant]:
    sheet = openpyxl.load_workbook(io.BytesIO(content), read_only=True)["alleles"]
    head, *rest = sheet.iter_rows(values_only=True)
    return _of_rows(dict(zip(map(str, head), row, strict=True)) for row in rest)


READERS: Mapping[str, Callable[[bytes], Sequence[Variant]]] = {
    "vcf": _of_vcf,
    "tsv": lambda content: _of_rows(
        csv.DictReader(io.StringIO(content.decode()), delimiter="\t", quoting=csv.QUOTE_NONE)
    ),
    "xlsx": _of_workbook,
    "parquet": lambda content: _of_rows(pq.read_table(io.BytesIO(content)).to_pylist()),
    "json": lambda content: _of_rows(json.loads(content)),
}
"""What each export holds, read by libraries that are not ours."""


def _nothing_left(page: Page) -> None:
    """An empty view names the filter that removes most, and takes it away."""
    before = total(page)
    page.keyboard.press("/")
    page.keyboard.type("no text like this")
    expect(page.get_by_role("heading", name="No variant passes the filters")).to_be_visible()
    page.get_by_role("link", name=re.compile("without it")).click()
    expect_total(page, before)


def _a_variant(page: Page, camera: Camera, shared: str) -> None:
    """Its page, its neighbours, the genome browser, and the way back to the same view."""
    page.locator("[data-row]").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("p.")
    name = page.get_by_role("heading", level=1).inner_text()
    expect(page.locator(".picked")).to_have_count(1)
    expect(page.locator(".base.changed")).not_to_have_count(0)
    assert [str(v) for v in axe.violations(page) if v.impact in axe.GRAVE] == []
    page.get_by_role("button", name="Open the genome browser").click()
    expect(page.locator("[data-igv-place] canvas").first).to_be_visible()
    expect(page.locator("[data-igv-place] .igv-track-label", has_text="Genes")).to_be_visible()
    camera.shoot("variant")
    if (following := page.get_by_role("link", name="Next")).count():
        following.click()
        expect(page.get_by_role("heading", level=1)).not_to_have_text(name)
    page.get_by_role("link", name="Back to the table").click()
    assert urlsplit(page.url).query == urlsplit(shared).query


def test_a_phone_has_the_filters_in_a_sheet(
    browser: Browser, person: Person, job_id: str, rows: Sequence[Row]
) -> None:
    with visit(browser, PHONE) as (page, watched):
        lend_cookies(person, page.context)
        camera = Camera(page, PHONE.name)
        page.goto(f"{person.web}/annotations/{job_id}/explore?impact=HIGH")
        filters = page.get_by_role("form", name="Filters")
        expect(filters).to_be_hidden()
        page.get_by_role("button", name="Filters").click()
        filters.locator("label", has_text="Moderate").click()
        expect_total(page, len(impact(rows, "HIGH", "MODERATE")))
        page.keyboard.press("Escape")
        expect(filters).to_be_hidden()
        camera.shoot("table")
        assert [str(v) for v in axe.violations(page) if v.impact in axe.GRAVE] == []
        assert watched.console == []

"""The main job in a real browser, on the real embedded default, clicked through as a person would.

Home → log in → annotate → the job's page turns COMPLETED by itself → log → download → list of
jobs → mailbox. Pictures are kept in `tests/e2e/screenshots/`.
"""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

import anntools
from tests.e2e.browsing import ARGUMENTS, CHROMIUM, LOOKS, Camera, Look, visit
from tests.e2e.conftest import Product
from tests.support.waiting import wait_until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs the chromium package"),
]

JOB_PAGE = re.compile(r"/annotations/[0-9a-f-]{36}$")
LETTER = "This is a letter to my mother.\n" * 20
ONE_VARIANT = (
    "##fileformat=VCFv4.2\n"
    "##contig=<ID=20>\n"
    "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    "20\t4680464\t.\tG\tA\t.\tPASS\t.\n"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield chromium
        chromium.close()


def log_in(page: Page, product: Product, email: str, name: str = "Ada Lovelace") -> None:
    """From wherever a stranger is, through the stand-in's page, as somebody new."""
    expect(page).to_have_url(re.compile(re.escape(product.globus)))
    page.get_by_label("Name").fill(name)
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Organisation").fill("Analytical Engines")
    page.get_by_role("button", name="Sign in").click()


def upload(page: Page, path: Path) -> None:
    """Choose a file on the upload page and send it; ends on the job's page."""
    page.set_input_files("#file", path)
    page.get_by_role("button", name="Upload and annotate").click()
    page.wait_for_url(JOB_PAGE)


def to_jobs(page: Page) -> None:
    """By the main menu, to the list of jobs."""
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Jobs").click()


def write(folder: Path, content: str, name: str = "mine.vcf") -> Path:
    path = folder / name
    path.write_text(content)
    return path


@pytest.fixture
def email() -> str:
    return f"ada-{uuid4().hex[:8]}@example.org"


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_the_main_job(
    browser: Browser, product: Product, look: Look, email: str, tmp_path: Path
) -> None:
    with visit(browser, look) as (page, watched):
        camera = Camera(page, look.name)
        page.goto(product.web)
        camera.shoot("home")
        page.get_by_role("link", name="Log in to start").click()
        camera.shoot("globus")
        log_in(page, product, email)

        expect(page.get_by_role("heading", name="Annotate a file")).to_be_visible()
        camera.shoot("annotate")
        to_jobs(page)
        expect(page.get_by_role("heading", name="No jobs yet")).to_be_visible()
        camera.shoot("no-jobs")
        page.get_by_role("link", name="Annotate your first file").click()

        page.get_by_role("button", name="Use the sample").click()
        page.wait_for_url(JOB_PAGE)
        camera.shoot("job-begun")
        job_id = page.url.rsplit("/", 1)[-1]
        navigations: list[str] = []
        page.on("framenavigated", lambda frame: navigations.append(frame.url))
        expect(page.locator(".chip")).to_have_text("Completed", timeout=60_000)
        assert navigations == [], "the page must not be loaded again"
        expect(page.get_by_role("heading", name="Receipt")).to_be_visible()
        camera.shoot("job-completed")

        page.get_by_role("link", name="Read the log").click()
        expect(page.locator("#log")).to_contain_text("Total")
        camera.shoot("log")
        page.go_back()

        with page.expect_download() as started:
            page.get_by_role("link", name="Download the VCF").click()
        download = started.value
        assert download.suggested_filename == "famous_variants.annot.vcf.gz"
        annotated = tmp_path / "annotated.vcf.gz"
        download.save_as(annotated)
        assert_annotated(annotated, Path("samples/famous_variants.vcf"))

        with page.expect_download() as started:
            page.get_by_role("link", name="Table (Parquet)").click()
        assert started.value.suggested_filename == "famous_variants.parquet"
        table = tmp_path / "table.parquet"
        started.value.save_as(table)
        assert anntools.read_table(table).num_rows == 56

        to_jobs(page)
        row = page.get_by_role("row").filter(has_text=job_id)
        expect(row).to_contain_text("famous_variants.vcf")
        expect(row).to_contain_text("Completed")
        camera.shoot("jobs")
        row.get_by_role("link", name=job_id).click()
        expect(page).to_have_url(JOB_PAGE)

        page.get_by_label("Account of Ada Lovelace").click()
        page.get_by_role("link", name="Profile").click()
        expect(page.get_by_text("Analytical Engines", exact=True)).to_be_visible()
        camera.shoot("profile")

        see_the_mail(page, product, email, job_id)
        camera.shoot("mail")

        page.goto(product.web + "/nowhere")
        camera.shoot("not-found")
        page.get_by_label("Account of Ada Lovelace").click()
        page.get_by_role("button", name="Log out").click()
        page.wait_for_url(re.compile(re.escape(product.globus)))
        page.goto(product.web + "/annotations")
        expect(page).to_have_url(re.compile(re.escape(product.globus)))

    assert watched.origins <= product.origins
    assert watched.crashed == []
    assert [said for said in watched.console if "/nowhere" not in said] == []


def assert_annotated(annotated: Path, original: Path) -> None:
    """The result has every record of the input, in order, with annotations."""
    with gzip.open(annotated, "rt") as lines:
        records = [line.split("\t")[:5] for line in lines if not line.startswith("#")]
    before = [
        line.split("\t")[:5]
        for line in original.read_text().splitlines(keepends=True)
        if not line.startswith("#")
    ]
    assert [r[:2] + r[3:] for r in records] == [r[:2] + r[3:] for r in before]
    with gzip.open(annotated, "rt") as lines:
        assert "##INFO=<ID=CSQ" in lines.read()


def see_the_mail(page: Page, product: Product, email: str, job_id: str) -> None:
    """The mail about the job is in the mailbox, and names the job's page."""

    def arrived() -> bool:
        answer = httpx.get(f"{product.mailbox}/api/messages", params={"to": email})
        return bool(answer.raise_for_status().json()["messages"])

    wait_until(arrived, seconds=60)
    page.goto(f"{product.mailbox}/?to={email}")
    page.get_by_role("link", name="famous_variants").first.click()
    expect(page.locator("pre")).to_contain_text(f"{product.web}/annotations/{job_id}")


def test_the_main_job_without_scripts(
    browser: Browser, product: Product, email: str, tmp_path: Path
) -> None:
    """A plain form, S3's own redirect, and a page that loads itself again."""
    with visit(browser, LOOKS[0], java_script_enabled=False) as (page, watched):
        page.goto(product.web + "/annotate")
        log_in(page, product, email)
        page.get_by_label("VCF file", exact=True).set_input_files(write(tmp_path, ONE_VARIANT))
        page.get_by_role("button", name="Upload and annotate").click()
        expect(page).to_have_url(JOB_PAGE)
        expect(page.locator(".chip")).to_have_text("Completed", timeout=60_000)
        page.get_by_role("link", name="Read the log").click()
        expect(page.locator("#log")).to_contain_text("Total")
    assert watched.origins <= product.origins
    assert watched.console == []


@pytest.mark.parametrize("look", [LOOKS[0], LOOKS[3]], ids=lambda look: look.name)
def test_a_file_that_is_no_vcf_fails_in_words(
    browser: Browser, product: Product, look: Look, email: str, tmp_path: Path
) -> None:
    with visit(browser, look) as (page, watched):
        camera = Camera(page, f"failed-{look.name}")
        page.goto(product.web + "/annotate")
        log_in(page, product, email)
        page.set_input_files("#file", write(tmp_path, LETTER, "letter.vcf"))
        expect(page.get_by_role("alert")).to_contain_text("This is not a VCF file.")
        expect(page.get_by_role("button", name="Upload and annotate")).to_be_disabled()
        page.get_by_role("button", name="Send it anyway: letter.vcf").click()
        page.get_by_role("button", name="Upload and annotate").click()
        page.wait_for_url(JOB_PAGE)
        expect(page.locator(".chip")).to_have_text("Failed", timeout=60_000)
        expect(page.get_by_role("heading", name="What went wrong")).to_be_visible()
        expect(page.get_by_role("heading", name="What you can do")).to_be_visible()
        camera.shoot("job-failed")
        page.get_by_role("link", name="Read the log").click()
        expect(page.locator("#log")).not_to_be_empty()
        camera.shoot("log")
    assert watched.origins <= product.origins
    assert (watched.console, watched.crashed) == ([], [])


def test_a_file_above_the_plan_is_refused_before_it_is_sent(
    browser: Browser, product: Product, email: str, tmp_path: Path
) -> None:
    large = tmp_path / "large.vcf"
    with large.open("wb") as file:
        file.truncate(10 * 1024 * 1024 + 1)
    with visit(browser, LOOKS[2]) as (page, watched):
        page.goto(product.web + "/annotate")
        log_in(page, product, email)
        page.set_input_files("#file", large)
        expect(page.get_by_role("alert")).to_contain_text("upgrade to Premium")
        expect(page.get_by_role("button", name="Upload and annotate")).to_be_disabled()
        Camera(page, "too-large-phone").shoot("refused")
        page.get_by_role("button", name="Remove large.vcf from the list").click()
        expect(page.get_by_role("alert")).to_be_hidden()
        page.set_input_files("#file", write(tmp_path, ONE_VARIANT))
        expect(page.get_by_role("button", name="Upload and annotate")).to_be_enabled()
    assert product.gateway not in watched.origins
    assert watched.console == []


def test_a_lost_connection_is_said_and_waited_for(
    browser: Browser, product: Product, email: str, tmp_path: Path
) -> None:
    with visit(browser, LOOKS[0]) as (page, _):
        page.goto(product.web + "/annotate")
        log_in(page, product, email)
        page.set_input_files("#file", write(tmp_path, ONE_VARIANT))
        expect(page.get_by_role("button", name="Upload and annotate")).to_be_enabled()
        page.context.set_offline(True)
        page.get_by_role("button", name="Upload and annotate").click()
        expect(page.locator(".file .chip")).to_have_text("No connection")
        expect(page.locator(".file")).to_contain_text("It goes on by itself when it is back.")
        page.context.set_offline(False)
        page.wait_for_url(JOB_PAGE)


def test_what_the_file_store_refuses_is_said_in_words(
    browser: Browser, product: Product, email: str, tmp_path: Path
) -> None:
    def tamper(route: Route) -> None:
        answer = route.fetch()
        signed = answer.json()
        signed["fields"]["key"] += ".exe"
        route.fulfill(response=answer, json=signed)

    with visit(browser, LOOKS[0]) as (page, _):
        page.goto(product.web + "/annotate")
        log_in(page, product, email)
        page.route("**/annotate/uploads", tamper)
        page.set_input_files("#file", write(tmp_path, ONE_VARIANT))
        page.get_by_role("button", name="Upload and annotate").click()
        said = "The permission to upload has run out."  # beside what the look at the file asks
        expect(page.get_by_role("alert").filter(has_text=said)).to_be_visible()
        expect(page.get_by_role("button", name="Try again: mine.vcf")).to_be_enabled()


def test_strangers_cannot_see_a_job(
    browser: Browser, product: Product, email: str, tmp_path: Path
) -> None:
    with visit(browser, LOOKS[0]) as (page, _):
        page.goto(product.web + "/annotate")
        log_in(page, product, email)
        upload(page, write(tmp_path, ONE_VARIANT))
        address = page.url
    with visit(browser, LOOKS[0]) as (page, _):
        page.goto(address)
        log_in(page, product, f"ben-{email}", name="Ben")
        expect(page).to_have_url(address)
        expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()


def test_the_upload_page_works_by_keyboard(browser: Browser, product: Product, email: str) -> None:
    with visit(browser, LOOKS[0]) as (page, _):
        page.goto(product.web + "/annotate")
        log_in(page, product, email)
        expect(page.get_by_role("heading", name="Annotate a file")).to_be_visible()
        reached = []
        for _ in range(24):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.id"))
        wanted = ["file", "paste-open", "sample", "strict"]
        assert [name for name in reached if name in wanted] == wanted

"""HTTPS in a real Chromium that was told to trust the authority, as docs/https.md says it."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from local.addresses import free_addresses
from local.uwsgi import program
from tests.e2e.browsing import ARGUMENTS, CHROMIUM, LOOKS, visit
from tests.e2e.conftest import Product
from tests.e2e.test_browser_main_job import JOB_PAGE, log_in
from tests.support.installation import Installation

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs the chromium package"),
    pytest.mark.skipif(not program(tls=True).exists(), reason="needs scripts/build_uwsgi.sh"),
    pytest.mark.skipif(shutil.which("certutil") is None, reason="needs libnss3-tools"),
]


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(
        tmp_path_factory.mktemp("https") / "data",
        addresses=free_addresses(https=True),
        options=["--https"],
    )
    made.start(seconds=300)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def trusting(secure: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium with a home of its own, whose key store has the authority."""
    home = tmp_path_factory.mktemp("home")
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True)
    database = f"sql:{store}"
    for words in (
        ["-N", "--empty-password"],
        ["-A", "-t", "C,,", "-n", "gas-local", "-i", str(secure.authority)],
    ):
        subprocess.run(["certutil", "-d", database, *words], check=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=list(ARGUMENTS), env={**os.environ, "HOME": str(home)}
        )
        yield chromium
        chromium.close()


def test_the_whole_way_by_https(secure: Installation, trusting: Browser, tmp_path: Path) -> None:
    addresses = secure.addresses
    product = Product(
        secure.web, addresses.upload_url(), addresses.url("globus"), addresses.url("mailbox")
    )
    with visit(trusting, LOOKS[0]) as (page, watched):
        page.goto(f"http://localhost:{addresses.web}/")
        assert page.url == f"{secure.web}/", "plain HTTP leads to HTTPS"
        assert page.evaluate("isSecureContext")
        watched.origins.clear()  # from here on, nothing of the app comes by plain HTTP

        page.get_by_role("link", name="Log in to start").click()
        log_in(page, product, f"ada-{uuid4().hex[:8]}@example.org")
        cookies = page.context.cookies(secure.web)
        (session,) = (c for c in cookies if c["name"] == "__Host-gas_session")
        assert session["secure"]

        page.get_by_role("link", name="Annotate", exact=True).first.click()
        page.get_by_role("button", name="Use the sample").click()
        page.wait_for_url(JOB_PAGE)
        expect(page.locator(".chip")).to_have_text("Completed", timeout=120_000)
        with page.expect_download() as started:
            page.get_by_role("link", name="Download the VCF").click()
        started.value.save_as(tmp_path / "annotated.vcf.gz")
        assert (tmp_path / "annotated.vcf.gz").read_bytes()[:2] == b"\x1f\x8b"

        page.goto(f"{secure.web}/billing")
        page.get_by_role("button", name=re.compile("Premium")).first.click()
        page.wait_for_url(re.compile(re.escape(addresses.url("stripe"))))
        page.get_by_label(re.compile("Card number", re.I)).fill("4242424242424242")
        page.get_by_label(re.compile("Expir", re.I)).fill("12/34")
        page.get_by_label(re.compile("CVC|security", re.I)).fill("123")
        page.get_by_label(re.compile("Name", re.I)).fill("Ada Lovelace")
        page.get_by_role("button", name=re.compile("Pay|Subscribe", re.I)).click()
        page.wait_for_url(f"{secure.web}/billing/return**")
        # Stripe's signed callback came by HTTPS
        expect(page.get_by_text("Premium").first).to_be_visible()

        page.get_by_label("Account of Ada Lovelace").click()
        page.get_by_role("button", name="Log out").click()
        page.wait_for_url(re.compile(re.escape(product.globus)))

        allowed = {product.web, product.gateway, product.globus, addresses.url("stripe")}
        assert watched.origins <= allowed
        assert watched.console == []
        assert watched.crashed == []

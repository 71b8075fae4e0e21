"""Every page, on a phone or on a desk: room, stillness, weight, axe, the policy.

Every other page is looked at on the phone, the others on the desk, which costs half the time;
`make measure-pages` looks at all of them in all widths and colours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from playwright.sync_api import Browser

from tests.e2e.browsing import CHROMIUM, Look
from tests.e2e.conftest import Product
from tests.e2e.measure import MOST_OWN_BYTES, MOST_SHIFT, chromium, measure
from tests.e2e.pages import NAMES, PageOf, all_pages

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs the chromium package"),
]

PHONE = Look("phone", 360, 740, "light")
DESK = Look("desk", 1280, 800, "dark")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def pages(product: Product) -> Iterator[Mapping[str, PageOf]]:
    with all_pages(product.web) as found:
        yield {page.name: page for page in found}


@pytest.mark.parametrize(
    ("name", "look"),
    [(name, (PHONE, DESK)[number % 2]) for number, name in enumerate(NAMES)],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_a_page_keeps_its_promises(
    browser: Browser, product: Product, pages: Mapping[str, PageOf], name: str, look: Look
) -> None:
    found = measure(browser, product.web, pages[name], look)
    assert found.status == pages[name].status
    assert list(found.complaints) == []
    assert [str(violation) for violation in found.grave] == []
    assert list(found.overflow) == []
    assert found.cls < MOST_SHIFT, found.moved
    assert found.own_bytes < MOST_OWN_BYTES

"""How every page does in the real Chromium: speed, stillness, weight, rules, room.

`make measure-pages` writes a table and pictures into tests/e2e/measured/. Each visit is a browser
of its own, with nothing in its cache.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from local.addresses import Addresses
from tests.e2e.axe import GRAVE, Violation, violations
from tests.e2e.browsing import ARGUMENTS, CHROMIUM, Look, Watched, visit
from tests.e2e.pages import PageOf, all_pages
from tests.support.installation import Installation

OUTPUT = Path(__file__).parent / "measured"
WIDTHS = {360: 740, 1280: 800, 2560: 1440}
LIBRARIES = re.compile(r"/(bootstrap|vendor)/")
MOST_OWN_BYTES = 100_000
MOST_SHIFT = 0.1

#: Runs before the page's own scripts and keeps what the browser tells only while it happens.
_OBSERVE = """
window.measured = {lcp: 0, cls: 0, blocked: 0, moved: []};
const watch = (type, see) => new PerformanceObserver((list) => list.getEntries().forEach(see))
  .observe({type, buffered: true});
watch("largest-contentful-paint", (entry) => { measured.lcp = entry.startTime; });
watch("layout-shift", (entry) => {
  if (entry.hadRecentInput) return;
  measured.cls += entry.value;
  const names = entry.sources.map(({node}) => node?.outerHTML?.slice(0, 70) ?? node?.nodeName);
  measured.moved.push(`${entry.value.toFixed(3)} ${names.join(" , ")}`);
});
watch("longtask", (entry) => { measured.blocked += Math.max(0, entry.duration - 50); });
"""
_WIDER_THAN_THE_SCREEN = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  return [...document.body.querySelectorAll("*")]
    .filter((element) => element.getBoundingClientRect().right > room + 1)
    .slice(0, 3).map((element) => element.outerHTML.slice(0, 90));
}"""


@dataclass(frozen=True)
class Measured:
    """One visit. Times in milliseconds, sizes in bytes as they travelled."""

    page: str
    look: Look
    status: int
    lcp: float
    cls: float
    blocked: float
    own_bytes: int
    library_bytes: int
    requests: int
    complaints: Sequence[str]
    """What the console said (violations of the policy too), exceptions, and other hosts asked."""
    axe: Sequence[Violation]
    moved: Sequence[str]
    """What moved after it was painted, and by how much."""
    overflow: Sequence[str]
    """Elements that stick out at the right, when the page must be scrolled sideways."""

    @property
    def grave(self) -> Sequence[Violation]:
        return [each for each in self.axe if each.impact in GRAVE]


class _Traffic:
    """Counts what travels over the wire."""

    def __init__(self, page: Page) -> None:
        self._urls: dict[str, str] = {}
        self.bytes: dict[str, int] = {}
        session: CDPSession = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._begin)
        session.on("Network.loadingFinished", self._end)

    def _begin(self, event: Mapping[str, Any]) -> None:
        self._urls[event["requestId"]] = event["request"]["url"]

    def _end(self, event: Mapping[str, Any]) -> None:
        url = self._urls.get(event["requestId"], "")
        if url.startswith("http"):
            self.bytes[url] = self.bytes.get(url, 0) + int(event["encodedDataLength"])


def measure(
    browser: Browser, web: str, of: PageOf, look: Look, picture: Path | None = None
) -> Measured:
    """Visit a page and write down everything about it."""
    with visit(browser, look) as (page, watched):
        host = urlsplit(web).hostname or ""
        page.context.add_cookies(
            [
                {"name": c.name, "value": c.value or "", "domain": host, "path": "/"}
                for c in of.cookies.jar
                if c.domain.startswith(host)
            ]
        )
        page.add_init_script(_OBSERVE)
        traffic = _Traffic(page)
        answer = page.goto(of.address(web))
        assert answer is not None
        page.wait_for_load_state("load")
        page.wait_for_timeout(700)  # what scripts fetch, and the last shift of the layout
        told = page.evaluate("window.measured")
        if picture is not None:
            page.screenshot(path=picture, full_page=True, animations="disabled")
        own = {url: n for url, n in traffic.bytes.items() if not LIBRARIES.search(url)}
        return Measured(
            page=of.name,
            look=look,
            status=answer.status,
            lcp=told["lcp"],
            cls=told["cls"],
            moved=told["moved"],
            blocked=told["blocked"],
            own_bytes=sum(own.values()),
            library_bytes=sum(traffic.bytes.values()) - sum(own.values()),
            requests=len(traffic.bytes),
            complaints=_complaints(watched, web, of),
            overflow=page.evaluate(_WIDER_THAN_THE_SCREEN),
            axe=violations(page),
        )


def _complaints(watched: Watched, web: str, of: PageOf) -> Sequence[str]:
    """Without what the browser says about the page's own status, where that is meant."""
    at = urlsplit(of.address(web))
    meant = of.address(web) if of.status >= 400 else None
    said = [line for line in watched.console if meant is None or meant not in line]
    hosts = [f"a request to {o}" for o in sorted(watched.origins - {f"{at.scheme}://{at.netloc}"})]
    return [*said, *watched.crashed, *hosts]


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


def table(found: Sequence[Measured]) -> str:
    """All visits as Markdown, and below what is wrong, in words."""
    lines = [
        "| page | look | status | LCP ms | CLS | blocked ms | own KB | libraries KB | requests "
        "| complaints | axe grave / all | overflow |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    wrong = []
    for m in found:
        lines.append(
            f"| {m.page} | {m.look.name} | {m.status} | {m.lcp:.0f} | {m.cls:.3f} "
            f"| {m.blocked:.0f} | {m.own_bytes / 1000:.1f} | {m.library_bytes / 1000:.1f} "
            f"| {m.requests} | {len(m.complaints)} | {len(m.grave)} / {len(m.axe)} "
            f"| {'yes' if m.overflow else 'no'} |"
        )
        wrong += [f"- {m.page}, {m.look.name}: {what}" for what in problems(m)]
    return "\n".join([*lines, "", *(wrong or ["Nothing is wrong."]), ""])


def problems(m: Measured) -> Sequence[str]:
    """What is wrong with a page, in words; lesser findings of axe too."""
    found = [*m.complaints, *(str(violation) for violation in m.axe)]
    if m.overflow:
        found.append(f"wider than the screen: {m.overflow}")
    if m.cls >= MOST_SHIFT:
        found.append(f"shifts by {m.cls:.2f}: {m.moved}")
    if m.own_bytes > MOST_OWN_BYTES:
        found.append(f"{m.own_bytes} bytes of its own")
    return found


def _looks(widths: Sequence[int], colours: Sequence[str]) -> Sequence[Look]:
    return [Look(f"{w}-{c}", w, WIDTHS[w], c) for w, c in product(widths, colours)]


@contextmanager
def _running(offset: int | None) -> Iterator[str]:
    if offset is not None:
        yield Addresses().shifted(offset).url("web")
        return
    with TemporaryDirectory() as folder:
        installation = Installation(Path(folder) / "data")
        installation.start()
        yield installation.web
        installation.stop()


def main() -> None:
    """The command line; see `make measure-pages`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port-offset", type=int, help="measure an installation that runs")
    parser.add_argument("--only", nargs="*", help="names of pages")
    parser.add_argument("--widths", nargs="*", type=int, default=list(WIDTHS))
    parser.add_argument("--colours", nargs="*", default=["light", "dark"])
    options = parser.parse_args()
    OUTPUT.mkdir(exist_ok=True)
    found = []
    with _running(options.port_offset) as web, all_pages(web) as pages, chromium() as browser:
        for of in pages:
            if options.only and of.name not in options.only:
                continue
            for look in _looks(options.widths, options.colours):
                picture = OUTPUT / f"{of.name}-{look.name}.png"
                found.append(measure(browser, web, of, look, picture))
    (OUTPUT / "pages.md").write_text(table(found))
    sys.stdout.write(table(found))


if __name__ == "__main__":
    main()

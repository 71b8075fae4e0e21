"""A real Chromium that is watched: every request, every word on the console."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
)
SCREENSHOTS = Path(__file__).parent / "screenshots"


@dataclass(frozen=True)
class Look:
    """A way to look at the pages."""

    name: str
    width: int
    height: int
    colours: str


LOOKS = (
    Look("desktop-light", 1280, 800, "light"),
    Look("desktop-dark", 1280, 800, "dark"),
    Look("phone-light", 390, 844, "light"),
    Look("phone-dark", 390, 844, "dark"),
)


@dataclass
class Watched:
    """What a browser did that it should not have done."""

    console: list[str] = field(default_factory=list)
    origins: set[str] = field(default_factory=set)
    crashed: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.crashed.append(str(error)))
        page.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:  # violations of the CSP are errors too
            self.console.append(f"{message.type}: {message.text} ({message.location['url']})")

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"}:
            self.origins.add(f"{parts.scheme}://{parts.netloc}")
        elif parts.scheme not in {"blob", "about"}:
            self.console.append(f"a request to {request.url[:80]}")


@contextmanager
def visit(browser: Browser, look: Look, **options: Any) -> Iterator[tuple[Page, Watched]]:
    """A page in a browser of its own (no cookies, no cache), and what it does."""
    context: BrowserContext = browser.new_context(
        viewport={"width": look.width, "height": look.height},
        color_scheme=look.colours,
        locale="en-GB",
        timezone_id="Europe/Berlin",
        accept_downloads=True,
        **options,
    )
    context.set_default_timeout(15_000)
    try:
        page = context.new_page()
        watched = Watched()
        watched.watch(page)
        yield page, watched
    finally:
        context.close()


class Camera:
    """Takes a numbered picture of each step; checks that a phone need not scroll sideways."""

    def __init__(self, page: Page, name: str) -> None:
        self._page = page
        self._name = name
        self._count = 0

    def shoot(self, step: str) -> None:
        """Keep the whole page as `screenshots/{name}-{number}-{step}.png`."""
        self._count += 1
        SCREENSHOTS.mkdir(exist_ok=True)
        path = SCREENSHOTS / f"{self._name}-{self._count:02}-{step}.png"
        self._page.screenshot(path=path, full_page=True, animations="disabled")
        widths = self._page.evaluate(
            "() => [document.documentElement.scrollWidth, window.innerWidth]"
        )
        assert widths[0] <= widths[1], f"{step} is wider than the screen: {widths}"

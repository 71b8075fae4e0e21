"""The mailbox, reading from the mail interface of a cloud that a test plays."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from local.mailbox.app import create_app
from local.mailbox.source import MailSource

TOKEN = "t0ken"


def mail(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "seq": number,
        "id": f"id-{number}",
        "at": 1_700_000_000 + number,
        "from": "gas@localhost.localdomain",
        "to": ["ada@example.org"],
        "cc": [],
        "bcc": [],
        "subject": f"Mail {number}",
        "attachments": [],
        "text": f"text {number}",
        "html": f"<p>html {number}</p>",
    } | changes


class Cloud:
    """Answers `GET /_gas/mail` as the embedded cloud does."""

    def __init__(self, mails: list[dict[str, Any]]) -> None:
        self.mails = {m["id"]: m for m in mails}
        self.down = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("refused")
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return httpx.Response(401)
        mail_id = request.url.path.removeprefix("/_gas/mail").strip("/")
        if mail_id:
            found = self.mails.get(mail_id)
            return httpx.Response(200, json=found) if found else httpx.Response(404)
        limit = int(request.url.params["limit"])
        before = int(request.url.params.get("before", 10**9))
        newest = sorted(self.mails.values(), key=lambda m: -m["seq"])
        page = [m for m in newest if m["seq"] < before][:limit]
        return httpx.Response(200, json={"mails": page})


@pytest.fixture
def cloud() -> Cloud:
    others = [mail(n) for n in range(1, 131)]
    return Cloud([*others, mail(200, to=["Bob@Example.org"], subject="<b>For Bob</b>")])


class Browser:
    """Asks the mailbox, without a socket."""

    def __init__(self, app: Starlette) -> None:
        self._app = app

    def get(self, path: str, params: dict[str, str] | None = None) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://mailbox") as client:
                return await client.get(path, params=params)

        return asyncio.run(ask())


@pytest.fixture
def browser(cloud: Cloud, tmp_path: Path) -> Browser:
    token = tmp_path / "mail-token"
    token.write_text(TOKEN + "\n")
    client = httpx.AsyncClient(transport=httpx.MockTransport(cloud), base_url="http://cloud")
    return Browser(create_app(MailSource(client, token)))


def test_the_newest_mail_comes_first_and_older_ones_on_the_next_page(browser: Browser) -> None:
    page = browser.get("/").text
    assert page.index("For Bob") < page.index("Mail 130") < page.index("Mail 90")
    assert "Mail 60<" not in page
    older = browser.get("/", params={"before": "82"}).text
    assert "Mail 81<" in older
    assert "Mail 82<" not in older


@pytest.mark.parametrize(
    ("query", "subjects"),
    [
        ({"to": "bob@example.org"}, ["<b>For Bob</b>"]),
        ({"to": "BOB"}, ["<b>For Bob</b>"]),
        ({"to": "nobody"}, []),
        ({"limit": "2"}, ["<b>For Bob</b>", "Mail 130"]),
        ({"to": "ada", "limit": "1"}, ["Mail 130"]),
    ],
)
def test_search_as_json(browser: Browser, query: dict[str, str], subjects: list[str]) -> None:
    answer = browser.get("/api/messages", params=query).json()
    assert [message["subject"] for message in answer["messages"]] == subjects


def test_a_search_looks_beyond_the_first_page_of_the_cloud(browser: Browser) -> None:
    answer = browser.get("/api/messages", params={"to": "ada", "limit": "500"}).json()
    assert len(answer["messages"]) == 130


def test_a_subject_is_shown_as_text(browser: Browser) -> None:
    assert "&lt;b&gt;For Bob&lt;/b&gt;" in browser.get("/").text
    assert "<b>For Bob" not in browser.get("/messages/id-200").text


def test_the_html_part_is_kept_in_a_sandbox(browser: Browser) -> None:
    page = browser.get("/messages/id-7")
    assert "text 7" in page.text
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.text
    part = browser.get("/messages/id-7/html")
    assert "<p>html 7</p>" in part.text
    policy = part.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-popups")
    assert "default-src 'none'" in policy
    assert "allow-scripts" not in policy


def test_one_mail_as_json(browser: Browser) -> None:
    found = browser.get("/api/messages/id-7").json()
    assert (found["text"], found["html"]) == ("text 7", "<p>html 7</p>")
    assert found["at"] == "2023-11-14T22:13:27+00:00"


@pytest.mark.parametrize("path", ["/messages/none", "/messages/none/html", "/api/messages/none"])
def test_a_mail_that_is_not_there(browser: Browser, path: str) -> None:
    assert browser.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/", "/messages/id-1", "/api/messages"])
def test_a_cloud_that_is_away_is_said_so(browser: Browser, cloud: Cloud, path: str) -> None:
    cloud.down = True
    answer = browser.get(path)
    assert answer.status_code == 503
    assert "does not answer" in answer.text

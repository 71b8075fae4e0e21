"""Webhooks on the whole product: a receiver of one's own fails twice, then takes what was signed,
as the library of Standard Webhooks finds.
"""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
import smoke
from standardwebhooks import Webhook

from tests.e2e.conftest import Product
from tests.e2e.person import Person
from tests.support.waiting import wait_until


class Receiver:
    """A user's own system on this machine: answers with `statuses`, then 200."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.got: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.got.append((dict(self.headers.items()), body))
                status = receiver.statuses.pop(0) if receiver.statuses else 200
                answer = b"taken" if status == 200 else b"not now"
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def verified(self, secret: str) -> list[Any]:
        """The messages, each held against its signature."""
        return [Webhook(secret).verify(body, headers) for headers, body in self.got]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver(500, 503)
    yield made
    made.close()


def api_of(person: Person) -> httpx.Client:
    """The API with a token that may change webhooks."""
    page = smoke.Page(person.client.get(f"{person.web}/account/tokens").raise_for_status())
    form = next(form for form in page.forms if form.action.endswith("/account/tokens"))
    wishes = {"name": "hooks", "scope": ["webhooks:write"], "days": "7"}
    made = person.client.post(form.action, data={**form.fields, **wishes})
    token = made.raise_for_status().text.split('id="fresh">')[1].split("<")[0]
    return httpx.Client(
        base_url=f"{person.web}/api/v1/",
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )


@pytest.mark.timeout(300)
def test_a_job_is_told_after_two_failures_and_once_more_when_asked(
    product: Product, receiver: Receiver
) -> None:
    with Person(product.web) as person, api_of(person) as api:
        wishes = {"url": receiver.url, "events": ["job.completed"], "description": "lab"}
        made = api.post("webhooks", json=wishes).raise_for_status().json()
        secret, path = made["secret"], f"webhooks/{made['endpoint_id']}"
        assert secret not in api.get(path).text
        job_id = person.annotate()
        person.finished(job_id)
        wait_until(lambda: len(receiver.got) == 3, seconds=120, every=0.5)

        told = receiver.verified(secret)
        assert {message["data"]["job_id"] for message in told} == {job_id}
        assert {headers["webhook-id"] for headers, _ in receiver.got} == {
            receiver.got[0][0]["webhook-id"]
        }
        page = person.client.get(told[0]["data"]["url"])
        assert "mine.vcf" in page.text

        def log() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = api.get(f"{path}/deliveries").json()["deliveries"]
            return found

        wait_until(lambda: log()[0]["state"] == "delivered", seconds=30, every=0.2)
        (delivery,) = log()
        assert [attempt["status"] for attempt in delivery["attempts"]] == [500, 503, 200]
        assert delivery["attempts"][0]["response"] == "not now"
        assert json.loads(delivery["body"]) == told[0]

        again = api.post(f"{path}/deliveries/{delivery['delivery_id']}/replay")
        assert again.status_code == httpx.codes.ACCEPTED
        wait_until(lambda: len(receiver.got) == 4, seconds=30, every=0.2)
        assert receiver.verified(secret)[3] == told[0]

        receiver.statuses = [410]
        fresh = api.post(f"{path}/rotate-secret").json()["secret"]
        api.post(f"{path}/ping").raise_for_status()
        wait_until(lambda: len(receiver.got) == 5, seconds=30, every=0.2)
        for either in (fresh, secret):
            last, body = receiver.got[4]
            assert Webhook(either).verify(body, last)["type"] == "ping"

        receiver.statuses = [410]
        person.finished(person.annotate("second.vcf"))
        wait_until(lambda: not api.get(path).json()["enabled"], seconds=60, every=0.5)
        assert api.get(path).json()["disabled_because"] == "gone"
        mails = f"{product.mailbox}/api/messages"
        query = {"to": person.email, "limit": "50"}
        wait_until(
            lambda: "webhook" in httpx.get(mails, params=query).text.lower(),
            seconds=60,
            every=0.5,
        )


def test_no_address_leads_into_the_product_or_the_network(product: Product) -> None:
    with Person(product.web) as person, api_of(person) as api:
        for url in ("https://169.254.169.254/", "http://example.org/", "https://10.0.0.1/"):
            refused = api.post("webhooks", json={"url": url, "events": ["job.failed"]})
            if refused.status_code == httpx.codes.CREATED:
                # Loopback is open here, and HTTP with it: what a name leads to shows when it is
                # resolved, and is in the log.
                made = refused.json()["endpoint_id"]
                api.post(f"webhooks/{made}/ping").raise_for_status()

                def state(path: str = f"webhooks/{made}/deliveries") -> str:
                    return str(api.get(path).json()["deliveries"][0]["state"])

                wait_until(lambda found=state: found() == "failed", seconds=30, every=0.5)
            else:
                assert refused.json()["code"] == "address_refused"

"""A person who uses the running product over HTTP: annotates, pays, cancels, downloads."""

from __future__ import annotations

import hashlib
import re
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

import httpx
import smoke

from tests.support.waiting import wait_until

GOOD_CARD = "4242424242424242"
DECLINED_CARD = "4000000000000002"
FAILS_LATER_CARD = "4000000000000341"


class Person:
    """Somebody new, logged in, with a browser's cookies."""

    def __init__(self, web: str) -> None:
        self.web = web
        self.email = f"ada-{uuid4().hex[:10]}@example.org"
        self.client = httpx.Client(follow_redirects=True, timeout=60)
        self.files: dict[str, dict[str, str]] = {}
        """Where each file of a job is asked for, by job and name (`remember`)."""

    def __enter__(self) -> Self:
        self.page = smoke.log_in(self.client, self.web, self.email)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.client.close()

    # ------------------------------------------------------------ jobs

    def annotate(self, name: str = "mine.vcf", content: bytes = smoke.BUILT_IN.encode()) -> str:
        """Submit a file; the job's id."""
        return smoke.upload(self.client, self.web, self.page, name, content)

    def finished(self, job_id: str, seconds: float = 60) -> dict[str, Any]:
        """The job once it is COMPLETED, as JSON."""
        return smoke.wait(self.client, self.web, job_id, seconds)

    def job(self, job_id: str) -> dict[str, Any]:
        """The job as it is now, as JSON."""
        answer = self.client.get(f"{self.web}/annotations/{job_id}", headers=smoke.ACCEPT_JSON)
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    def download(self, job_id: str, file: str = "annotated") -> httpx.Response:
        """What asking for the file answers, whatever that is."""
        return self.client.get(self.address(job_id, file), headers=smoke.ACCEPT_JSON)

    def address(self, job_id: str, file: str = "annotated") -> str:
        """Where a file of a job is asked for, whether or not it is offered just now."""
        url: str = self.files[job_id][file]
        return url

    def remember(self, job_id: str) -> dict[str, str]:
        """Download all files of a job while they can be had; their SHA-256 by name."""
        offered = self.job(job_id)["files"]
        self.files[job_id] = {name: urljoin(self.web, f["url"]) for name, f in offered.items()}
        return {name: self.sha256(job_id, name) for name in offered}

    def sha256(self, job_id: str, file: str) -> str:
        """Of the file as it is downloaded now."""
        answer = self.download(job_id, file)
        assert answer.is_success, f"{file}: {answer.status_code} {answer.text[:300]}"
        return hashlib.sha256(answer.content).hexdigest()

    def results_state(self, job_id: str) -> str:
        return str(self.job(job_id)["results_state"])

    def wait_for_state(self, job_id: str, state: str, seconds: float = 60) -> None:
        """Wait until the job's results are in a state."""
        wait_until(lambda: self.results_state(job_id) == state, seconds=seconds, every=0.2)

    # ------------------------------------------------------------ money

    def plan(self) -> str:
        """The plan as the service has it."""
        answer = self.client.get(f"{self.web}/billing", headers=smoke.ACCEPT_JSON)
        return str(answer.raise_for_status().json()["plan"])

    def to_checkout(self) -> smoke.Page:
        """From the plan page to the payment page."""
        return self._submit(self._form(self._billing(), r"/billing/checkout$"))

    def pay(self, card: str = GOOD_CARD) -> smoke.Page:
        """Buy Premium with a card; the page that comes after."""
        return self._submit(
            self._form(self.to_checkout(), r""),
            number=card,
            expiry="12/34",
            cvc="123",
            name="Ada Lovelace",
        )

    def upgrade(self, seconds: float = 30) -> None:
        """Buy Premium and wait until it is confirmed."""
        arrived = self.pay()
        assert urlsplit(arrived.url).path == "/billing/return", arrived.url
        wait_until(lambda: self.plan() == "premium", seconds=seconds, every=0.1)

    def portal(self) -> smoke.Page:
        """The page of the subscription."""
        return self._submit(self._form(self._billing(), r"/billing/portal$"))

    def cancel(self, seconds: float = 30) -> None:
        """End the subscription at once and wait until that is known."""
        self._submit(self._form(self.portal(), r""), action="cancel_now")
        wait_until(lambda: self.plan() == "free", seconds=seconds, every=0.1)

    def _billing(self) -> smoke.Page:
        return smoke.Page(self.client.get(f"{self.web}/billing").raise_for_status())

    def _form(self, page: smoke.Page, action: str) -> smoke.Form:
        found = [f for f in page.forms if f.method == "post" and re.search(action, f.action)]
        assert found, f"no form for {action} on {page.url}: {page.forms}"
        return found[0]

    def _submit(self, form: smoke.Form, **typed: str) -> smoke.Page:
        answer = self.client.post(form.action, data={**form.fields, **typed})
        expected = answer.is_success or answer.status_code == httpx.codes.PAYMENT_REQUIRED
        assert expected, f"{form.action}: {answer.status_code} {answer.text[:500]}"
        return smoke.Page(answer)

"""The business of the service, by HTTP on the whole product: free window, archive, payment, thaw,
cancellation; then the same with kill -9 of everything in the middle of each phase.
"""

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest

from tests.e2e.person import DECLINED_CARD, Person
from tests.support.installation import Installation
from tests.support.waiting import wait_until

FAST = {
    "GAS_FREE_WINDOW_SECONDS": "6",
    "GAS_THAW_LOOK_SECONDS": "1",
    "GAS_COLD_EXPEDITED_SECONDS": "2",
    "GAS_LEASE_SECONDS": "5",
}
WARM = ("log", "summary", "receipt", "index")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(tmp_path_factory.mktemp("life") / "data", environment=FAST)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def ada(installation: Installation) -> Iterator[Person]:
    with Person(installation.web) as person:
        yield person


def archived(person: Person) -> tuple[str, dict[str, str]]:
    """A job whose results have gone to cold storage, and the SHA-256 of its files."""
    job_id = person.annotate()
    person.finished(job_id)
    sums = person.remember(job_id)
    person.wait_for_state(job_id, "ARCHIVED")
    return job_id, sums


def is_back(person: Person, job_id: str, sums: dict[str, str], seconds: float = 60) -> None:
    """The results can be had again, and no byte differs."""
    person.wait_for_state(job_id, "AVAILABLE", seconds)
    assert {name: person.sha256(job_id, name) for name in sums} == sums


def mails(installation: Installation, person: Person) -> list[str]:
    """The subjects of all mails to the person."""
    answer = httpx.get(
        f"{installation.mailbox}/api/messages", params={"to": person.email, "limit": "50"}
    )
    return [message["subject"] for message in answer.raise_for_status().json()["messages"]]


@pytest.mark.timeout(300)
def test_window_archive_upgrade_thaw_cancel_archive(
    installation: Installation, ada: Person
) -> None:
    job_id = ada.annotate()
    job = ada.finished(job_id)
    assert job["complete_time"] < job["archive_at"] == job["download_until"]
    sums = ada.remember(job_id)
    assert set(sums) == {"annotated", "table", *WARM}

    ada.wait_for_state(job_id, "ARCHIVED")
    for name in ("annotated", "table"):
        refused = ada.download(job_id, name)
        assert refused.status_code == HTTPStatus.FORBIDDEN
        assert refused.json()["error"] == "results_archived"
        assert refused.json()["remedy"]
    assert {name: ada.sha256(job_id, name) for name in WARM} == {n: sums[n] for n in WARM}
    assert "/billing" in ada.client.get(f"{ada.web}/annotations/{job_id}").text

    ada.upgrade()
    is_back(ada, job_id, sums)
    wait_until(
        lambda: any("back" in subject.lower() for subject in mails(installation, ada)),
        seconds=30,
        every=0.5,
    )
    kept = ada.annotate("kept.vcf")
    ada.finished(kept)
    sums_kept = ada.remember(kept)
    with pytest.raises(AssertionError, match="not true"):
        ada.wait_for_state(kept, "ARCHIVED", seconds=10)

    ada.cancel()
    for each in (job_id, kept):
        ada.wait_for_state(each, "ARCHIVED")
    later, _ = archived(ada)
    ada.upgrade()
    is_back(ada, job_id, sums)
    is_back(ada, kept, sums_kept)
    ada.wait_for_state(later, "AVAILABLE")


def test_a_declined_card_changes_nothing(ada: Person) -> None:
    job_id, _ = archived(ada)
    page = ada.pay(DECLINED_CARD)
    assert not page.url.startswith(ada.web)
    assert ada.plan() == "free"
    assert ada.results_state(job_id) == "ARCHIVED"


def test_the_links_of_a_free_user_end_with_the_window(ada: Person) -> None:
    job_id = ada.annotate()
    ada.finished(job_id)
    ada.remember(job_id)
    answer = httpx.get(
        ada.address(job_id), cookies=ada.client.cookies, follow_redirects=False, timeout=30
    )
    link = answer.headers["location"]
    assert httpx.get(link).status_code == HTTPStatus.OK
    wait_until(
        lambda: ada.download(job_id).status_code == HTTPStatus.FORBIDDEN, seconds=20, every=0.2
    )
    wait_until(
        lambda: httpx.get(link).status_code in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND),
        seconds=10,
        every=0.2,
    )


def test_nobody_else_gets_at_results_or_plans(installation: Installation, ada: Person) -> None:
    job_id = ada.annotate()
    ada.finished(job_id)
    ada.remember(job_id)
    with Person(installation.web) as eve:
        for url in (ada.address(job_id), f"{ada.web}/annotations/{job_id}"):
            assert eve.client.get(url).status_code == HTTPStatus.NOT_FOUND
    forged = httpx.post(
        f"{ada.web}/stripe/webhook",
        content=b'{"type": "customer.subscription.created"}',
        headers={"Stripe-Signature": "t=1,v1=00"},
    )
    assert forged.status_code == HTTPStatus.BAD_REQUEST
    assert ada.plan() == "free"


@pytest.fixture
def doomed(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "data", environment=FAST)
    made.start()
    yield made
    made.stop()


def again(installation: Installation) -> None:
    """kill -9 of every process, then the ordinary start."""
    installation.kill_everything()
    installation.start()


@pytest.mark.timeout(300)
def test_killed_after_the_payment_everything_comes_back(doomed: Installation) -> None:
    with Person(doomed.web) as ada:
        job_id, sums = archived(ada)
        ada.pay()
        again(doomed)  # the callback may or may not have come
        wait_until(
            lambda: ada.results_state(job_id) in ("RESTORING", "AVAILABLE"), seconds=90, every=0.01
        )
        again(doomed)  # on its way back
        is_back(ada, job_id, sums, 120)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_in_every_phase_nothing_is_lost(doomed: Installation) -> None:
    with Person(doomed.web) as ada:
        job_id = ada.annotate()
        ada.finished(job_id)
        sums = ada.remember(job_id)
        again(doomed)  # while the clock runs
        wait_until(lambda: ada.results_state(job_id) != "AVAILABLE", seconds=60, every=0.01)
        again(doomed)  # while it is being archived, or just after
        ada.wait_for_state(job_id, "ARCHIVED", 90)
        ada.pay()
        again(doomed)  # the payment is made; the callback may or may not have come
        wait_until(lambda: ada.plan() == "premium", seconds=60, every=0.01)
        again(doomed)  # Premium since this moment; the thaw has hardly begun
        wait_until(
            lambda: ada.results_state(job_id) in ("RESTORING", "AVAILABLE"),
            seconds=90,
            every=0.01,
        )
        again(doomed)  # on its way back
        is_back(ada, job_id, sums, 120)
        ada.cancel(60)
        again(doomed)  # cancelled; the archiver has hardly heard of it
        ada.wait_for_state(job_id, "ARCHIVED", 120)
        ada.upgrade(60)
        is_back(ada, job_id, sums, 90)

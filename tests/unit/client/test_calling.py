"""What is tried again, how often and when; what is told when it does not help."""

from pathlib import Path

import httpx
import pytest

from gas_client import ApiError, Gas, GasError, NotLoggedIn, Unavailable, Unreachable
from tests.unit.client.conftest import client
from tests.unit.client.service import TOKEN, Reply, Service, problem

PASSING: dict[str, Reply] = {
    "no connection": httpx.ConnectError("refused"),
    "broken connection": httpx.ReadError("reset"),
    "no answer": httpx.ReadTimeout("slow"),
    "503": problem(503, "service_unavailable"),
    "502 of a proxy": httpx.Response(502, text="<html>"),
    "under way": problem(409, "request_under_way"),
}


@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_is_tried_again_under_the_same_idempotency_key(
    gas: Gas, service: Service, pauses: list[float], fault: str
) -> None:
    service.fail("/variants", PASSING[fault], times=3)
    gas.variants(["20:1:A:G"])
    keys = {r.headers["idempotency-key"] for r in service.asked("POST", "/variants")}
    assert len(service.asked("POST", "/variants")) == 4
    assert len(keys) == 1
    assert len(pauses) == 3
    assert pauses[0] < pauses[2]


def test_two_posts_have_two_keys(gas: Gas, service: Service) -> None:
    gas.variants(["20:1:A:G"])
    gas.variants(["20:1:A:G"])
    assert len({r.headers["idempotency-key"] for r in service.requests}) == 2


def test_who_asked_too_often_waits_as_long_as_the_server_says(
    gas: Gas, service: Service, pauses: list[float]
) -> None:
    busy = problem(429, "too_many_requests")
    busy.headers["Retry-After"] = "7"
    service.fail("/account", busy)
    assert gas.account().name == "Ada"
    assert max(pauses) >= 7


def test_patience_ends(gas: Gas, service: Service, pauses: list[float]) -> None:
    service.fail("/account", httpx.ConnectError("refused"), times=100)
    with pytest.raises(Unreachable, match=r"gas\.example\.org"):
        gas.account()
    assert 100 <= sum(pauses) <= 120


REFUSALS: dict[str, tuple[Reply, type[GasError]]] = {
    "401": (problem(401, "invalid_token"), NotLoggedIn),
    "403": (problem(403, "insufficient_scope"), ApiError),
    "404": (problem(404, "not_found"), ApiError),
    "500": (problem(500, "internal_error"), Unavailable),
    "redirect": (httpx.Response(302, headers={"Location": "https://evil.example.org"}), ApiError),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_will_not_change_is_told_at_once(gas: Gas, service: Service, case: str) -> None:
    reply, kind = REFUSALS[case]
    service.fail("/account", reply)
    with pytest.raises(kind) as caught:
        gas.account()
    assert len(service.requests) == 1
    assert caught.value.remedy


def test_an_error_says_code_remedy_request_and_way_out(gas: Gas, service: Service) -> None:
    offer = "https://gas.example.org/billing"
    service.fail("/uploads", problem(413, "upload_too_large", "Take less.", upgrade=offer))
    with pytest.raises(ApiError) as caught:
        gas.annotate(__file__)
    found = caught.value
    assert (found.code, found.remedy) == ("upload_too_large", "Take less.")
    assert (found.status, found.request_id, found.upgrade) == (413, "r1", offer)
    assert found.retryable is False


@pytest.mark.parametrize("content", [b"<html>", b"[]", b'{"name": 1}'])
def test_an_answer_that_is_none_is_told(gas: Gas, service: Service, content: bytes) -> None:
    service.fail("/account", httpx.Response(200, content=content))
    with pytest.raises(GasError) as caught:
        gas.account()
    assert caught.value.code == "unexpected_answer"


def test_every_request_says_who_asks(gas: Gas, service: Service) -> None:
    gas.account()
    headers = service.requests[0].headers
    assert headers["user-agent"].startswith("gas-client/")
    assert headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("job_id", ["../account", "..", "", "a/b?c#d"])
def test_an_id_leads_nowhere_else(gas: Gas, service: Service, job_id: str) -> None:
    with pytest.raises(ApiError) as caught:
        gas.job(job_id)
    assert caught.value.code == "not_found"
    assert service.requests[0].url.raw_path.count(b"/") == 4


def test_jobs_are_read_page_by_page(gas: Gas, service: Service) -> None:
    made = [service.add(f"{n}.vcf") for n in range(5)]
    found = [job.job_id for job in gas.jobs(limit=2)]
    assert found == made[::-1]
    assert len(service.asked("GET", "/jobs$")) == 3


def test_a_token_is_not_in_what_is_printed_of_a_client(service: Service, tmp_path: Path) -> None:
    service.fail("/account", problem(401, "invalid_token"))
    with client(service, tmp_path) as gas, pytest.raises(NotLoggedIn) as caught:
        gas.account()
    assert TOKEN not in f"{gas!r} {vars(gas)!r} {caught.value!r} {service.requests!r}"

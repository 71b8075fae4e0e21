"""Headers, forms of errors, logging."""

from collections.abc import Callable
from typing import Any

import pytest
import structlog
from flask.testing import FlaskClient

from gas.errors import GasError
from tests.unit.web.conftest import JSON, PROBLEM, PUBLIC_URL, World, complete, make_job
from tests.unit.web.test_access import _token
from web.annotate import uploads
from web.errors import STATUS_OF
from web.present import duration, size

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self' https://inputs.example.invalid; "
    "form-action 'self' https://inputs.example.invalid https://auth.example.org "
    "https://checkout.example.org; "
    "frame-ancestors 'none'; base-uri 'none'"
)


@pytest.mark.parametrize(
    "path",
    ["/", "/annotate", "/annotations", "/profile", "/nowhere", "/healthz", "/static/css/gas.css"],
)
def test_every_answer_carries_the_headers(ada: FlaskClient, path: str) -> None:
    with ada.get(path) as answer:
        headers = answer.headers
    assert headers["Content-Security-Policy"] == CSP
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Strict-Transport-Security"].startswith("max-age=")
    assert "geolocation=()" in headers["Permissions-Policy"]
    private = "static" not in path
    assert (headers.get("Cache-Control") == "no-store") is private


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "https://localhost:4433"])
def test_no_strict_transport_on_plain_http_or_for_all_that_a_laptop_runs(
    make_world: Callable[..., World], url: str
) -> None:
    world = make_world(public_url=url)
    answer = world.client().get("/", base_url=url)
    assert answer.status_code == 200
    assert "Strict-Transport-Security" not in answer.headers


def test_pages_hold_nothing_inline_and_nothing_of_other_hosts(
    world: World, ada: FlaskClient
) -> None:
    job = complete(world, make_job(world))
    paths = ["/", "/annotate", "/annotations", f"/annotations/{job.job_id}", "/profile", "/nope"]
    for path in paths:
        page = ada.get(path).text
        assert " style=" not in page, path
        assert "<style" not in page, path
        assert " onclick" not in page, path
        assert "<script>" not in page, path
        assert 'src="http' not in page, path
        assert 'href="http' not in page, path


@pytest.mark.parametrize(
    ("headers", "content_type"),
    [
        ({}, "text/html; charset=utf-8"),
        ({"Accept": "*/*"}, "text/html; charset=utf-8"),
        ({"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}, "text/html; charset=utf-8"),
        (JSON, "application/json"),
        (PROBLEM, "application/problem+json"),
        ({"Accept": "application/json;q=0.5, text/html"}, "text/html; charset=utf-8"),
    ],
)
def test_errors_take_the_form_that_was_asked_for(
    ada: FlaskClient, headers: dict[str, str], content_type: str
) -> None:
    answer = ada.get("/nowhere", headers=headers)
    assert (answer.status_code, answer.content_type) == (404, content_type)
    assert answer.headers["X-Request-ID"] in answer.text


def test_a_body_that_is_too_large_is_refused(ada: FlaskClient) -> None:
    answer = ada.post(
        "/annotate/uploads",
        data=b"x" * (70 * 1024),
        content_type="application/json",
        headers={"X-CSRFToken": _token(ada), "Referer": PUBLIC_URL + "/", **PROBLEM},
    )
    assert (answer.status_code, answer.json["code"]) == (413, "request_too_large")


@pytest.fixture
def logged() -> Any:
    with structlog.testing.capture_logs() as entries:
        yield entries


def test_an_unexpected_error_is_logged_and_told_plainly(
    ada: FlaskClient, monkeypatch: pytest.MonkeyPatch, logged: list[dict[str, Any]]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(uploads, "files_of", broken)
    answer = ada.get("/annotate/files")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert answer.headers["X-Request-ID"] in answer.text
    (entry,) = [entry for entry in logged if entry["event"] == "unexpected_error"]
    assert isinstance(entry["exc_info"], RuntimeError)


def test_logs_hold_the_path_without_its_query(
    ada: FlaskClient, logged: list[dict[str, Any]]
) -> None:
    ada.get("/annotate/done?bucket=inputs&key=k&X-Amz-Signature=s3cret")
    (entry,) = [entry for entry in logged if entry["event"] == "request"]
    assert (entry["method"], entry["path"], entry["status"]) == ("GET", "/annotate/done", 400)
    assert entry["user_id"]
    assert "s3cret" not in str(logged)


def test_every_status_belongs_to_a_domain_error() -> None:
    assert all(issubclass(kind, GasError) for kind in STATUS_OF)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "less than a second"),
        (12, "12 s"),
        (185, "3 min 5 s"),
        (120, "2 min"),
        (7440, "2 h 4 min"),
    ],
)
def test_durations_in_words(seconds: int, words: str) -> None:

    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("n_bytes", "words"),
    [
        (1, "1 byte"),
        (950, "950 bytes"),
        (12_700, "12.4 KiB"),
        (10 * 1024**2, "10 MiB"),
        (5 * 1024**3, "5 GiB"),
        (800 * 1024, "800 KiB"),
    ],
)
def test_sizes_in_words(n_bytes: int, words: str) -> None:

    assert size(n_bytes) == words

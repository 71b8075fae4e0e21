"""`GlobusProvider` with the real SDK against the stand-in, a process of its own."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from gas.errors import ServiceUnavailable
from local.addresses import free_addresses
from tests.support.waiting import wait_until
from web.auth.errors import LoginFailed
from web.auth.login import LoginAttempt, finish
from web.auth.oidc import GlobusProvider

CALLBACK = "http://127.0.0.1:8000/authcallback"
CLIENT_ID, SECRET = "9a6f2f1e-5f0c-4a57-9a31-000000000001", "only for this test"
NOW = 1_000


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_addresses().globus
    command = [sys.executable, "-m", "local.globus", "--port", str(port)]
    command += ["--data", str(tmp_path_factory.mktemp("globus")), "--redirect-uri", CALLBACK]
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[3]),
        "GAS_GLOBUS_CLIENT_ID": CLIENT_ID,
        "GAS_GLOBUS_CLIENT_SECRET": SECRET,
    }
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return httpx.get(f"{url}/.well-known/openid-configuration").is_success
        except httpx.TransportError:
            return False

    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(answers, seconds=20)
            yield url
        finally:
            process.terminate()


@pytest.fixture
def provider(address: str, monkeypatch: pytest.MonkeyPatch) -> GlobusProvider:
    monkeypatch.setenv("GLOBUS_SDK_SERVICE_URL_AUTH", address + "/")
    return GlobusProvider(CLIENT_ID, SECRET)


def sign_in(provider: GlobusProvider, attempt: LoginAttempt) -> str:
    """What a person does in the browser; the code that comes back."""
    url = provider.authorize_url(
        state=attempt.state,
        nonce=attempt.nonce,
        code_challenge=attempt.code_challenge,
        redirect_uri=CALLBACK,
    )
    with httpx.Client() as browser:
        page = browser.get(url)
        csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)
        assert csrf is not None
        person = {"name": "Ada", "email": "ada@example.org", "organization": "Engines"}
        back = browser.post(url, data={"csrf": csrf.group(1), **person})
    query = parse_qs(urlsplit(back.headers["location"]).query)
    assert query["state"] == [attempt.state]
    return query["code"][0]


def finish_now(provider: GlobusProvider, attempt: LoginAttempt, code: str) -> object:
    # The stand-in writes tokens of today; only the age of the attempt is of the test's clock.
    return finish(provider, attempt, code=code, redirect_uri=CALLBACK, now=NOW)


def test_a_person_is_recognised(provider: GlobusProvider) -> None:
    attempt = LoginAttempt.start("/annotate", now=NOW)
    identity = finish_now(provider, attempt, sign_in(provider, attempt))
    assert vars(identity) | {"user_id": None} == {
        "user_id": None,
        "name": "Ada",
        "email": "ada@example.org",
        "organization": "Engines",
    }


def test_a_code_is_good_once(provider: GlobusProvider) -> None:
    attempt = LoginAttempt.start("/annotate", now=NOW)
    code = sign_in(provider, attempt)
    finish_now(provider, attempt, code)
    with pytest.raises(LoginFailed):
        finish_now(provider, attempt, code)


@pytest.mark.parametrize("changed", ["code_verifier", "nonce"])
def test_a_stolen_code_is_of_no_use(provider: GlobusProvider, changed: str) -> None:
    attempt = LoginAttempt.start("/annotate", now=NOW)
    code = sign_in(provider, attempt)
    other = LoginAttempt.start("/annotate", now=NOW)
    thief = replace(attempt, **{changed: getattr(other, changed)})
    with pytest.raises(LoginFailed):
        finish_now(provider, thief, code)


def test_a_wrong_secret_is_refused(provider: GlobusProvider) -> None:
    attempt = LoginAttempt.start("/annotate", now=NOW)
    code = sign_in(provider, attempt)
    with pytest.raises(LoginFailed):
        finish_now(GlobusProvider(CLIENT_ID, "wrong"), attempt, code)


def test_an_absent_provider_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = f"http://127.0.0.1:{free_addresses().globus}/"
    monkeypatch.setenv("GLOBUS_SDK_SERVICE_URL_AUTH", nowhere)
    provider = GlobusProvider(CLIENT_ID, SECRET)
    with pytest.raises(ServiceUnavailable):
        finish_now(provider, LoginAttempt.start("/", now=NOW), "code")


def test_logging_out_goes_to_the_provider(provider: GlobusProvider, address: str) -> None:
    url = provider.logout_url(return_to="http://127.0.0.1:8000/")
    assert url.startswith(f"{address}/v2/web/logout?")
    assert "http://127.0.0.1:8000/" in httpx.get(url).text

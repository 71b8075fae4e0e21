"""`GlobusProvider` with the real SDK against the stand-in, a process of its own."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from gas.errors import ServiceUnavailable
from local.addresses import free_addresses
from tests.support.waiting import wait_until
from web.account.identities import read
from web.auth.errors import LoginFailed
from web.auth.login import LoggedIn, LoginAttempt, finish
from web.auth.oidc import GlobusProvider
from web.auth.policy import LoginPolicy, LoginRefused, last_authentication

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


ANYBODY = LoginPolicy()
ADA = {"name": "Ada", "email": "ada@example.org", "organization": "Engines"}
CONFIRMED = {"second_factor": "confirmed"}


def sign_in(
    provider: GlobusProvider,
    attempt: LoginAttempt,
    policy: LoginPolicy = ANYBODY,
    person: dict[str, str] = ADA,
    **more: str,
) -> str:
    """What a person does in the browser; the code that comes back."""
    url = provider.authorize_url(
        state=attempt.state,
        nonce=attempt.nonce,
        code_challenge=attempt.code_challenge,
        redirect_uri=CALLBACK,
        demands=policy.request(),
    )
    with httpx.Client() as browser:
        page = browser.get(url)
        csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)
        assert csrf is not None
        back = browser.post(url, data={"csrf": csrf.group(1), **person, **more})
    assert back.status_code == 303, back.text
    query = parse_qs(urlsplit(back.headers["location"]).query)
    assert query["state"] == [attempt.state]
    return query["code"][0]


def finish_now(
    provider: GlobusProvider,
    attempt: LoginAttempt,
    code: str,
    policy: LoginPolicy = ANYBODY,
) -> LoggedIn:
    # The stand-in writes tokens of today; only the age of the attempt is of the test's clock.
    return finish(provider, attempt, policy, code=code, redirect_uri=CALLBACK, now=NOW)


def log_in(
    provider: GlobusProvider,
    *,
    asked: LoginPolicy = ANYBODY,
    demanded: LoginPolicy | None = None,
    person: dict[str, str] = ADA,
    **more: str,
) -> LoggedIn:
    """A whole login: `asked` is what the browser carried, `demanded` what the app insists on."""
    attempt = LoginAttempt.start("/annotate", now=NOW)
    code = sign_in(provider, attempt, asked, person, **more)
    return finish_now(provider, attempt, code, asked if demanded is None else demanded)


def test_a_person_is_recognised(provider: GlobusProvider) -> None:
    attempt = LoginAttempt.start("/annotate", now=NOW)
    identity = finish_now(provider, attempt, sign_in(provider, attempt)).identity
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


# ---------------------------------------------------------------- tokens and identities


def test_a_revoked_token_is_worthless(provider: GlobusProvider) -> None:
    token = log_in(provider).tokens["access_token"]
    assert provider.introspect(token)["active"] is True
    assert provider.userinfo(token)["email"] == "ada@example.org"
    for _ in range(2):
        provider.revoke(token)
    assert provider.introspect(token) == {"active": False}
    with pytest.raises(ServiceUnavailable):
        provider.userinfo(token)


def test_globus_tells_when_somebody_authenticated(provider: GlobusProvider) -> None:
    before = int(time.time())
    evidence = provider.introspect(log_in(provider).tokens["access_token"])
    authenticated_at = last_authentication(evidence)
    assert authenticated_at is not None
    assert before <= authenticated_at <= time.time()


def test_linked_identities_are_told(provider: GlobusProvider) -> None:
    found = read(provider.userinfo(log_in(provider).tokens["access_token"]))
    assert found.own.username == "ada@example.org"
    assert {each.username for each in found.linked} == {
        "ada@lab.example.net",
        "ada.example@mail.example.com",
    }
    assert "Example National Laboratory (stand-in)" in {each.provider for each in found.linked}


def test_nobody_is_linked_to_somebody_new(provider: GlobusProvider) -> None:
    new = {"name": "Nia New", "email": "nia@example.org"}
    login = log_in(provider, person=new)
    assert read(provider.userinfo(login.tokens["access_token"])).linked == ()


# ---------------------------------------------------------------- what an installation may demand

LAB = LoginPolicy(domains=("lab.example.net", "other.example.net"))
FACTOR = LoginPolicy(second_factor=True)
BOTH = LoginPolicy(domains=("lab.example.net",), second_factor=True)


@pytest.mark.parametrize(("policy", "more"), [(LAB, {}), (FACTOR, CONFIRMED), (BOTH, CONFIRMED)])
def test_who_meets_the_demand_comes_in_as_themselves(
    provider: GlobusProvider, policy: LoginPolicy, more: dict[str, str]
) -> None:
    plain = log_in(provider).identity
    assert log_in(provider, asked=policy, **more).identity.user_id == plain.user_id


@pytest.mark.parametrize("demanded", [LAB, FACTOR, BOTH])
def test_a_demand_taken_out_of_the_address_is_still_made(
    provider: GlobusProvider, demanded: LoginPolicy
) -> None:
    with pytest.raises(LoginRefused):
        log_in(provider, asked=ANYBODY, demanded=demanded)


def test_a_demand_for_another_domain_in_the_address_does_not_help(provider: GlobusProvider) -> None:
    with pytest.raises(LoginRefused):
        log_in(provider, asked=LoginPolicy(domains=("example.org",)), demanded=LAB)


def test_a_second_factor_of_another_identity_does_not_count(provider: GlobusProvider) -> None:
    with pytest.raises(LoginRefused):
        log_in(provider, asked=FACTOR, demanded=BOTH, **CONFIRMED)


def test_the_stand_in_asks_for_the_second_factor(provider: GlobusProvider) -> None:
    attempt = LoginAttempt.start("/annotate", now=NOW)
    url = provider.authorize_url(
        state=attempt.state,
        nonce=attempt.nonce,
        code_challenge=attempt.code_challenge,
        redirect_uri=CALLBACK,
        demands=BOTH.request(),
    )
    with httpx.Client() as browser:
        page = browser.get(url)
        assert "a login with a second factor by an identity of lab.example.net" in page.text
        csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)
        assert csrf is not None
        step = browser.post(url, data={"csrf": csrf.group(1), **ADA})
        assert (step.status_code, "Use the second factor" in step.text) == (200, True)
        identity = re.search(r'name="identity" value="([^"]+)"', step.text)
        assert identity is not None
        form = {"csrf": csrf.group(1), "identity": identity.group(1), **CONFIRMED}
        back = browser.post(url, data=form)
    code = parse_qs(urlsplit(back.headers["location"]).query)["code"][0]
    assert finish_now(provider, attempt, code, BOTH).identity.email == "ada@example.org"


def test_who_has_no_such_identity_is_told_so(provider: GlobusProvider) -> None:
    attempt = LoginAttempt.start("/annotate", now=NOW)
    ben = {"name": "Ben Sample", "email": "ben@example.org"}
    with pytest.raises(AssertionError, match=r"no identity of lab\.example\.net"):
        sign_in(provider, attempt, LAB, ben)


def test_a_refused_login_leaves_no_token(
    provider: GlobusProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    ask = provider.introspect

    def introspect(token: str) -> object:
        seen.append(token)
        return ask(token)

    monkeypatch.setattr(provider, "introspect", introspect)
    with pytest.raises(LoginRefused):
        log_in(provider, asked=ANYBODY, demanded=LAB)
    assert ask(seen[0]) == {"active": False}

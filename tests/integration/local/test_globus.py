"""The Globus stand-in, driven by the real Globus SDK over HTTP."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import globus_sdk
import httpx
import jwt
import pytest
import uvicorn

from local.addresses import HOST, free_addresses
from local.globus.__main__ import make_provider
from local.globus.app import create_app
from local.globus.protocol import Client, challenge_of
from local.globus.signing import at_hash

REDIRECT = "http://127.0.0.1:8000/authcallback"
CLIENT = Client("9a6f2f1e-5f0c-4a57-9a31-000000000001", "a secret / with + signs", (REDIRECT,))


@dataclass
class StandIn:
    """A running stand-in."""

    url: str
    data: Path


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    data = tmp_path_factory.mktemp("globus")
    port = free_addresses().globus
    url = f"http://{HOST}:{port}"
    config = uvicorn.Config(
        create_app(make_provider(data, url, CLIENT)),
        host=HOST,
        port=port,
        http="h11",
        ws="none",
        lifespan="off",
        log_level="error",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < deadline, "the stand-in did not start"
        time.sleep(0.01)
    yield StandIn(url, data)
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def sdk(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> Iterator[globus_sdk.ConfidentialAppAuthClient]:
    monkeypatch.setenv("GLOBUS_SDK_SERVICE_URL_AUTH", standin.url + "/")
    with globus_sdk.ConfidentialAppAuthClient(CLIENT.client_id, CLIENT.secret) as client:
        yield client


def begin(sdk: globus_sdk.ConfidentialAppAuthClient, *, refresh: bool = False, **more: str) -> str:
    """Start a flow; the address that a browser is sent to."""
    sdk.oauth2_start_flow(
        REDIRECT, requested_scopes="openid profile email", state="st&te", refresh_tokens=refresh
    )
    return str(sdk.oauth2_get_authorize_url(query_params={"nonce": "n0nce", **more}))


def choose(url: str, **choice: str) -> httpx.Response:
    """What a browser does: open the page, send its form; the answer to the form."""
    with httpx.Client(base_url=f"{urlsplit(url).scheme}://{urlsplit(url).netloc}") as browser:
        page = browser.get(url)
        assert page.status_code == 200
        csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)
        assert csrf is not None
        return browser.post(url, data={"csrf": csrf.group(1), **choice})


def code_of(answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text
    where = urlsplit(answer.headers["location"])
    assert f"{where.scheme}://{where.netloc}{where.path}" == REDIRECT
    query = parse_qs(where.query)
    assert query["state"] == ["st&te"]
    return query["code"][0]


def sign_in(sdk: globus_sdk.ConfidentialAppAuthClient, **more: str) -> str:
    return code_of(
        choose(begin(sdk, refresh=False, **more), name="Ada L.", email="ada.l@example.org")
    )


def test_the_sdk_sends_browsers_to_the_stand_in(
    standin: StandIn, sdk: globus_sdk.ConfidentialAppAuthClient
) -> None:
    assert begin(sdk).startswith(f"{standin.url}/v2/oauth2/authorize?")


def test_a_login_with_the_real_sdk(
    standin: StandIn, sdk: globus_sdk.ConfidentialAppAuthClient
) -> None:
    tokens = sdk.oauth2_exchange_code_for_tokens(sign_in(sdk))
    claims = tokens.decode_id_token()
    access = tokens.by_resource_server["auth.globus.org"]["access_token"]
    assert claims["iss"] == standin.url == sdk.get_openid_configuration()["issuer"]
    assert claims["aud"] == CLIENT.client_id
    assert claims["nonce"] == "n0nce"
    assert claims["at_hash"] == at_hash(access)
    assert claims["exp"] > claims["iat"]
    assert (claims["name"], claims["email"]) == ("Ada L.", "ada.l@example.org")
    assert jwt.get_unverified_header(tokens["id_token"])["alg"] == "RS256"
    assert tokens.by_resource_server["auth.globus.org"]["refresh_token"] is None

    with globus_sdk.AuthClient(authorizer=globus_sdk.AccessTokenAuthorizer(access)) as auth:
        told = auth.userinfo()
        assert told["sub"] == claims["sub"]
        assert told["preferred_username"] == "ada.l@example.org"
        found = list(auth.get_identities(usernames="ada.l@example.org,nobody@example.org"))
        assert [identity["id"] for identity in found] == [claims["sub"]]
        assert next(iter(auth.get_identities(ids=claims["sub"])))["name"] == "Ada L."


def test_tokens_are_introspected_refreshed_and_revoked(
    sdk: globus_sdk.ConfidentialAppAuthClient,
) -> None:
    url = begin(sdk, refresh=True)
    code = code_of(choose(url, name="Rob", email="rob@example.org"))
    tokens = sdk.oauth2_exchange_code_for_tokens(code)
    first = tokens["access_token"]
    active = sdk.oauth2_token_introspect(first)
    assert active["active"] is True
    assert active["username"] == "rob@example.org"

    second = sdk.oauth2_refresh_token(tokens["refresh_token"])["access_token"]
    assert second != first
    sdk.oauth2_revoke_token(second)
    assert sdk.oauth2_token_introspect(second).data == {"active": False}
    assert sdk.oauth2_token_introspect(first)["active"] is True

    sdk.oauth2_revoke_token(tokens["refresh_token"])
    assert sdk.oauth2_token_introspect(first)["active"] is False
    with pytest.raises(globus_sdk.AuthAPIError):
        sdk.oauth2_refresh_token(tokens["refresh_token"])


def test_a_code_is_good_once_and_a_second_use_revokes(
    sdk: globus_sdk.ConfidentialAppAuthClient,
) -> None:
    code = sign_in(sdk)
    tokens = sdk.oauth2_exchange_code_for_tokens(code)
    with pytest.raises(globus_sdk.AuthAPIError) as refused:
        sdk.oauth2_exchange_code_for_tokens(code)
    assert refused.value.http_status == 400
    assert sdk.oauth2_token_introspect(tokens["access_token"])["active"] is False


@pytest.mark.parametrize(
    ("verifier", "fits"),
    [("v" * 50, True), ("w" * 50, False), ("", False)],
)
def test_pkce(sdk: globus_sdk.ConfidentialAppAuthClient, verifier: str, fits: bool) -> None:
    code = sign_in(sdk, code_challenge=challenge_of("v" * 50), code_challenge_method="S256")
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    if verifier:
        form["code_verifier"] = verifier
    if fits:
        assert sdk.oauth2_token(form)["access_token"]
    else:
        with pytest.raises(globus_sdk.AuthAPIError, match=r"invalid_grant|code_verifier"):
            sdk.oauth2_token(form)


@pytest.mark.parametrize(
    "client",
    [("wrong", CLIENT.secret), (CLIENT.client_id, "wrong"), (CLIENT.client_id, "")],
)
def test_only_the_registered_client_gets_tokens(
    standin: StandIn, sdk: globus_sdk.ConfidentialAppAuthClient, client: tuple[str, str]
) -> None:
    form = {"grant_type": "authorization_code", "code": sign_in(sdk), "redirect_uri": REDIRECT}
    answer = httpx.post(f"{standin.url}/v2/oauth2/token", data=form, auth=client)
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("changed", "value"),
    [
        ("redirect_uri", REDIRECT + "/"),
        ("redirect_uri", "http://127.0.0.1:8000/authcallback?x=1"),
        ("redirect_uri", "https://elsewhere.example/"),
        ("client_id", "somebody"),
    ],
)
def test_a_wrong_address_or_client_is_never_redirected_to(
    sdk: globus_sdk.ConfidentialAppAuthClient, changed: str, value: str
) -> None:
    url = httpx.URL(begin(sdk)).copy_set_param(changed, value)
    answer = httpx.get(url)
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("changed", "value", "error"),
    [
        ("response_type", "token", "unsupported_response_type"),
        ("scope", "openid everything", "invalid_scope"),
        ("code_challenge", "short", "invalid_request"),
    ],
)
def test_other_faults_go_back_to_the_client(
    sdk: globus_sdk.ConfidentialAppAuthClient, changed: str, value: str, error: str
) -> None:
    answer = httpx.get(httpx.URL(begin(sdk)).copy_set_param(changed, value))
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert query["error"] == [error]
    assert query["state"] == ["st&te"]


def test_cancel_tells_the_client(sdk: globus_sdk.ConfidentialAppAuthClient) -> None:
    answer = choose(begin(sdk), choice="cancel")
    assert "error=access_denied" in answer.headers["location"]


def test_a_form_from_elsewhere_is_refused(sdk: globus_sdk.ConfidentialAppAuthClient) -> None:
    answer = httpx.post(begin(sdk), data={"csrf": "guess", "name": "M", "email": "m@example.org"})
    assert answer.status_code == 403
    assert "location" not in answer.headers


def test_what_a_person_typed_is_shown_as_text(sdk: globus_sdk.ConfidentialAppAuthClient) -> None:
    url = begin(sdk)
    code_of(choose(url, name="<script>alert(1)</script>", email="x@example.org"))
    page = httpx.get(httpx.URL(url).copy_set_param("state", '"><script>alert(2)</script>'))
    assert "<script" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("name", "email"), [("", "a@example.org"), ("A", "no address"), ("A" * 300, "a@example.org")]
)
def test_details_that_make_nobody_are_refused(
    sdk: globus_sdk.ConfidentialAppAuthClient, name: str, email: str
) -> None:
    answer = choose(begin(sdk), name=name, email=email)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


def test_the_page_says_what_it_is(sdk: globus_sdk.ConfidentialAppAuthClient) -> None:
    assert "Sign-in stand-in of this installation, not Globus." in httpx.get(begin(sdk)).text


@pytest.mark.parametrize(
    ("back", "offered"),
    [
        ("http://127.0.0.1:8000/", True),
        ("https://elsewhere.example/", False),
        ("javascript:alert(1)", False),
    ],
)
def test_logout_leads_back_to_the_web_app_only(standin: StandIn, back: str, offered: bool) -> None:
    page = httpx.get(f"{standin.url}/v2/web/logout", params={"redirect_uri": back})
    assert (f'href="{back}"' in page.text) is offered


def test_the_same_person_keeps_the_identifier_and_the_key_survives(
    standin: StandIn, sdk: globus_sdk.ConfidentialAppAuthClient
) -> None:
    before = sdk.oauth2_exchange_code_for_tokens(sign_in(sdk)).decode_id_token()["sub"]
    again = make_provider(standin.data, standin.url, CLIENT)
    found = again.store.by_username("ADA.L@example.org")
    assert found is not None
    assert found.subject == before
    assert again.signer.public_keys() == sdk.get_jwk(sdk.get_openid_configuration(), as_pem=False)

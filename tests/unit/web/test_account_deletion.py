"""Deleting an account: who may, in which order, and what a crash in between leaves."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from gas.billing.errors import PaymentRefused
from gas.billing.ports import SubscriptionRecord
from gas.certificates import CertificateSigner, holds
from gas.erasure import CERTIFICATE_KEYS, erasure_id_of
from gas.errors import ServiceUnavailable
from gas.messages import AccountErasureRequested
from tests.unit.web.conftest import ADA, BEN, PUBLIC_URL, World
from tests.unit.web.test_access import _token
from web.auth.session import RECENT_SECONDS

MAIL = "ada1@example.org"
PAGE = "/account/delete"


def confirm(client: FlaskClient, email: str = MAIL) -> Any:
    data = {"csrf_token": _token(client), "email": email}
    return client.post(PAGE, data=data, headers={"Referer": PUBLIC_URL + "/"})


def requests(world: World) -> list[AccountErasureRequested]:
    return [AccountErasureRequested.from_json(body) for body in world.erasures.published]


def test_an_account_is_deleted_with_all_its_sessions(world: World, ada: FlaskClient) -> None:
    other, ben = world.log_in(ADA), world.log_in(BEN)
    answer = confirm(ada, f"  {MAIL.upper()} ")
    assert answer.status_code == 303
    (request,) = requests(world)
    assert answer.location == f"/account/deleted/{request.erasure_id}"
    assert (request.user_id, request.email) == (ADA, MAIL)
    assert request.requested_at == world.clock.now()
    assert world.accounts.get(ADA) is None
    assert ada.get("/profile").status_code == other.get("/profile").status_code == 302
    assert ben.get("/profile").status_code == 200
    assert world.provider.revoked == ["access-1", "access-2"]
    page = ada.get(answer.location)
    assert request.erasure_id in page.text
    assert "Log in" in page.text


def test_the_page_says_what_goes_and_offers_the_export_first(ada: FlaskClient) -> None:
    page = ada.get(PAGE).text
    assert MAIL in page
    assert page.index("/account/export") < page.index("Delete my account and all data")
    assert PAGE in ada.get("/profile").text


@pytest.mark.parametrize("typed", ["", "ada", "22222@example.org", MAIL + ".evil.example"])
def test_another_address_deletes_nothing(world: World, ada: FlaskClient, typed: str) -> None:
    answer = confirm(ada, typed)
    assert answer.status_code == 400
    assert "Nothing was deleted" in answer.text
    assert requests(world) == []
    assert ada.get("/profile").status_code == 200


def test_without_the_csrf_token_nothing_is_deleted(world: World, ada: FlaskClient) -> None:
    answer = ada.post(PAGE, data={"email": MAIL}, headers={"Referer": PUBLIC_URL + "/"})
    assert answer.status_code == 400
    assert requests(world) == []


def test_asking_for_the_head_of_the_page_deletes_nothing(world: World, ada: FlaskClient) -> None:
    assert ada.head(PAGE, data={"email": MAIL}).status_code == 200
    assert requests(world) == []


def test_an_old_login_has_to_be_repeated(world: World, ada: FlaskClient) -> None:
    world.clock.advance(RECENT_SECONDS + 1)
    for answer in (ada.get(PAGE), ada.get(PAGE + "?asked=1"), confirm(ada)):
        assert answer.status_code == 303
        assert answer.location.startswith("/login?next=/account/delete?asked%3D1&again=1")
    assert requests(world) == []
    world.log_in(ADA, ada, path="/login?next=/account/delete&again=1")
    assert ada.get(PAGE).status_code == 200
    assert confirm(ada).status_code == 303


@pytest.mark.parametrize(
    "evidence",
    [
        {"active": True, "session_info": {"authentications": {ADA: {"auth_time": 1}}}},
        {"active": False},
    ],
    ids=["passed through without a question", "consent withdrawn"],
)
def test_a_login_that_asked_for_nothing_deletes_nothing(
    world: World, ada: FlaskClient, evidence: dict[str, Any]
) -> None:
    world.provider.evidence = evidence
    for answer in (ada.get(PAGE), confirm(ada)):
        assert answer.location.startswith("/login?next=/account/delete?asked%3D1&again=1")
    answer = ada.get(PAGE + "?asked=1")
    assert answer.status_code == 400
    assert "Nothing was deleted" in answer.text
    assert requests(world) == []


def test_any_authentication_of_the_session_that_is_fresh_will_do(
    world: World, ada: FlaskClient
) -> None:
    happened = {ADA: {"auth_time": 1}, BEN: {"auth_time": world.clock.now() - 60}, "x": None}
    world.provider.evidence = {"active": True, "session_info": {"authentications": happened}}
    assert ada.get(PAGE).status_code == 200


def test_the_customer_is_forgotten_too(world: World, ada: FlaskClient) -> None:
    billing = world.services.billing
    assert billing.terminal is not None
    customer = billing.terminal.payments.create_customer(
        user_id=ADA, name="Ada", email=MAIL, key="k"
    )
    billing.store.keep_customer(ADA, customer, instead_of=None)
    standing = billing.store.standing(ADA)
    assert standing is not None
    assert standing.record == SubscriptionRecord(customer_id=customer)
    assert customer in world.payments.customers
    confirm(ada)
    assert customer not in world.payments.customers


def test_while_stripe_cannot_end_the_subscription_nothing_is_deleted(
    world: World, ada: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.billing.store.keep_customer(ADA, "cus_1", instead_of=None)

    def refuse(customer_id: str) -> None:
        raise PaymentRefused("No.")

    monkeypatch.setattr(world.payments, "delete_customer", refuse)
    assert confirm(ada).status_code == 502
    assert requests(world) == []
    assert ada.get("/profile").status_code == 200


@pytest.mark.parametrize("step", ["publish", "close_customer", "active", "delete"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_crash_between_two_steps_can_be_repeated(
    world: World, ada: FlaskClient, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    where: dict[str, Any] = {
        "publish": world.erasures,
        "close_customer": "web.account.deletion",
        "active": world.sessions,
        "delete": world.accounts,
    }
    target = where[step]
    name = f"{target}.{step}" if isinstance(target, str) else step
    from web.account import deletion

    work = getattr(deletion if isinstance(target, str) else target, step)

    def crash(*args: Any, **kwargs: Any) -> None:
        if after:
            work(*args, **kwargs)
        raise ServiceUnavailable("crashed")

    with monkeypatch.context() as patch:
        if isinstance(target, str):
            patch.setattr(name, crash)
        else:
            patch.setattr(target, name, crash)
        assert confirm(ada).status_code == 503
    if world.accounts.get(ADA) is not None:
        world.clock.advance(60)
        assert confirm(ada).status_code == 303
    assert world.accounts.get(ADA) is None
    assert ada.get("/profile").status_code == 302
    told = requests(world)
    assert {each.erasure_id for each in told} == {told[0].erasure_id}


def test_an_outage_of_globus_does_not_keep_the_account(world: World, ada: FlaskClient) -> None:
    world.provider.away = True
    assert confirm(ada).status_code == 303
    assert world.accounts.get(ADA) is None


def test_a_new_account_is_another_one(world: World, ada: FlaskClient) -> None:
    first = confirm(ada).location
    world.accounts.opening = world.accounts.opening.replace(year=2025)
    world.log_in(ADA, ada)
    assert ada.get("/annotations").status_code == 200
    assert confirm(ada).location != first
    assert erasure_id_of(ADA, 1) == erasure_id_of(ADA, 1)
    assert erasure_id_of(ADA, 1) != erasure_id_of(ADA, 2) != erasure_id_of(BEN, 2)


def test_the_keys_of_certificates_are_public(world: World) -> None:
    assert world.client().get("/.well-known/gas-certificate-key.json").json == {"keys": []}
    signer = CertificateSigner("secret")
    key = signer.public_key
    world.results.put(f"{CERTIFICATE_KEYS}{key.fingerprint[7:]}.json", key.to_json().encode())
    world.results.put("certificates/x.json", b"no key")
    (published,) = world.client().get("/.well-known/gas-certificate-key.json").json["keys"]
    assert published["fingerprint"] == key.fingerprint
    assert holds(json.loads(signer.sign({"jobs": 1})), published["key"])


def test_strangers_cannot_keep_the_file_store_busy_with_the_keys(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for secret in ("old", "older"):
        key = CertificateSigner(secret).public_key
        world.results.put(f"{CERTIFICATE_KEYS}{key.fingerprint[7:]}.json", key.to_json().encode())
    asked: list[str] = []
    read = world.results.read

    def counted(key: str, *, start: int, length: int) -> bytes:
        asked.append(key)
        return read(key, start=start, length=length)

    monkeypatch.setattr(world.results, "read", counted)
    for expected in (2, 2, 4):
        answer = world.client().get("/.well-known/gas-certificate-key.json")
        assert answer.json is not None
        assert len(answer.json["keys"]) == 2
        assert len(asked) == expected
        if len(asked) == 2:
            world.clock.advance(30)
    world.clock.advance(60)

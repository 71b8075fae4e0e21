"""What an installation may demand of a login, and ways around it that must not work."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.web.conftest import ADA, BEN, World, asked
from tests.unit.web.fakes import CLIENT_ID
from web.auth.policy import LoginPolicy, LoginRefused

IDP, OTHER_IDP = "idp-1", "idp-2"
NONE = LoginPolicy()
DOMAIN = LoginPolicy(domains=("lab.example.net", "uni.example.net"))
FACTOR = LoginPolicy(second_factor=True)
BOTH = LoginPolicy(domains=("lab.example.net",), second_factor=True)


def identity(sub: str, username: str, idp: str = IDP) -> dict[str, Any]:
    return {"sub": sub, "username": username, "identity_provider": idp}


def authentication(idp: str = IDP, **how: Any) -> dict[str, Any]:
    return {"idp": idp, "auth_time": 1, "acr": None, "amr": None, **how}


def evidence(**changes: Any) -> dict[str, Any]:
    """Ada, who has authenticated as herself in the laboratory, with a second factor."""
    return {
        "active": True,
        "sub": ADA,
        "client_id": CLIENT_ID,
        "identity_set_detail": [
            identity(ADA, "ada@home.example", OTHER_IDP),
            identity(BEN, "ada@lab.example.net"),
        ],
        "session_info": {"authentications": {BEN: authentication(amr=["pwd", "mfa"])}},
        **changes,
    }


def happened(**by: dict[str, Any]) -> dict[str, Any]:
    names = {"ada": ADA, "ben": BEN}
    return {"authentications": {names[who]: how for who, how in by.items()}}


@pytest.mark.parametrize("policy", [NONE, DOMAIN, FACTOR, BOTH])
def test_good_evidence_is_accepted(policy: LoginPolicy) -> None:
    policy.check(evidence(), user_id=ADA, client_id=CLIENT_ID)


@pytest.mark.parametrize("acr", ["https://refeds.org/profile/mfa"])
def test_a_context_class_is_evidence_too(acr: str) -> None:
    told = evidence(session_info=happened(ben=authentication(acr=acr)))
    FACTOR.check(told, user_id=ADA, client_id=CLIENT_ID)


@pytest.mark.parametrize(
    ("policy", "changes"),
    [
        pytest.param(DOMAIN, {"active": False}, id="a dead token"),
        pytest.param(DOMAIN, {"active": "true"}, id="not quite true"),
        pytest.param(DOMAIN, {"sub": BEN}, id="somebody else's token"),
        pytest.param(DOMAIN, {"client_id": "another"}, id="another client's token"),
        pytest.param(DOMAIN, {"session_info": None}, id="no session"),
        pytest.param(DOMAIN, {"session_info": {"authentications": []}}, id="no authentications"),
        pytest.param(DOMAIN, {"identity_set_detail": None}, id="no identities"),
        pytest.param(DOMAIN, {"identity_set_detail": ["x"]}, id="nonsense for an identity"),
        pytest.param(
            DOMAIN,
            {"session_info": happened(ada=authentication(OTHER_IDP))},
            id="linked, but not used to log in",
        ),
        pytest.param(
            DOMAIN,
            {
                "identity_set_detail": [
                    {**identity(BEN, "ada@home.example"), "email": "ada@lab.example.net"}
                ]
            },
            id="the mail address says so, the user name does not",
        ),
        pytest.param(
            DOMAIN,
            {"session_info": happened(ben=authentication(OTHER_IDP))},
            id="another identity provider",
        ),
        *(
            pytest.param(DOMAIN, {"identity_set_detail": [identity(BEN, name)]}, id=name)
            for name in (
                "ada@evil-lab.example.net",
                "ada@lab.example.net.evil.example",
                "lab.example.net",
                "ada@lab.example.net@evil.example",
            )
        ),
        pytest.param(FACTOR, {"session_info": happened(ben=authentication())}, id="one factor"),
        pytest.param(
            FACTOR, {"session_info": happened(ben=authentication(amr="mfa"))}, id="no list"
        ),
        pytest.param(
            FACTOR, {"session_info": happened(ben=authentication(acr="mfa"))}, id="a word only"
        ),
        pytest.param(
            BOTH,
            {
                "session_info": happened(
                    ada=authentication(OTHER_IDP, amr=["mfa"]), ben=authentication()
                )
            },
            id="the second factor belongs to another identity",
        ),
    ],
)
def test_bad_or_missing_evidence_is_refused(policy: LoginPolicy, changes: dict[str, Any]) -> None:
    with pytest.raises(LoginRefused) as caught:
        policy.check(evidence(**changes), user_id=ADA, client_id=CLIENT_ID)
    assert caught.value.remedy


def come_back(world: World, **told: Any) -> tuple[Any, dict[str, str]]:
    client = world.client()
    sent = asked(client.get("/login"))
    world.provider.claims = world.claims(ADA, nonce=sent["nonce"])
    world.provider.evidence = evidence(**told)
    back = client.get("/authcallback", query_string={"code": "good-code", "state": sent["state"]})
    return back, sent


def test_the_demands_are_asked_for_and_checked(make_world: Callable[..., World]) -> None:
    world = make_world(globus_required_domains="Lab.example.net, @uni.example.net")
    back, sent = come_back(world)
    assert sent["session_required_single_domain"] == "lab.example.net,uni.example.net"
    assert "session_required_mfa" not in sent
    assert back.status_code == 302
    assert world.provider.introspected == ["access-1"]


def test_a_refused_login_says_why_and_leaves_nothing(make_world: Callable[..., World]) -> None:
    world = make_world(globus_require_mfa=True)
    back, sent = come_back(world, session_info=happened(ben=authentication()))
    assert sent["session_required_mfa"] == "true"
    assert back.status_code == 400
    assert "a login with a second factor" in back.text
    assert world.sessions.rows == {}
    assert world.accounts.get(ADA) is None
    assert world.provider.revoked == ["access-1"]


def test_when_globus_cannot_be_asked_nobody_comes_in(make_world: Callable[..., World]) -> None:
    world = make_world(globus_require_mfa=True)
    world.provider.away = True
    back, _ = come_back(world)
    assert back.status_code == 503
    assert world.sessions.rows == {}


def test_without_demands_nobody_is_asked(world: World) -> None:
    back, sent = come_back(world, active=False)
    assert back.status_code == 302
    assert not {name for name in sent if name.startswith("session_")}
    assert world.provider.introspected == []

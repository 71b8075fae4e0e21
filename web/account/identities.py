"""Who somebody is at Globus: the identity they logged in with and those linked to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from gas.errors import ServiceUnavailable
from gas.logs import get_logger
from web.auth import session
from web.context import services

log = get_logger()


@dataclass(frozen=True)
class LinkedIdentity:
    """One of a person's identities."""

    identity_id: str
    username: str
    provider: str
    """The organisation that vouches for it."""
    organization: str
    email: str = ""

    @classmethod
    def of(cls, claims: Mapping[str, Any]) -> Self:
        """From an entry of `identity_set`, or the userinfo itself; both have the same claims."""
        return cls(
            identity_id=_text(claims, "sub"),
            username=_text(claims, "username") or _text(claims, "preferred_username"),
            provider=_text(claims, "identity_provider_display_name"),
            organization=_text(claims, "organization"),
            email=_text(claims, "email"),
        )


@dataclass(frozen=True)
class Identities:
    """What Globus tells of a person just now."""

    own: LinkedIdentity
    linked: tuple[LinkedIdentity, ...]


def ask() -> Identities | None:
    """The identities of whoever is logged in; None when Globus cannot be asked just now."""
    current = session.current_session()
    token = session.globus_tokens(current).get("access_token") if current else None
    if token is None:
        return None
    try:
        return read(services().identity_provider.userinfo(token))
    except ServiceUnavailable as error:
        log.info("identities_unknown", reason=error.message)
        return None


def read(userinfo: Mapping[str, Any]) -> Identities:
    """The identities in a userinfo answer."""
    own = LinkedIdentity.of(userinfo)
    told = userinfo.get("identity_set")
    entries = [each for each in told if isinstance(each, Mapping)] if isinstance(told, list) else []
    known = (LinkedIdentity.of(each) for each in entries)
    return Identities(own, tuple(each for each in known if each.identity_id != own.identity_id))


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value[:320] if isinstance(value, str) else ""

"""What an installation may demand of a login: an identity of a domain, a second factor.

Globus is asked for it when the login starts, but that request passes through the browser, where
anybody can take it out. So what counts is what Globus says afterwards, server to server: the
`session_info` of the token's introspection names the identities that have authenticated in this
session, when and how; `identity_set_detail` says who they are. See the "Globus Auth Sessions
Guide" (docs.globus.org/api/auth/sessions).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from gas.settings import WebSettings
from web.auth.errors import LoginFailed

_SECOND_FACTOR = "mfa"
"""The method reference for a login with several factors (RFC 8176)."""
_MFA_CONTEXT = "https://refeds.org/profile/mfa"
"""The context class by which research organisations say the same (REFEDS MFA profile)."""


class LoginRefused(LoginFailed):
    """Globus knows the person, but this installation asks for more."""

    code = "login_refused"


@dataclass(frozen=True)
class LoginPolicy:
    """The demands; none by default."""

    domains: tuple[str, ...] = ()
    """One of these, in lower case, must be the domain of an identity that has authenticated."""
    second_factor: bool = False

    @classmethod
    def of(cls, settings: WebSettings) -> Self:
        return cls(settings.required_domains, settings.globus_require_mfa)

    @property
    def demands_anything(self) -> bool:
        return bool(self.domains) or self.second_factor

    def request(self) -> dict[str, str]:
        """What to ask of Globus when a login starts."""
        asked = {}
        if self.domains:
            asked["session_required_single_domain"] = ",".join(self.domains)
        if self.second_factor:
            asked["session_required_mfa"] = "true"
        if asked:
            asked["session_message"] = f"GAS asks for {self._in_words()}."
        return asked

    def check(self, evidence: Mapping[str, Any], *, user_id: str, client_id: str) -> None:
        """Check the introspection of the access token that the login gave.

        One and the same authentication has to meet all demands: a second factor at a private
        account says nothing about the identity of the required domain.

        Raises:
            LoginRefused: it does not show what is demanded; missing evidence is no evidence.
        """
        if not self.demands_anything:
            return
        ours = (
            evidence.get("active") is True
            and evidence.get("sub") == user_id
            and evidence.get("client_id") == client_id
        )
        if ours and any(self._satisfied(*each) for each in _authentications(evidence)):
            return
        raise LoginRefused(
            f"This installation asks for {self._in_words()}, and Globus does not confirm that "
            "this login was one.",
            remedy="Log in again with such an identity, linked to yours if need be. If you did, "
            "ask the operator: your organisation may not tell Globus how you logged in.",
        )

    def _satisfied(self, username: str, authentication: Mapping[str, Any]) -> bool:
        # The user name's domain is the identity provider's; a mail address may be anybody's.
        _, at, domain = username.rpartition("@")
        return (not self.domains or (at == "@" and domain.lower() in self.domains)) and (
            not self.second_factor or _by_second_factor(authentication)
        )

    def _in_words(self) -> str:
        whose = f"an identity of {' or '.join(self.domains)}" if self.domains else ""
        how = "a login with a second factor" if self.second_factor else ""
        return f"{how} by {whose}" if whose and how else whose or how


def last_authentication(evidence: Mapping[str, Any]) -> int | None:
    """When somebody authenticated last in the session that a token belongs to, by the token's
    introspection; None: it does not tell."""
    info = evidence.get("session_info")
    happened = info.get("authentications") if isinstance(info, Mapping) else None
    each = happened.values() if isinstance(happened, Mapping) else ()
    times = [one.get("auth_time") for one in each if isinstance(one, Mapping)]
    return max((time for time in times if isinstance(time, int)), default=None)


def _authentications(evidence: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """User name and authentication of every identity that authenticated in this session."""
    info = evidence.get("session_info")
    happened = info.get("authentications") if isinstance(info, Mapping) else None
    known = evidence.get("identity_set_detail")
    if not isinstance(happened, Mapping) or not isinstance(known, list):
        return
    for identity in known:
        if not isinstance(identity, Mapping):
            continue
        authentication = happened.get(identity.get("sub"))
        if (
            isinstance(authentication, Mapping)
            and authentication.get("idp") == identity.get("identity_provider")
            and isinstance(identity.get("username"), str)
        ):
            yield identity["username"], authentication


def _by_second_factor(authentication: Mapping[str, Any]) -> bool:
    methods, context = authentication.get("amr"), authentication.get("acr")
    return (isinstance(methods, list) and _SECOND_FACTOR in methods) or context == _MFA_CONTEXT

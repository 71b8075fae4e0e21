"""People who may sign in: what is asked of them, and the identifier that stays theirs."""

from __future__ import annotations

import re
import unicodedata
import uuid
from dataclasses import dataclass

from local.errors import LocalError

# Any fixed value will do: it keeps our identifiers apart from other uses of UUID version 5.
_NAMESPACE = uuid.UUID("5f0e2a7c-94b1-4d6e-8f43-2f9d6f0b7a11")
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_LONGEST = 200


class IdentityRefused(LocalError):
    """The details do not make an identity; the text says what to change."""


@dataclass(frozen=True)
class Identity:
    """A person as Globus Auth describes one."""

    subject: str
    """A UUID: the same for the same address, for ever."""
    name: str
    email: str
    organization: str

    @classmethod
    def of(cls, name: str, email: str, organization: str = "") -> Identity:
        """The identity of a person who typed these details.

        Raises
        ------
        IdentityRefused
            The name is empty, the address is none, or something is too long.
        """
        name, email, organization = (_tidy(text) for text in (name, email, organization))
        if not name:
            raise IdentityRefused("Type a name.")
        if not _EMAIL.fullmatch(email):
            raise IdentityRefused("Type an e-mail address, such as ada@example.org.")
        if max(map(len, (name, email, organization))) > _LONGEST:
            raise IdentityRefused(f"Keep each field below {_LONGEST} characters.")
        return cls(subject_of(email), name, email, organization)

    @property
    def domain(self) -> str:
        """Of the user name: which organisation vouches for the identity."""
        return self.email.rpartition("@")[2].lower()

    @property
    def provider_id(self) -> str:
        """The identity provider: here every domain has one of its own."""
        return str(uuid.uuid5(_NAMESPACE, f"identity provider of {self.domain}"))

    @property
    def provider_name(self) -> str:
        return f"{self.organization or self.domain} (stand-in)"

    def claims(self) -> dict[str, str]:
        """What the holder of the scopes `profile` and `email` is told."""
        return {
            "sub": self.subject,
            "preferred_username": self.email,
            "name": self.name,
            "email": self.email,
            "organization": self.organization,
            "identity_provider": self.provider_id,
            "identity_provider_display_name": self.provider_name,
        }

    def as_linked(self) -> dict[str, str | None]:
        """The identity as an entry of an identity set."""
        return {
            "sub": self.subject,
            "username": self.email,
            "name": self.name,
            "email": self.email,
            "organization": self.organization or None,
            "identity_type": "login",
            "identity_provider": self.provider_id,
            "identity_provider_display_name": self.provider_name,
        }

    def described(self) -> dict[str, str | None]:
        """The identity as `GET /v2/api/identities` lists it."""
        return {
            "id": self.subject,
            "username": self.email,
            "name": self.name,
            "email": self.email,
            "organization": self.organization or None,
            "identity_provider": self.provider_id,
            "identity_type": "login",
            "status": "used",
        }


def subject_of(email: str) -> str:
    """The identifier of the person with this address, whatever the letters' case."""
    return str(uuid.uuid5(_NAMESPACE, email.casefold()))


def _tidy(text: str) -> str:
    """Without control characters (they could forge mail headers) and outer blanks."""
    return "".join(c for c in text if not unicodedata.category(c).startswith("C")).strip()


KNOWN_FROM_THE_START = (
    Identity.of("Ada Example", "ada@example.org", "Example University"),
    Identity.of("Ben Sample", "ben@example.org", "Sample Institute"),
)
"""Offered on a fresh installation, so that a newcomer needs one click."""

LINKED_FROM_THE_START = (
    (
        KNOWN_FROM_THE_START[0],
        (
            Identity.of("Ada Example", "ada@lab.example.net", "Example National Laboratory"),
            Identity.of("Ada E.", "ada.example@mail.example.com", ""),
        ),
    ),
)
"""People who have linked further identities to their own."""

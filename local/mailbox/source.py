"""Reads mails from the embedded cloud's mail interface (docs/embedded-cloud.md)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

PAGE = 100
MOST_LOOKED_AT = 5000
"""A search ends after so many mails."""


class CloudAway(Exception):
    """The embedded cloud does not answer at the moment."""


@dataclass(frozen=True)
class Mail:
    """A mail in a list."""

    mail_id: str
    sequence: int
    """Grows with every mail."""
    at: datetime
    sender: str
    to: tuple[str, ...]
    subject: str

    @classmethod
    def of(cls, item: dict[str, Any]) -> Mail:
        return cls(
            mail_id=str(item["id"]),
            sequence=int(item.get("seq", 0)),
            at=datetime.fromtimestamp(float(item["at"]), UTC),
            sender=str(item.get("from") or ""),
            to=tuple(
                str(address) for field in ("to", "cc", "bcc") for address in item.get(field) or ()
            ),
            subject=str(item.get("subject") or ""),
        )

    def is_for(self, recipient: str) -> bool:
        """Whether an address of the mail contains this text, whatever the letters' case."""
        wanted = recipient.casefold()
        return any(wanted in address.casefold() for address in self.to)

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.mail_id,
            "at": self.at.isoformat(),
            "from": self.sender,
            "to": list(self.to),
            "subject": self.subject,
        }


@dataclass(frozen=True)
class FullMail:
    """One mail with its texts."""

    mail: Mail
    text: str
    html: str
    attachments: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            **self.mail.as_json(),
            "text": self.text,
            "html": self.html,
            "attachments": list(self.attachments),
        }


class MailSource:
    """The mails of one embedded cloud.

    The token is read from its file for every request: the cloud may have been started, or its
    data put back, after us.
    """

    def __init__(self, client: httpx.AsyncClient, token_file: Path) -> None:
        self._client = client
        self._token_file = token_file

    async def newest(self, limit: int, recipient: str = "", before: int = 0) -> list[Mail]:
        """Up to `limit` mails, the newest first, older than the sequence number `before`."""
        found: list[Mail] = []
        async for mail in self._all(before):
            if mail.is_for(recipient):
                found.append(mail)
            if len(found) == limit:
                break
        return found

    async def one(self, mail_id: str) -> FullMail | None:
        """A mail by its id; None if there is none."""
        answer = await self._get("/" + quote(mail_id, safe=""))
        if answer is None:
            return None
        attachments = (str(a.get("name") or a.get("type")) for a in answer.get("attachments") or ())
        return FullMail(
            Mail.of(answer),
            str(answer.get("text") or ""),
            str(answer.get("html") or ""),
            tuple(attachments),
        )

    async def _all(self, before: int) -> AsyncIterator[Mail]:
        seen = 0
        while seen < MOST_LOOKED_AT:
            query = f"?limit={PAGE}" + (f"&before={before}" if before else "")
            answer = await self._get(query)
            mails = [Mail.of(item) for item in (answer or {}).get("mails", [])]
            for mail in mails:
                yield mail
            if len(mails) < PAGE:
                return
            seen += len(mails)
            before = mails[-1].sequence

    async def _get(self, rest: str) -> dict[str, Any] | None:
        try:
            token = self._token_file.read_text(encoding="utf-8").strip()
            answer = await self._client.get(
                "/_gas/mail" + rest, headers={"Authorization": f"Bearer {token}"}
            )
            if answer.status_code == 404:
                return None
            answer.raise_for_status()
            found: dict[str, Any] = answer.json()
        except (OSError, httpx.HTTPError, ValueError) as fault:
            raise CloudAway(str(fault)) from fault
        return found

"""Keeps every mail that SES accepted, and shows them to the mailbox page.

``GET /_gas/mail?limit=50&before=SEQ`` lists mails, the newest first; ``GET /_gas/mail/ID`` gives
one with its texts. Both want ``Authorization: Bearer TOKEN``, the token being in the file
``mail-token`` of the data folder.
"""

from __future__ import annotations

import base64
import binascii
import email
import email.policy
import hmac
import json
import re
import time
from email.message import EmailMessage
from typing import Any

from aiohttp import web

from local.cloud.calls import SES_V2, Call
from local.cloud.journal import Journal
from local.cloud.upstream import Reply

SEND_PATH = SES_V2 + "outbound-emails"
MESSAGE_ID = re.compile(rb"<MessageId>([^<]+)</MessageId>|\"MessageId\"\s*:\s*\"([^\"]+)\"")
LONGEST_LIST = 200
SUMMARY = ("id", "at", "from", "to", "cc", "bcc", "subject", "attachments")

Mail = dict[str, Any]


def is_sending(call: Call) -> bool:
    """Whether a request hands a mail to SES."""
    if call.path == SEND_PATH:
        return call.method == "POST"
    return call.service == "ses" and call.action in ("SendEmail", "SendRawEmail")


def read_mail(call: Call) -> Mail:
    """The mail in a request: SendEmail and SendRawEmail of version 1, SendEmail of version 2."""
    if call.path == SEND_PATH:
        return _from_v2(call.json())
    form = call.form()
    if call.action == "SendRawEmail":
        return _from_raw(
            form.get("RawMessage.Data", ""),
            form.get("Source", ""),
            {"to": _members(form, "Destinations.member.")},
        )
    return _mail(
        form.get("Source", ""),
        {
            name: _members(form, f"Destination.{field}.member.")
            for name, field in (
                ("to", "ToAddresses"),
                ("cc", "CcAddresses"),
                ("bcc", "BccAddresses"),
            )
        },
        form.get("Message.Subject.Data", ""),
        form.get("Message.Body.Text.Data", ""),
        form.get("Message.Body.Html.Data", ""),
    )


def _from_v2(request: Mail) -> Mail:
    content = request.get("Content", {})
    destination = request.get("Destination", {})
    recipients = {
        name: list(destination.get(field, []))
        for name, field in (("to", "ToAddresses"), ("cc", "CcAddresses"), ("bcc", "BccAddresses"))
    }
    sender = request.get("FromEmailAddress", "")
    if "Raw" in content:
        return _from_raw(content["Raw"].get("Data", ""), sender, recipients)
    if "Template" in content:
        template = content["Template"]
        name = template.get("TemplateName", "")
        return _mail(sender, recipients, f"Template {name}", template.get("TemplateData", ""), "")
    simple = content.get("Simple", {})
    body = simple.get("Body", {})
    return _mail(
        sender,
        recipients,
        simple.get("Subject", {}).get("Data", ""),
        body.get("Text", {}).get("Data", ""),
        body.get("Html", {}).get("Data", ""),
    )


def _from_raw(encoded: str, sender: str, recipients: dict[str, list[str]]) -> Mail:
    try:
        raw = base64.b64decode(encoded)
    except (ValueError, binascii.Error):
        raw = b""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    if not any(recipients.values()):
        recipients = {name: message.get_all(name, []) for name in ("to", "cc", "bcc")}
    texts = {}
    for kind in ("plain", "html"):
        part = message.get_body(preferencelist=(kind,))
        texts[kind] = part.get_content() if part is not None else ""
    mail = _mail(
        sender or str(message.get("from", "")),
        {name: [str(address) for address in found] for name, found in recipients.items()},
        str(message.get("subject", "")),
        texts["plain"],
        texts["html"],
    )
    mail["raw"] = raw.decode("utf-8", errors="replace")
    mail["attachments"] = [
        {"name": part.get_filename() or "", "type": part.get_content_type()}
        for part in message.iter_attachments()
    ]
    return mail


def _mail(
    sender: str, recipients: dict[str, list[str]], subject: str, text: str, html: str
) -> Mail:
    return {
        "from": sender,
        "to": recipients.get("to", []),
        "cc": recipients.get("cc", []),
        "bcc": recipients.get("bcc", []),
        "subject": subject,
        "text": text,
        "html": html,
        "attachments": [],
    }


def _members(form: dict[str, str], prefix: str) -> list[str]:
    return [value for name, value in form.items() if name.startswith(prefix)]


class Mailbox:
    """The mails of this data folder."""

    def __init__(self, journal: Journal, token: str) -> None:
        self._journal = journal
        self._token = token

    async def keep(self, call: Call, reply: Reply) -> None:
        """Store a mail that SES has accepted."""
        found = MESSAGE_ID.search(reply.body)
        number = (found[1] or found[2]).decode() if found else f"{time.time_ns():x}"
        mail = {"id": number, "at": time.time(), **read_mail(call)}
        await self._journal.write(
            (
                "INSERT OR IGNORE INTO mail (id, at, mail) VALUES (?, ?, ?)",
                (number, mail["at"], json.dumps(mail)),
            )
        )

    def answer(self, request: web.BaseRequest) -> web.Response:
        """Answer ``GET /_gas/mail`` and ``GET /_gas/mail/ID``."""
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            return web.json_response({"message": "The mail token is missing."}, status=401)
        number = request.path.removeprefix("/_gas/mail").strip("/")
        if number:
            rows = self._journal.read("SELECT mail FROM mail WHERE id = ?", (number,))
            if not rows:
                return web.json_response({"message": "There is no such mail."}, status=404)
            return web.json_response(json.loads(rows[0][0]))
        try:
            limit = min(max(int(request.query.get("limit", 50)), 1), LONGEST_LIST)
            before = int(request.query.get("before", 2**62))
        except ValueError:
            return web.json_response({"message": "limit and before are numbers."}, status=400)
        rows = self._journal.read(
            "SELECT seq, mail FROM mail WHERE seq < ? ORDER BY seq DESC LIMIT ?", (before, limit)
        )
        mails = []
        for seq, text in rows:
            mail = json.loads(text)
            mails.append({"seq": seq, **{name: mail.get(name) for name in SUMMARY}})
        return web.json_response({"mails": mails})

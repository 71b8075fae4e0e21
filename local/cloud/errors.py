"""Errors in the form that the asking SDK reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from xml.sax.saxutils import escape

from multidict import CIMultiDict

from local.cloud.upstream import Reply


def refusal(headers: Mapping[str, str], status: int, code: str, text: str) -> Reply:
    """An error of a service other than S3: XML for query services, JSON for the others."""
    kind = headers.get("Content-Type", "")
    if kind.startswith("application/x-www-form-urlencoded"):
        body = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{escape(code)}</Code>"
            f"<Message>{escape(text)}</Message></Error></ErrorResponse>"
        )
        return Reply(status, CIMultiDict({"Content-Type": "text/xml"}), body.encode())
    answer = {"__type": code, "message": text}
    kind = kind if kind.startswith("application/x-amz-json") else "application/json"
    more = CIMultiDict({"Content-Type": kind, "x-amzn-ErrorType": code})
    return Reply(status, more, json.dumps(answer).encode())

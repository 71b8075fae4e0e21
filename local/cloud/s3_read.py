"""Answers reads of large objects, after ministack has allowed them, with what is true."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import unescape

from aiohttp import web
from multidict import CIMultiDict

from local.cloud.blobs import Blob
from local.cloud.upstream import Reply, end_to_end

Find = Callable[[str], Blob | None]

RANGE = re.compile(r"bytes=(\d*)-(\d*)$")
ENTRY = re.compile(r"<(Contents|Version|Part)>.*?</\1>", re.DOTALL)
XML_ETAG = re.compile(r"(<ETag>)([^<]*)(</ETag>)")
XML_SIZE = re.compile(r"(<(?:Object)?Size>)(\d+)(</(?:Object)?Size>)")
EVENT = re.compile(
    r'(\\*"size\\*":\s*)(\d+)(,\s*\\*"eTag\\*":\s*\\*")([0-9a-f]{32}(?:-\d+)?)(?=\\*")'
)
UNTRUE_HEADERS = ("Content-Length", "Content-Range", "ETag", "x-amz-mp-parts-count")
CONDITIONS = ("Range", "If-Match", "If-None-Match", "If-Range")


@dataclass(frozen=True)
class Slice:
    """Which bytes of an object are wanted: from ``start`` (0-based), ``length`` of them."""

    start: int
    length: int
    partial: bool


def slice_of(wanted: str, size: int) -> Slice | None:
    """Read a Range header; ``None`` if the object has none of these bytes."""
    found = RANGE.match(wanted.strip())
    if found is None or found[0] == "bytes=-":
        return Slice(0, size, partial=False)
    first, last = found[1], found[2]
    if not first:
        length = min(int(last), size)
        return Slice(size - length, length, partial=True) if length else None
    start, end = int(first), min(int(last or size - 1), size - 1)
    return Slice(start, end - start + 1, partial=True) if start <= end else None


def names(tags: str, etag: str) -> bool:
    """Whether a list of entity tags in a condition names this one."""
    listed = [tag.strip().removeprefix("W/").strip('"') for tag in tags.split(",")]
    return "*" in listed or etag in listed


def true_headers(headers: Mapping[str, str], blob: Blob, checksums: bool) -> CIMultiDict[str]:
    """The headers of an object, from those that ministack gave for its stub."""
    kept = end_to_end(headers)
    for name in [*UNTRUE_HEADERS, *(n for n in kept if n.lower().startswith("x-amz-checksum-"))]:
        kept.popall(name, None)
    kept["ETag"] = f'"{blob.etag}"'
    kept["Accept-Ranges"] = "bytes"
    if checksums:
        kept.update(blob.checksums)
    return kept


def head_of(asked: Mapping[str, str], headers: Mapping[str, str], blob: Blob) -> web.Response:
    """Status and headers of the answer to a read: 200, 206, 304, 412 or 416, without a body."""
    wanted = asked.get("Range", "")
    shown = asked.get("x-amz-checksum-mode", "").upper() == "ENABLED" and not wanted
    answer = true_headers(headers, blob, shown)
    if "If-Match" in asked and not names(asked["If-Match"], blob.etag):
        return web.Response(status=412)
    if "If-None-Match" in asked and names(asked["If-None-Match"], blob.etag):
        return web.Response(status=304, headers={"ETag": answer["ETag"]})
    part = slice_of(wanted, blob.size)
    if part is None:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{blob.size}"})
    answer["Content-Length"] = str(part.length)
    if part.partial:
        last = part.start + part.length - 1
        answer["Content-Range"] = f"bytes {part.start}-{last}/{blob.size}"
    return web.Response(status=206 if part.partial else 200, headers=answer)


def true_xml(text: str, find: Find) -> str:
    """A listing with the entity tags and sizes of large objects put right."""

    def entry(found: re.Match[str]) -> str:
        return _true_entry(found[0], find)

    return ENTRY.sub(entry, text) if ENTRY.search(text) else _true_entry(text, find)


def _true_entry(text: str, find: Find) -> str:
    tag = XML_ETAG.search(text)
    blob = find(unescape(tag[2], {"&quot;": '"'})) if tag else None
    if blob is None:
        return text
    text = XML_ETAG.sub(rf"\g<1>&quot;{blob.etag}&quot;\g<3>", text)
    return XML_SIZE.sub(rf"\g<1>{blob.size}\g<3>", text)


def true_events(text: str, find: Find) -> str:
    """A message with the sizes and entity tags in announcements of large objects put right."""

    def event(found: re.Match[str]) -> str:
        blob = find(found[4])
        if blob is None:
            return found[0]
        return f"{found[1]}{blob.size}{found[3]}{blob.etag}"

    return EVENT.sub(event, text)


def true_messages(reply: Reply, true_text: Callable[[str], str]) -> Reply:
    """An answer to ReceiveMessage with its bodies put right."""
    if not reply.ok or b"eTag" not in reply.body or not reply.body.startswith(b"{"):
        return reply
    answer = json.loads(reply.body)
    for message in answer.get("Messages", []):
        message["Body"] = true_text(message["Body"])
        digest = hashlib.md5(message["Body"].encode(), usedforsecurity=False)
        message["MD5OfBody"] = digest.hexdigest()
    return Reply(reply.status, reply.headers, json.dumps(answer).encode())

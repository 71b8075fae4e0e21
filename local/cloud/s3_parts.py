"""Uploads in parts: the request that puts large parts together, as ministack knows them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from aiohttp import web

from local.cloud.blobs import Blob
from local.cloud.s3_requests import s3_error
from local.cloud.s3_upload import Refused

PART = re.compile(r"<Part>.*?</Part>", re.DOTALL)
NUMBER = re.compile(r"<PartNumber>\s*(\d+)\s*<")
ETAG = re.compile(r"<ETag>[^<]*?([0-9a-f]{32})[^<]*</ETag>")
CHECKSUM = re.compile(r"<(Checksum\w+)>[^<]*</\1>")


def true_parts(
    xml: str, stubs: Mapping[int, str], find: Callable[[str], Blob | None]
) -> tuple[str, list[str]]:
    """A CompleteMultipartUpload in terms of stubs, and these stubs in the order of the parts.

    Raises
    ------
    Refused
        A part was not uploaded, or is another one than the client believes.
    """
    numbered: list[tuple[int, str]] = []

    def translate(part: re.Match[str]) -> str:
        number, tag = NUMBER.search(part[0]), ETAG.search(part[0])
        stub = stubs.get(int(number[1])) if number else None
        blob = find(stub) if stub else None
        if number is None or tag is None or stub is None or blob is None or blob.etag != tag[1]:
            raise Refused(invalid_part())
        numbered.append((int(number[1]), stub))
        return f'<Part><PartNumber>{number[1]}</PartNumber><ETag>"{stub}"</ETag></Part>'

    translated = PART.sub(translate, xml)
    return translated, [stub for _, stub in sorted(numbered)]


def without_checksums(xml: str) -> str:
    """An answer without the checksums that ministack made of stubs."""
    return CHECKSUM.sub("", xml)


def invalid_part() -> web.Response:
    return s3_error(400, "InvalidPart", "One or more of the parts could not be found.")

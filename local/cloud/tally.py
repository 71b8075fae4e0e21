"""How often each operation was asked for: what a run of the product would cost on AWS."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from urllib.parse import parse_qsl

from aiohttp import web

_S3_SUBRESOURCES = ("uploads", "uploadId", "restore", "tagging", "delete", "list-type")


class Tally:
    """Requests by service and operation since the start."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def count(self, request: web.BaseRequest, *, s3: bool) -> None:
        """Count one request, by what its head tells."""
        self._counts[_s3_operation(request) if s3 else _operation(request)] += 1

    def answer(self) -> web.Response:
        """All counts; nothing about whose requests they were."""
        return web.json_response({"requests": dict(self._counts.most_common())})


def _operation(request: web.BaseRequest) -> str:
    target = request.headers.get("X-Amz-Target", "")
    if target:
        return target
    service = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", _authorization(request))
    path = re.sub(r"[0-9a-f-]{32,}|[A-Za-z0-9_-]{60,}", "*", request.path)
    return f"{service.group(1) if service else 'unsigned'} {request.method} {path}"


def _s3_operation(request: web.BaseRequest) -> str:
    query: Mapping[str, str] = dict(parse_qsl(request.query_string, keep_blank_values=True))
    parts = [name for name in _S3_SUBRESOURCES if name in query]
    parts += ["copy"] if "x-amz-copy-source" in request.headers else []
    return " ".join(["s3", request.method, *parts])


def _authorization(request: web.BaseRequest) -> str:
    return request.headers.get("Authorization", "")

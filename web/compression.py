"""Pages and JSON travel compressed.

Each compressed answer carries up to a hundred random bytes in gzip's file-name field (Heal the
BREACH, as Django does it), because pages hold a secret, the CSRF token, beside what the visitor
typed, and the length of the answer must not tell how alike the two are.
"""

import gzip
import io
import secrets

from flask import Flask, Response, request

_SMALLEST = 1024
_TYPES = ("text/html", "application/json", "application/problem+json", "text/plain")
_MOST_RANDOM_BYTES = 100


def install(app: Flask) -> None:
    """Compress what browsers accept compressed, if it is whole, text, and not tiny."""

    @app.after_request
    def compress(response: Response) -> Response:
        if response.mimetype not in _TYPES or "Content-Encoding" in response.headers:
            return response
        response.vary.add("Accept-Encoding")
        if (
            request.accept_encodings["gzip"] <= 0
            or response.is_streamed
            or response.direct_passthrough
            or (response.content_length or 0) < _SMALLEST
        ):
            return response
        response.set_data(_zipped(response.get_data()))
        response.headers["Content-Encoding"] = "gzip"
        etag, weak = response.get_etag()
        if etag is not None and not weak:
            response.set_etag(etag, weak=True)
        return response


def _zipped(data: bytes) -> bytes:
    buffer = io.BytesIO()
    padding = secrets.token_hex(secrets.randbelow(_MOST_RANDOM_BYTES) // 2 + 1)
    with gzip.GzipFile(padding, "wb", compresslevel=6, fileobj=buffer, mtime=0) as file:
        file.write(data)
    return buffer.getvalue()

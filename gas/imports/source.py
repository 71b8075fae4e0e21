"""Files of strangers' web servers: every hop checked, nothing of ours sent along.

No cookie, no login, no referrer, no proxy. The connection goes to the address that was checked
(`gas.outbound`); of a redirect, that of the next hop is.
"""

import http.client
import re
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from urllib.parse import urljoin

from gas.imports.ports import Opened, SourceFault, SourceRefused
from gas.outbound.addresses import Resolve, Target, ask_the_system, parse, resolve
from gas.outbound.pinned import RESOLVE_SECONDS, Connect, PinnedConnection, in_time, in_words

MOST_REDIRECTS = 3
ANSWER_SECONDS = 30.0
"""For connection, handshake and headers together."""
SILENT_SECONDS = 30.0
"""A connection that brings nothing for so long is broken."""
CHUNK_BYTES = 1024 * 1024

_MOVED = (301, 302, 303, 307, 308)
_LATER = (408, 425, 429)
_NUMBER = "[0-9]{1,18}"  # Python refuses to read numbers of thousands of digits
_RANGE = re.compile(rf"bytes (?P<first>{_NUMBER})-(?P<last>{_NUMBER})/(?P<total>{_NUMBER}|\*)")
_UNSATISFIED = re.compile(rf"bytes \*/(?P<total>{_NUMBER})")
_LONGEST_TAG, _LONGEST_NAME = 256, 255


class HttpSource:
    """`gas.imports.ports.Source` on sockets. Thread-safe."""

    def __init__(
        self,
        *,
        user_agent: str,
        allow_loopback: bool = False,
        allow_http: bool = False,
        ask: Resolve = ask_the_system,
        connect: Connect = socket.create_connection,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._user_agent = user_agent
        self._allow_loopback = allow_loopback
        self._allow_http = allow_http
        self._ask = in_time(ask, RESOLVE_SECONDS)
        self._connect = connect
        self._context = context or ssl.create_default_context()

    @contextmanager
    def open(self, url: str, *, start: int, tag: str) -> Iterator[Opened]:
        for _ in range(MOST_REDIRECTS + 1):
            target, addresses = self._judged(url)
            connection = PinnedConnection(
                # Half of it is the time that a socket may be silent.
                target,
                addresses,
                self._connect,
                self._context,
                2 * SILENT_SECONDS,
            )
            try:
                response = self._ask_for(connection, target, start, tag)
                if response.status not in _MOVED:
                    yield _opened(response, start)
                    return
                url = _next_hop(url, response.headers.get("Location") or "")
            finally:
                connection.close()
        raise SourceRefused(
            f"The address leads on more than {MOST_REDIRECTS} times.",
            remedy="Give the address that it leads to in the end.",
        )

    def _judged(self, url: str) -> tuple[Target, Sequence[str]]:
        """Raises AddressRefused for what leads where we do not go."""
        target = parse(url, allow_loopback=self._allow_loopback, allow_http=self._allow_http)
        try:
            return target, resolve(
                target,
                self._ask,
                allow_loopback=self._allow_loopback,
                allow_http=self._allow_http,
            )
        except (OSError, UnicodeError) as error:
            raise SourceFault(
                f"The name {target.host} is not known.", remedy="Check the address."
            ) from error

    def _ask_for(
        self, connection: PinnedConnection, target: Target, start: int, tag: str
    ) -> http.client.HTTPResponse:
        cut = threading.Timer(ANSWER_SECONDS, connection.cut)
        cut.daemon = True
        cut.start()
        try:
            connection.request("GET", target.path, headers=self._headers(target, start, tag))
            response = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            late = connection.was_cut or isinstance(error, TimeoutError)
            words = "It did not answer in time." if late else in_words(error)
            raise SourceFault(f"{target.host} could not be reached. {words}") from error
        finally:
            cut.cancel()
        return response

    def _headers(self, target: Target, start: int, tag: str) -> Mapping[str, str]:
        asked = {
            "Host": target.authority,
            "User-Agent": self._user_agent,
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "Connection": "close",
            "Range": f"bytes={start}-",
        }
        return {**asked, "If-Range": tag} if start and tag else asked


def _next_hop(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise SourceRefused(
            "The address leads on to what is no address.", remedy="Check the address."
        ) from error


def _opened(response: http.client.HTTPResponse, start: int) -> Opened:
    headers = response.headers
    tag = headers.get("ETag") or ""
    if not tag.startswith('"'):  # a weak one says nothing of single bytes
        tag = headers.get("Last-Modified") or ""
    if len(tag) > _LONGEST_TAG or not tag.isprintable():
        tag = ""
    first, total, resumable = _place(response, start)
    return Opened(
        start=first,
        total=total,
        tag=tag,
        resumable=resumable,
        name=_name(headers),
        content_type=headers.get_content_type(),
        chunks=_chunks(response) if response.status in (200, 206) else iter(()),
    )


def _name(headers: http.client.HTTPMessage) -> str:
    """What the server calls the file; "" where nobody can tell."""
    try:
        name = headers.get_filename() or ""
    except (TypeError, ValueError):  # Python's parser stumbles over some that are not well-formed
        return ""
    return "".join(c for c in name if c.isprintable()).strip()[:_LONGEST_NAME]


def _place(response: http.client.HTTPResponse, start: int) -> tuple[int, int | None, bool]:
    """Where the body begins, how long the file is, and whether it can be asked for in pieces."""
    status, headers = response.status, response.headers
    if status == HTTPStatus.OK:
        return 0, response.length, headers.get("Accept-Ranges", "").lower() == "bytes"
    if status == HTTPStatus.PARTIAL_CONTENT:
        found = _RANGE.fullmatch(headers.get("Content-Range", "").strip())
        if found is None or int(found["first"]) != start:
            raise SourceRefused("The server sends another piece of the file than it was asked for.")
        return start, None if found["total"] == "*" else int(found["total"]), True
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        end = _UNSATISFIED.fullmatch(headers.get("Content-Range", "").strip())
        total = int(end["total"]) if end else 0
        # All of it is here already; or it is shorter by now, and begun anew.
        return (start, total, True) if total == start else (0, total, True)
    raise _refusal(status)


def _refusal(status: int) -> SourceFault | SourceRefused:
    if status in _LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return SourceFault(f"The server cannot give the file just now (HTTP {status}).")
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return SourceRefused(
            f"The server does not give this file to everybody (HTTP {status}).",
            remedy="Give an address that opens without a login, such as a signed link. If it is "
            "one, it may have expired: make a new one.",
        )
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return SourceRefused(
            f"There is no file at this address (HTTP {status}).", remedy="Check the address."
        )
    return SourceRefused(
        f"The server does not give the file (HTTP {status}).",
        remedy="Open the address in a browser to see what it says.",
    )


def _chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    try:
        while chunk := response.read1(CHUNK_BYTES):
            yield chunk
    except (OSError, http.client.HTTPException) as error:
        raise SourceFault("The connection broke off while the file was sent.") from error

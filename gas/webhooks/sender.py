"""Requests to systems of users: to the checked address and no other, bounded in time and size.

No redirect is followed, no proxy asked, no cookie kept. The certificate must be valid for the name.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence

from gas.outbound.addresses import AddressRefused, Resolve, Target, ask_the_system, parse, resolve
from gas.outbound.pinned import RESOLVE_SECONDS, Connect, PinnedConnection, in_time, in_words
from gas.webhooks.ports import Reply

TOTAL_SECONDS = 10.0
"""For everything after the name was resolved."""
READ_BYTES = 64 * 1024
"""As much of an answer is read."""


class HttpSender:
    """`gas.webhooks.ports.Sender` on sockets. Thread-safe."""

    def __init__(
        self,
        *,
        allow_loopback: bool = False,
        ask: Resolve = ask_the_system,
        connect: Connect = socket.create_connection,
        context: ssl.SSLContext | None = None,
        seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._allow_loopback = allow_loopback
        self._ask = ask
        self._connect = connect
        self._context = context or ssl.create_default_context()
        self._seconds = seconds

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        try:
            target = parse(url, allow_loopback=self._allow_loopback)
            addresses = resolve(
                target, in_time(self._ask, RESOLVE_SECONDS), allow_loopback=self._allow_loopback
            )
        except AddressRefused as error:
            return Reply(error=error.message)
        except (OSError, UnicodeError):
            return Reply(error="The name of the host could not be resolved.")
        return self._request(target, addresses, headers, body)

    def _request(
        self, target: Target, addresses: Sequence[str], headers: Mapping[str, str], body: bytes
    ) -> Reply:
        connection = PinnedConnection(
            target, addresses, self._connect, self._context, self._seconds
        )
        # Timeouts of sockets count from byte to byte; this one cuts off who sends a byte at a time.
        cut = threading.Timer(self._seconds, connection.cut)
        cut.daemon = True
        cut.start()
        try:
            connection.request("POST", target.path, body, _complete(target, headers))
            with connection.getresponse() as response:
                start = response.read(READ_BYTES)
            if connection.was_cut:
                return self._late()
            return Reply(
                status=response.status,
                headers={name.lower(): value for name, value in response.getheaders()},
                body=start.decode("utf-8", "replace"),
            )
        except (OSError, http.client.HTTPException) as error:
            late = connection.was_cut or isinstance(error, TimeoutError)
            return self._late() if late else Reply(error=in_words(error))
        finally:
            cut.cancel()
            connection.close()

    def _late(self) -> Reply:
        return Reply(error=f"No complete answer within {self._seconds:g} seconds.")


def _complete(target: Target, headers: Mapping[str, str]) -> Mapping[str, str]:
    return {
        "Host": target.authority,
        "Accept-Encoding": "identity",
        "Connection": "close",
        **headers,
    }

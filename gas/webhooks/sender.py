"""Requests to systems of users: to the checked address and no other, bounded in time and size.

No redirect is followed, no proxy asked, no cookie kept. The certificate must be valid for the name.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from contextlib import suppress

from gas.webhooks.addresses import AddressRefused, Resolve, Target, ask_the_system, parse, resolve
from gas.webhooks.ports import Reply

Connect = Callable[[tuple[str, int], float], socket.socket]

TOTAL_SECONDS = 10.0
"""For everything after the name was resolved."""
RESOLVE_SECONDS = 5.0
READ_BYTES = 64 * 1024
"""As much of an answer is read."""

_FAULTS: Sequence[tuple[type[Exception], str]] = (
    (ssl.SSLCertVerificationError, "Its certificate is not valid: {0.verify_message}."),
    (ssl.SSLError, "The TLS handshake failed."),
    (ConnectionRefusedError, "The connection was refused."),
    (http.client.HTTPException, "The answer was not HTTP."),
    (OSError, "The connection failed."),
)


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
                target, _in_time(self._ask, RESOLVE_SECONDS), allow_loopback=self._allow_loopback
            )
        except AddressRefused as error:
            return Reply(error=error.message)
        except (OSError, UnicodeError):
            return Reply(error="The name of the host could not be resolved.")
        return self._request(target, addresses, headers, body)

    def _request(
        self, target: Target, addresses: Sequence[str], headers: Mapping[str, str], body: bytes
    ) -> Reply:
        connection = _Pinned(target, addresses, self._connect, self._context, self._seconds)
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
            return self._late() if late else Reply(error=_words(error))
        finally:
            cut.cancel()
            connection.close()

    def _late(self) -> Reply:
        return Reply(error=f"No complete answer within {self._seconds:g} seconds.")


class _Pinned(http.client.HTTPConnection):
    """A connection to one of some addresses, whatever the name server says by now."""

    def __init__(
        self,
        target: Target,
        addresses: Sequence[str],
        connect: Connect,
        context: ssl.SSLContext,
        seconds: float,
    ) -> None:
        super().__init__(target.host, target.port, timeout=seconds)
        self._target = target
        self._addresses = addresses
        self._open = connect
        self._context = context
        self._seconds = seconds
        self.was_cut = False
        self._wire: socket.socket | None = None
        """`sock`, which the base class forgets while the answer is still being read."""

    def connect(self) -> None:
        self.sock = self._wire = self._first_that_answers()
        if self._target.tls:
            # The handshake afterwards, so that `cut` reaches its socket.
            wrapped = self._context.wrap_socket(
                self._wire, server_hostname=self._target.host, do_handshake_on_connect=False
            )
            self.sock = self._wire = wrapped
        if self.was_cut:
            raise TimeoutError
        if self._target.tls:
            wrapped.do_handshake()

    def cut(self) -> None:
        """End it, in whatever state; called from another thread."""
        self.was_cut = True
        if self._wire is not None:
            with suppress(OSError):  # it has ended
                # Not TLS's own shutdown, which would pull its state away under a reader.
                socket.socket.shutdown(self._wire, socket.SHUT_RDWR)

    def _first_that_answers(self) -> socket.socket:
        fault: OSError = OSError("no address")
        for address in self._addresses:
            if self.was_cut:
                break
            try:
                return self._open((address, self._target.port), self._seconds / 2)
            except OSError as error:
                fault = error
        raise fault


def _complete(target: Target, headers: Mapping[str, str]) -> Mapping[str, str]:
    return {
        "Host": target.authority,
        "Accept-Encoding": "identity",
        "Connection": "close",
        **headers,
    }


def _in_time(ask: Resolve, seconds: float) -> Resolve:
    """The same question, given up after a while: the system's resolver knows no timeout."""

    def bounded(host: str, port: int) -> Sequence[str]:
        answer: Future[Sequence[str]] = Future()

        def work() -> None:
            try:
                answer.set_result(ask(host, port))
            except (OSError, UnicodeError) as error:
                answer.set_exception(error)

        threading.Thread(target=work, daemon=True).start()
        try:
            return answer.result(seconds)
        except Late as error:
            raise OSError("the name server does not answer") from error

    return bounded


def _words(error: Exception) -> str:
    return next(words.format(error) for kind, words in _FAULTS if isinstance(error, kind))

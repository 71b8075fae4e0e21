"""A connection to one of the checked addresses of a host, and to no other.

No proxy is asked, no cookie kept. The certificate must be valid for the name.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from contextlib import suppress

from gas.outbound.addresses import Resolve, Target

Connect = Callable[[tuple[str, int], float], socket.socket]

RESOLVE_SECONDS = 5.0

_FAULTS: Sequence[tuple[type[Exception], str]] = (
    (ssl.SSLCertVerificationError, "Its certificate is not valid: {0.verify_message}."),
    (ssl.SSLError, "The TLS handshake failed."),
    (ConnectionRefusedError, "The connection was refused."),
    (http.client.HTTPException, "The answer was not HTTP."),
    (OSError, "The connection failed."),
)


class PinnedConnection(http.client.HTTPConnection):
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


def in_time(ask: Resolve, seconds: float) -> Resolve:
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


def in_words(error: Exception) -> str:
    """What went wrong with a connection, in words for who gave the address."""
    return next(words.format(error) for kind, words in _FAULTS if isinstance(error, kind))

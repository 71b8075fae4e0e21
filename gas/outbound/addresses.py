"""Which addresses users may send us to: our network must not be reached through us (SSRF).

The name is resolved once, every address it has must be public, and the connection goes to exactly
these (`gas.outbound.pinned`), so that a second answer of the name server changes nothing.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from gas.errors import GasError

Resolve = Callable[[str, int], Sequence[str]]
"""The addresses of a name; raises OSError when it has none."""

LONGEST_URL = 2000
_HTTPS_PORT, _HTTP_PORT, _FIRST_FREE_PORT = 443, 80, 1024
_NAME = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
)
_PRINTABLE = re.compile(r"[!-~]+")

#: What `is_global` lets through, or did in some release of Python, and is none of our business.
_REFUSED_V4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # relays of 6to4
        "100.64.0.0/10",  # behind carriers' NAT; metadata of one cloud
        "168.63.129.16/32",  # the host of a machine at Azure
        "240.0.0.0/4",
    )
)
_UNICAST = ipaddress.IPv6Network("2000::/3")
"""All public IPv6; not in it are mapped and translated IPv4 addresses."""
_REFUSED_V6 = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments, and tunnels to IPv4 (Teredo)
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address inside
        "3fff::/20",
    )
)


class AddressRefused(GasError):
    """A user's address that leads where we do not go."""

    code = "address_refused"


@dataclass(frozen=True)
class Target:
    """A parsed address."""

    tls: bool
    host: str
    port: int
    path: str
    """With the query."""

    @property
    def authority(self) -> str:
        """What stands in the header `Host`."""
        usual = _HTTPS_PORT if self.tls else _HTTP_PORT
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == usual else f"{host}:{self.port}"


def parse(url: str, *, allow_loopback: bool, allow_http: bool = False) -> Target:
    """The parts of a user's address, as far as they can be judged without asking anybody.

    With `allow_loopback`, HTTP and every port will do; whether it is this machine's loopback
    shows when the name is resolved. With `allow_http`, public servers may do without TLS.

    Raises:
        AddressRefused: says what is wrong.
    """
    if len(url) > LONGEST_URL or not _PRINTABLE.fullmatch(url) or "\\" in url:
        raise _refused(f"The address must be up to {LONGEST_URL} printable ASCII characters.")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise _refused("This is no address.") from error
    tls = parts.scheme == "https"
    if not tls and not ((allow_loopback or allow_http) and parts.scheme == "http"):
        raise _refused("The address must begin with https://.")
    if "@" in parts.netloc or parts.fragment:
        raise _refused("The address may hold neither a user's name nor a fragment.")
    _check_host(host, allow_loopback)
    port = (_HTTPS_PORT if tls else _HTTP_PORT) if port is None else port
    if not allow_loopback:
        _check_port(tls, port)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(tls, host, port, path)


def resolve(
    target: Target, ask: Resolve, *, allow_loopback: bool, allow_http: bool = False
) -> Sequence[str]:
    """Where the connection goes: all addresses of the target's host, each checked.

    Raises:
        AddressRefused: one of them is not public, or, without TLS, not this machine's.
        OSError: the name has no address.
    """
    found = list(dict.fromkeys(ask(target.host, target.port)))
    if not found:
        raise OSError("the name has no address")
    loopback = [_is_loopback(each) for each in found]
    if allow_loopback and all(loopback):
        return found
    if not (target.tls or allow_http):
        raise _refused("Without TLS (https), only this machine itself can be reached.")
    _check_port(target.tls, target.port)
    if not all(is_public(each) for each in found):
        raise _refused("The name leads into a private network.")
    return found


def is_public(text: str) -> bool:
    """Whether an IP address is one of the public internet's."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False  # with a zone, such as fe80::1%eth0
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _REFUSED_V4)
    return address in _UNICAST and not any(address in network for network in _REFUSED_V6)


def ask_the_system(host: str, port: int) -> Sequence[str]:
    """`Resolve` by the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(sockaddr[0]) for *_, sockaddr in found]


def _check_port(tls: bool, port: int) -> None:
    usual = _HTTPS_PORT if tls else _HTTP_PORT
    if port != usual and port < _FIRST_FREE_PORT:
        raise _refused(f"The port must be {usual}, or 1024 and above.")


def _check_host(host: str, allow_loopback: bool) -> None:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        if not _NAME.fullmatch(host) or host.rsplit(".", 1)[-1].isdigit():
            raise _refused("The address names no host.") from None
        if "." not in host and not allow_loopback:
            raise _refused("The host must have its full name.") from None
        return
    if not is_public(host) and not (allow_loopback and _is_loopback(host)):
        raise _refused("The address leads into a private network.")


def _is_loopback(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


def _refused(message: str) -> AddressRefused:
    return AddressRefused(message, remedy="Give the address of a server on the public internet.")

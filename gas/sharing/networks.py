"""Where somebody came from, as coarsely as it still tells one opening from another."""

from ipaddress import IPv6Address, ip_address, ip_network

_KEPT_BITS = {4: 24, 6: 48}
"""A /24 of IPv4 is an office or a few hundred households; a /48 of IPv6 one site."""

UNKNOWN = "unknown"


def coarse(address: str | None) -> str:
    """`198.51.100.0/24` for `198.51.100.7`; `unknown` for what is no address."""
    try:
        found = ip_address((address or "").strip())
    except ValueError:
        return UNKNOWN
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return str(ip_network((found, _KEPT_BITS[found.version]), strict=False))


def nearest_client(forwarded: str, peer: str | None, *, proxies: int) -> str | None:
    """The address of who asked, behind as many proxies of ours.

    Each proxy adds whom it was asked by at the end of `X-Forwarded-For` (`forwarded`); what stands
    before that was written by the asker and is not believed.
    """
    told = [part.strip() for part in forwarded.split(",") if part.strip()]
    return told[-proxies] if 0 < proxies <= len(told) else peer

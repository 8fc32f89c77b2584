"""Whether an address is one of some networks, and whether it is the caller's own."""

import ipaddress
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


def address_of(connection: HTTPConnection) -> str:
    """Give the address somebody calls from; empty where there is none."""
    return connection.client.host if connection.client else ""


def is_forwarded(headers: Headers) -> bool:
    """Tell whether a proxy says that it asks for somebody else: its address is then nobody's who calls."""
    return any(name in headers for name in _FORWARDED)


def is_in(address: str, networks: Iterable[Network]) -> bool:
    """Tell whether an address is of one of these networks; what is no address is of none."""
    known = _read(address)
    return known is not None and any(known in network for network in networks)


def is_loopback(address: str) -> bool:
    """Tell whether an address is this machine's own; what is no address is not."""
    known = _read(address)
    return known is not None and known.is_loopback


def _read(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped:
        return known.ipv4_mapped
    return known

"""Whether an address is one of some networks."""

import ipaddress
from collections.abc import Iterable

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def is_in(address: str, networks: Iterable[Network]) -> bool:
    """Tell whether an address is of one of these networks; what is no address is of none."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped:
        known = known.ipv4_mapped
    return any(known in network for network in networks)

"""Rules of a port's address and the file that networkd reads (systemd.network(5)). No act here."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, ip_interface
from pathlib import Path

from linebox.base.shapes import Problem, invalid
from linebox.features.host.model import NetworkWish, Way

#: Addresses of the standards' own purposes, never a box's.
_NOT_FOR_HOSTS = tuple(IPv4Network(text) for text in ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3"))


def check(wish: NetworkWish, *, ports: Iterable[str], others: Iterable[str]) -> None:
    """Refuse a wish that can't work, every fault at its field.

    ``ports`` are the box's; ``others`` the addresses (``10.0.0.5/24``) of its other ports.
    Raises ``InputError("invalid-input")``.
    """
    problems: list[Problem] = []

    def refuse(field: str, code: str, **fields: object) -> None:
        problems.append(Problem(field, code, fields))

    if wish.interface not in set(ports):
        refuse("interface", "network-no-such-port", name=wish.interface)
    for n, server in enumerate(wish.dns):
        if (found := _address(server)) is None or not _for_a_host(found):
            refuse(f"dns.{n}", "network-not-an-address")
    if wish.way == "dhcp":
        for name in ("address", "prefix", "gateway"):
            if getattr(wish, name) is not None:
                refuse(name, "network-not-with-dhcp")
        if problems:
            raise invalid(*problems)
        return
    if wish.address is None:
        refuse("address", "missing")
    if wish.prefix is None:
        refuse("prefix", "missing")
    own = _interface(wish)
    if wish.address is not None and _address(wish.address) is None:
        refuse("address", "network-not-an-address")
    if own is not None:
        network = own.network
        if not _for_a_host(own.ip):
            refuse("address", "network-not-an-address")
        elif own.ip in (network.network_address, network.broadcast_address):
            refuse(
                "address",
                "network-address-of-the-net",
                first=network.network_address + 1,
                last=network.broadcast_address - 1,
            )
        if other := next((one for one in others if _overlap(one, network)), None):
            refuse("address", "network-two-ports", other=other)
    if wish.gateway is not None:
        gateway = _address(wish.gateway)
        if gateway is None:
            refuse("gateway", "network-not-an-address")
        elif own is not None and gateway == own.ip:
            refuse("gateway", "network-gateway-is-box")
        elif own is not None and gateway not in own.network:
            refuse("gateway", "network-gateway-outside", network=own.network)
    if problems:
        raise invalid(*problems)


def _address(text: str) -> IPv4Address | None:
    try:
        return IPv4Address(text)
    except ValueError:
        return None


def _interface(wish: NetworkWish) -> IPv4Interface | None:
    try:
        return IPv4Interface(f"{wish.address}/{wish.prefix}")
    except ValueError:
        return None


def _for_a_host(address: IPv4Address) -> bool:
    return not any(address in net for net in _NOT_FOR_HOSTS)


def _overlap(other: str, network: IPv4Network) -> bool:
    found = ip_interface(other).network
    return isinstance(found, IPv4Network) and found.overlaps(network)


def file_text(wish: NetworkWish) -> str:
    """The port's ``.network`` file."""
    lines = [
        "# Written by hostd, from the page Network.",
        "[Match]",
        f"Name={wish.interface}",
        "",
        "[Network]",
        "LinkLocalAddressing=ipv6",
    ]
    if wish.way == "dhcp":
        lines.append("DHCP=yes")
    else:
        lines += ["DHCP=no", f"Address={wish.address}/{wish.prefix}"]
        lines += [f"Gateway={wish.gateway}"] if wish.gateway else []
    lines += [f"DNS={server}" for server in wish.dns]
    if wish.way == "dhcp":
        lines += ["", "[DHCPv4]", "SendHostname=no", "UseHostname=no", "UseDomains=no"]
        lines += ["UseDNS=no"] if wish.dns else []
    return "\n".join(lines) + "\n"


def way_of(text: str) -> Way:
    """How a ``.network`` file says that its port gets an address."""
    for line in text.splitlines():
        key, _, value = line.partition("=")
        if key.strip() == "DHCP" and value.strip() in ("yes", "ipv4", "true", "1"):
            return "dhcp"
    return "static"


def words(path: Path) -> dict[str, str]:
    """A file of ``NAME=value`` lines, as networkd's own state; empty when it isn't there."""
    try:
        text = path.read_text("utf-8")
    except OSError:
        return {}
    pairs = (line.partition("=") for line in text.splitlines() if not line.startswith("#"))
    return {name: value for name, mark, value in pairs if mark}


def resolv_conf(servers: Iterable[str]) -> str:
    """For programs that ask for names: short waits, because a dead server must not hold up calls
    (Asterisk asks at its start)."""
    return "options timeout:1 attempts:1\n" + "".join(f"nameserver {one}\n" for one in servers)

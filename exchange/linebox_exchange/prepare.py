"""At each boot, before Asterisk: the second address, the addresses' files, the AMI's secret.

Run as root by linebox-exchange-prepare.service. The exchange sits at <net>.20 of eth0; the box is
<net>.10 and the practice phones are the next address, <net>.21.
"""

from __future__ import annotations

import ipaddress
import json
import secrets
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from linebox_exchange import numbers, paths


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """IPv4 addresses: the trunk's end here, the practice phones', the box's."""

    trunk: str
    phones: str
    box: str


def derived(interface: ipaddress.IPv4Interface) -> Addresses:
    """The three addresses from the exchange's own, e.g. 10.88.0.20/24."""
    return Addresses(
        trunk=str(interface.ip),
        phones=str(interface.ip + 1),
        box=str(interface.network.network_address + 10),
    )


def read_addresses() -> Addresses:
    """What ``prepare`` wrote at boot."""
    return Addresses(**json.loads(paths.ADDRESSES.read_text()))


def pjsip_conf(addresses: Addresses) -> str:
    """Transports and the trunk to the box."""
    blocks = [
        f"[trunk]\ntype=transport\nprotocol=udp\nbind={addresses.trunk}:5060\n",
        f"[box](line)\ncontext=from-box\naors=box\ntransport=trunk\nmedia_address={addresses.trunk}\n",
        f"[box]\ntype=aor\ncontact=sip:{addresses.box}:5060\n",
        f"[box]\ntype=identify\nendpoint=box\nmatch={addresses.box}\n",
    ]
    blocks += [
        f"[phone-{slot}]\ntype=transport\nprotocol=udp\n"
        f"bind={addresses.phones}:{numbers.FIRST_PHONE_PORT + slot}\n"
        for slot in range(numbers.PHONES)
    ]
    return "\n".join(blocks)


def _own_interface() -> ipaddress.IPv4Interface:
    listing = subprocess.run(
        ["ip", "-j", "-4", "address", "show", "dev", "eth0"], check=True, capture_output=True
    )
    for link in json.loads(listing.stdout):
        for address in link.get("addr_info", []):
            return ipaddress.IPv4Interface(f"{address['local']}/{address['prefixlen']}")
    sys.exit("eth0 has no IPv4 address: the container's network was not made.")


#: Ports of practice phones that were pulled from the network (switch.drop).
NFT = """
table inet exchange
delete table inet exchange
table inet exchange {
  set pulled { type inet_service; }
  chain input { type filter hook input priority 0; udp dport @pulled drop; }
  chain output { type filter hook output priority 0; udp sport @pulled drop; }
}
"""


def main() -> None:
    """Raises ``CalledProcessError`` when the network refuses; systemd tries again."""
    interface = _own_interface()
    addresses = derived(interface)
    second = f"{addresses.phones}/{interface.network.prefixlen}"
    subprocess.run(["ip", "address", "replace", second, "dev", "eth0"], check=True)
    subprocess.run(["nft", "-f", "-"], input=NFT.encode(), check=True)

    paths.RUN.mkdir(mode=0o750, exist_ok=True)
    secret = secrets.token_hex(16)
    _write(paths.ADDRESSES, json.dumps(asdict(addresses)))
    _write(paths.RUN / "pjsip.conf", pjsip_conf(addresses))
    _write(paths.AMI_SECRET, secret)
    _write(
        paths.RUN / "manager.conf",
        f"[exchange]\nsecret={secret}\nread=call,system,reporting\n"
        "write=system,call,reporting,command,originate\n"
        "eventfilter=Event: Newstate\neventfilter=Event: Registry\n",
    )
    for folder in ("asterisk", "spool", "asterisk-log/cel-custom", "heard"):
        path = paths.STATE / folder
        path.mkdir(mode=0o750, parents=True, exist_ok=True)
    # Files too: Asterisk's number may be another one since the tree was built anew.
    for path in (paths.STATE, *paths.STATE.rglob("*"), paths.RUN):
        shutil.chown(path, "asterisk", "asterisk")


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o640)
    path.write_text(text)
    shutil.chown(path, "root", "asterisk")


if __name__ == "__main__":
    main()

"""The sets of nftables that keep addresses out (/etc/nftables.conf); needs CAP_NET_ADMIN."""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from linebox.base.errors import Unavailable
from linebox.features.guard.model import Address

_NFT = "/usr/sbin/nft"
_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sets:
    """``banned``: address → seconds left; ``knocks``: address → packets to ports where scanners
    look, of the last ten minutes."""

    banned: Mapping[Address, int] = field(default_factory=dict)
    knocks: Mapping[Address, int] = field(default_factory=dict)


async def ban(address: Address, seconds: int) -> None:
    """Drop all packets from ``address``; one that is banned already stays so for its time.

    Raises ``Unavailable("netfilter")`` with what nft said.
    """
    await _nft("add", "element", *_in(address, "banned", f"{address} timeout {seconds}s"))


async def unban(address: Address) -> bool:
    """Let it in again, its knocks forgotten; False when it wasn't banned."""
    await _forget(address, "scan")
    return await _forget(address, "banned")


async def read() -> Sets:
    """The sets as they are. Raises as ``ban``."""
    return parse(await _nft("-j", "list", "table", "inet", "linebox"))


def parse(said: str) -> Sets:
    """What ``nft -j list table`` says of the sets."""
    banned: dict[Address, int] = {}
    knocks: dict[Address, int] = {}
    for item in json.loads(said)["nftables"]:
        one = item.get("set", {})
        for element in one.get("elem", ()):
            about = element["elem"]
            address = ipaddress.ip_address(about["val"])
            if one["name"].startswith("banned"):
                banned[address] = int(about.get("expires", 0))
            elif one["name"].startswith("scan"):
                knocks[address] = int(about["counter"]["packets"])
    return Sets(banned=banned, knocks=knocks)


async def _forget(address: Address, kind: str) -> bool:
    try:
        await _nft("delete", "element", *_in(address, kind, str(address)))
    except Unavailable as error:
        if "No such file" in str(error.fields.get("reason")):  # it isn't in the set
            return False
        raise
    return True


def _in(address: Address, kind: str, element: str) -> tuple[str, ...]:
    return "inet", "linebox", f"{kind}{address.version}", f"{{ {element} }}"


async def _nft(*words: str) -> str:
    process = await asyncio.create_subprocess_exec(
        _NFT, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(_WITHIN_S):
            out, said = await process.communicate()
    except TimeoutError as error:
        process.kill()
        raise Unavailable("netfilter", reason=f"{_WITHIN_S} s") from error
    if process.returncode:
        raise Unavailable("netfilter", reason=said.decode(errors="replace").strip()[:200])
    return out.decode()

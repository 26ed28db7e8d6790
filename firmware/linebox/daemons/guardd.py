"""linebox-guardd: bans addresses that guess SIP passwords (features/guard/README.md)."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re

from linebox.asterisk import ami
from linebox.base import retry
from linebox.base.clock import monotonic_s
from linebox.base.errors import LineboxError
from linebox.config.paths import Paths, paths
from linebox.daemons._runtime import Daemon, Heart
from linebox.features.guard.model import BAN_S, EVENTS, Address, Guesses, address_of

log = logging.getLogger(__name__)

_MATCH = re.compile(r"^\s*match\s*=\s*([0-9A-Fa-f.:]+)\s*$", re.M)


def trunk_addresses(at: Paths) -> frozenset[Address]:
    """The carriers' addresses in the current generation; empty when there is none yet."""
    try:
        text = (at.generations / "current/pjsip.conf").read_text("utf-8")
    except FileNotFoundError:
        return frozenset()
    return frozenset(ipaddress.ip_address(found) for found in _MATCH.findall(text))


async def ban(address: Address) -> None:
    """Drop all packets from ``address`` for ``BAN_S`` seconds; a failure of nft is logged."""
    element = f"{{ {address} timeout {BAN_S}s }}"
    process = await asyncio.create_subprocess_exec(
        "/usr/sbin/nft", "add", "element", "inet", "linebox", f"banned{address.version}", element,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(5):
        _, said = await process.communicate()
    if process.returncode:
        log.error("could not ban %s: %s", address, said.decode(errors="replace").strip())
    else:
        log.warning("banned %s for %d s: it guesses SIP passwords", address, BAN_S)


class Guard:
    """The one worker: follows security events, bans."""

    def __init__(self, at: Paths) -> None:
        self._at = at
        self._guesses = Guesses()
        self._to_ban: asyncio.Queue[Address] = asyncio.Queue(maxsize=1000)

    def _on_event(self, message: ami.Message) -> None:
        if message.name not in EVENTS:
            return
        address = address_of(message["RemoteAddress"])
        if address is None:
            return
        trusted = trunk_addresses(self._at)
        if self._guesses.failed(address, now_s=monotonic_s(), trusted=trusted):
            try:
                self._to_ban.put_nowait(address)
            except asyncio.QueueFull:
                log.error("too many addresses to ban at once; %s goes on", address)

    async def _listen(self) -> None:
        secret = (self._at.secrets / "ami-guardd").read_text().strip()
        async with ami.connected("guardd", secret, on_event=self._on_event) as client:
            await client.stay()

    async def listen(self, heart: Heart) -> None:
        await heart.beating(
            retry.forever("asterisk", self._listen, retry_on=(LineboxError, OSError))
        )

    async def bans(self, heart: Heart) -> None:
        while True:
            heart.beat()
            try:
                async with asyncio.timeout(3):
                    address = await self._to_ban.get()
            except TimeoutError:
                continue
            await ban(address)


def main() -> int:
    daemon = Daemon("guardd")
    guard = Guard(paths())
    daemon.add("listen", guard.listen)
    daemon.add("bans", guard.bans)
    return daemon.main()


if __name__ == "__main__":
    raise SystemExit(main())

"""linebox-guardd: keeps out who guesses SIP passwords or scans (features/guard/README.md)."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re
from datetime import timedelta

from linebox.asterisk import ami
from linebox.base import retry
from linebox.base.clock import monotonic_s, now
from linebox.base.errors import LineboxError, Unavailable
from linebox.config.paths import Paths, paths
from linebox.daemons._runtime import Daemon, Heart
from linebox.features.guard import banned, sets
from linebox.features.guard.banned import GUESSING, SCANNING, Banned
from linebox.features.guard.model import (
    BAN_S,
    EVENTS,
    FAILURES,
    KNOCKS,
    Address,
    Guesses,
    address_of,
)

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 10.0
_MATCH = re.compile(r"^\s*match\s*=\s*([0-9A-Fa-f.:]+)\s*$", re.M)


def trunk_addresses(at: Paths) -> frozenset[Address]:
    """The carriers' addresses in the current generation; empty when there is none yet."""
    try:
        text = (at.generations / "current/pjsip.conf").read_text("utf-8")
    except FileNotFoundError:
        return frozenset()
    return frozenset(ipaddress.ip_address(found) for found in _MATCH.findall(text))


class Guard:
    """Two workers: one follows security events, one bans and keeps the list of who is out."""

    def __init__(self, at: Paths) -> None:
        self._at = at
        self._guesses = Guesses()
        self._to_ban: asyncio.Queue[Address] = asyncio.Queue(maxsize=1000)
        self._banned: dict[str, Banned] = {}

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
        """Guessers at once; scanners, and who is out no more, at each look."""
        look_s = 0.0
        while True:
            heart.beat()
            try:
                async with asyncio.timeout(3):
                    await self._ban(await self._to_ban.get(), GUESSING, FAILURES)
                    look_s = 0.0
            except TimeoutError:
                pass
            if monotonic_s() >= look_s:
                look_s = monotonic_s() + _LOOK_EVERY_S
                await self._look()

    async def _ban(self, address: Address, code: str, count: int) -> None:
        try:
            await sets.ban(address, BAN_S)
        except Unavailable as error:
            log.error("could not ban %s: %s", address, error)
            return
        log.warning("banned %s for %d s: %s, %d times", address, BAN_S, code, count)
        one = Banned(address=str(address), code=code, since=now(), count=count)
        self._banned[one.address] = one

    async def _look(self) -> None:
        try:
            there = await sets.read()
            trusted = trunk_addresses(self._at)
            scanners = [
                address
                for address, knocks in there.knocks.items()
                if knocks >= KNOCKS and address not in there.banned and address not in trusted
            ]
            for address in scanners:
                await self._ban(address, SCANNING, there.knocks[address])
            if scanners:
                there = await sets.read()
        except Unavailable as error:
            log.error("the banned addresses can't be read: %s", error)
            return
        out = {str(address): left_s for address, left_s in there.banned.items()}
        for key, left_s in out.items():  # of before our own start
            since = now() - timedelta(seconds=BAN_S - left_s)
            old = Banned(address=key, code=GUESSING, since=since, count=FAILURES)
            self._banned.setdefault(key, old)
        self._banned = {key: one for key, one in self._banned.items() if key in out}
        banned.write(self._at.banned, self._banned.values())


def main() -> int:
    daemon = Daemon("guardd")
    guard = Guard(paths())
    daemon.add("listen", guard.listen)
    daemon.add("bans", guard.bans)
    return daemon.main()


if __name__ == "__main__":
    raise SystemExit(main())

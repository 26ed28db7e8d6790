"""The way to boardd, and its ports as lines of text (docs/names.md, "Cards and lines (boardd)")."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import groupby
from pathlib import Path
from typing import Final
from urllib.parse import quote

from aiohttp import ClientError, ClientSession, ClientTimeout, StreamReader, UnixConnector

from linebox.base.errors import Unavailable
from linebox.base.ipc import Peer
from linebox.base.shapes import parse, render
from linebox.features.lines.ports_store import Event
from linebox.hw.lab_job import LabJob, LabNow, LabWish
from linebox.hw.protocols import Card, Hardware, Loop, Port, PortType, Span

_ANALOG: Final = frozenset({PortType.FXO, PortType.FXS})
_LIMIT_S: Final = 10.0
_CONNECT_S: Final = 3.0
#: boardd says something at least every 10 s.
_SILENT_S: Final = 25.0


class Follow:
    """boardd's events as they come. ``start`` is its start's id: numbers begin anew with it."""

    def __init__(self, start: str, stream: StreamReader) -> None:
        self.start = start
        self._stream = stream
        self._rest = b""

    async def next(self) -> list[Event] | None:
        """Those that came together; none when nothing happened for 10 s. None: boardd has ended.

        Raises ``TimeoutError``, ``InputError`` for what is no event.
        """
        async with asyncio.timeout(_SILENT_S):
            data = await self._stream.readany()
        if not data:
            return None
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [parse(Event, json.loads(line)) for line in lines if line.strip()]


class Boardd:
    """A client that keeps nothing open. Everything raises ``Unavailable("boardd-away")``."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._peer = Peer("boardd", socket)

    async def hardware(self, after: int | None = None) -> Hardware:
        """Cards and ports as they are now. Who knows the newest event, ``after``, waits for the
        next one, at most a second."""
        return (await self.told(after))[0]

    async def told(self, after: int | None = None) -> tuple[Hardware, object]:
        """The same, and as it was said."""
        path = "/hardware" if after is None else f"/hardware?after={after}"
        said = await self._peer.json("GET", path, limit_s=_LIMIT_S)
        return self._peer.understood(Hardware, said), said

    @asynccontextmanager
    async def follow(self) -> AsyncIterator[Follow]:
        """All events that boardd still has, then each as it comes."""
        try:
            async with (
                ClientSession(
                    connector=UnixConnector(str(self._socket)),
                    timeout=ClientTimeout(total=None, sock_connect=_CONNECT_S),
                ) as session,
                session.get("http://boardd/events?after=0") as response,
            ):
                async with asyncio.timeout(_SILENT_S):
                    first = json.loads(await response.content.readline() or b"{}")
                yield Follow(f"{first['start']} {first['id']}", response.content)
        except (ClientError, ValueError, KeyError) as error:
            raise Unavailable("boardd-away", reason=str(error)) from error

    async def block(self, port: str, *, blocked: bool) -> None:
        """Raises ``InputError``: ``not-found``, ``block-in-settings``."""
        path = f"/ports/{quote(port, safe='')}/block"
        await self._peer.ask("POST", path, {"blocked": blocked}, limit_s=_LIMIT_S)

    async def forget(self, card: str) -> None:
        """Raises ``InputError``: ``not-found``, ``card-present``."""
        path = f"/cards/{quote(card, safe='')}/forget"
        await self._peer.ask("POST", path, {}, limit_s=_LIMIT_S)

    async def loop(self, span: str, kind: Loop) -> None:
        """Raises ``InputError``: ``not-found``, ``span-in-use``; ``Unavailable("no-loopback")``."""
        path = f"/spans/{quote(span, safe='')}/loopback"
        await self._peer.ask("POST", path, {"kind": kind}, limit_s=_LIMIT_S)

    async def test(self, wish: LabWish) -> LabJob:
        """Begins it. Raises ``InputError`` as ``daemons/_board_lab.py``."""
        return await self._peer.told(LabJob, "POST", "/lab", render(wish), limit_s=_LIMIT_S)

    async def test_of(self, id_: int) -> LabJob:
        """How far it is. Raises ``InputError("not-found")``."""
        return await self._peer.told(LabJob, "GET", f"/lab/{id_}", limit_s=_LIMIT_S)

    async def newest_test(self) -> LabJob | None:
        return (await self._peer.told(LabNow, "GET", "/lab", limit_s=_LIMIT_S)).job

    async def stop_test(self) -> None:
        await self._peer.ask("POST", "/lab/stop", {}, limit_s=_LIMIT_S)

    async def play(self, scenario: str) -> None:
        """Raises ``InputError``: ``scenario-only-sim``, and what is wrong with it."""
        await self._peer.ask("POST", "/play", {"scenario": scenario}, limit_s=_LIMIT_S)


def table(hardware: Hardware) -> Iterator[str]:
    """A line for each card, each line and telephone, and each run of an E1's channels."""
    board = hardware.board
    yield f"{board.zh}  {board.en} ({board.model})"
    for card in hardware.cards:
        yield f"{card.key}  {card.zh}  {card.en}{_remarks(card)}"
        for span in card.spans:
            yield from _span(span)


def _remarks(card: Card) -> str:
    said = [] if card.present else ["不在  absent"]
    if not card.known:
        said.append(f"{card.ids}")
    return "  " + "  ".join(said) if said else ""


def _span(span: Span) -> Iterator[str]:
    alarms = " ".join(span.alarms)
    number = f"span {span.number}" if span.number else "no number"
    yield f"  {span.key}  {span.kind}  {number}  {alarms}".rstrip()
    if all(port.kind in _ANALOG for port in span.ports):
        for port in span.ports:
            volts = "" if port.battery_mv is None else f"  {port.battery_mv / 1000:.1f} V"
            yield f"    {_place(port):>4}  {port.kind}  {_state(port)}{volts}"
        return
    for state, ports in groupby(span.ports, key=_state):
        run = list(ports)
        places = _place(run[0]) + (f"-{_place(run[-1])}" if len(run) > 1 else "")
        yield f"    {places:>5}  {state}"


def _place(port: Port) -> str:
    return port.key.rpartition("/")[2]


def _state(port: Port) -> str:
    return f"{port.state} ({port.alarm})" if port.alarm else str(port.state)

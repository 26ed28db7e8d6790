"""The way to boardd, and its ports as lines of text (docs/names.md, "Cards and lines (boardd)")."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Final

from linebox.base.errors import Unavailable
from linebox.base.ipc import Peer
from linebox.base.shapes import parse
from linebox.hw.protocols import Card, Hardware, Port, PortKind, Span

_ANALOG: Final = frozenset({PortKind.FXO, PortKind.FXS})
_LIMIT_S: Final = 10.0


class Boardd:
    """A client that keeps nothing open. Everything raises ``Unavailable("boardd-away")``."""

    def __init__(self, socket: Path) -> None:
        self._peer = Peer("boardd", socket)

    async def hardware(self) -> Hardware:
        """Cards and ports as they are now."""
        answer = await self._peer.ask("GET", "/hardware", limit_s=_LIMIT_S)
        try:
            return parse(Hardware, answer.json())
        except ValueError as error:
            raise Unavailable("boardd-away", reason=str(error)) from error

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

"""linebox-boardd: finds, configures and watches telephone cards (docs/names.md, "Cards and lines").

Works with Asterisk, PostgreSQL and every other daemon dead; killed at any moment, its successor
finds what it needs in files. It looks five times a second, and at once when the kernel says
that hardware came or went.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

from linebox.asterisk import console
from linebox.base.clock import monotonic_s, now
from linebox.base.errors import ConfigError, InputError, LineboxError
from linebox.base.messages import sentence
from linebox.base.shapes import Length, parse
from linebox.config.paths import Paths, paths
from linebox.daemons import _sockets
from linebox.daemons._board_apply import Applied, Applier
from linebox.daemons._board_asterisk import ChanDahdi
from linebox.daemons._board_events import Events
from linebox.daemons._board_lab import Lab
from linebox.daemons._board_memory import Memory
from linebox.daemons._board_picture import Picture
from linebox.daemons._light_http import Act, Server
from linebox.daemons._runtime import Daemon, Heart
from linebox.hw import board as boards
from linebox.hw import factory, toml
from linebox.hw.board import Board, Driver, Phones
from linebox.hw.lab_job import LabWish
from linebox.hw.protocols import (
    BoardName,
    Fault,
    Hardware,
    Loop,
    Port,
    PortState,
    PortType,
    Telephony,
)
from linebox.hw.sim.scenario import Scenario, checked
from linebox.hw.sim.telephony import SimTelephony

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 0.2
#: What is otherwise than it is told is seen again as soon as it may be believed.
_DOUBT_EVERY_S: Final = 0.1
#: A processor that a look keeps busy for long is left three times as long to the calls, at most:
_SLOW_S: Final = 1.5
#: A box without cards: what is plugged in wakes boardd.
_BARE_EVERY_S: Final = 5.0
#: Who has seen the newest event is answered when there is another, at the latest after so long.
_HOLD_S: Final = 0.8
#: What is left to do is tried so often; Asterisk's channels are compared so often.
_TRY_EVERY_S: Final = 1.0
_HEAL_EVERY_S: Final = 30.0
#: After hardware came or Asterisk began: it needs a moment.
_HEAL_AFTER_S: Final = 3.0
_CONTROL: Final = "run/asterisk/asterisk.ctl"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyWish:
    generation: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopWish:
    kind: Loop


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockWish:
    blocked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayWish:
    """``scenario``: the file's text; empty: none any more."""

    scenario: Annotated[str, Length(0, 100_000, lines=True)]


class Boardd:
    """The daemon's parts. ``telephony`` is the board's; a board that can't be read has none."""

    def __init__(self, at: Paths) -> None:
        self._at = at
        self._fault: Fault | None = None
        self.board = self._read_board()
        self.telephony: Telephony = factory.telephony(self.board, self._kept_scenario())
        self._memory = Memory(at.own("boardd") / "memory.json")
        self.events = Events(now(), at.run / "boardd")
        self.picture = Picture(self._memory, self.events.words)
        self._at_last = now()
        self._changing = threading.Lock()
        self._looking = threading.Lock()
        real = self.board.telephony.driver is Driver.DAHDI
        self._asterisk = ChanDahdi(self._command) if real else None
        self._applier = Applier(
            self.telephony,
            self._asterisk,
            at.generations / "current/dahdi",
            at.run / "boardd/applied.json",
        )
        self.lab = Lab(
            self.telephony,
            self.picture,
            self._asterisk,
            self._changing,
            self._try_heal,
            self._applier.tuning,
        )
        self._apply_due = asyncio.Event()
        self._heal_at_s = 0.0

    # -- what there is ------------------------------------------------------------------------

    def _read_board(self) -> Board:
        model = boards.model(self._at.root)
        try:
            return boards.read(self._at.share / "board" / model / "board.toml")
        except ConfigError as error:
            self._fault = _fault(error)
            none = Phones(driver=Driver.SIM)
            return Board(model=model, zh=model, en=model, telephony=none)

    @property
    def _scenario(self) -> Path:
        return self._at.own("boardd") / "scenario.toml"

    def _kept_scenario(self) -> Scenario:
        plays = self.board.telephony.driver is Driver.SIM and self._fault is None
        if not plays or not self._scenario.exists():
            return Scenario()
        try:
            return checked(toml.read(Scenario, self._scenario), str(self._scenario))
        except ConfigError as error:
            self._fault = _fault(error)
            return Scenario()

    def _command(self, words: str) -> str:
        return console.command(words, self._at.root / _CONTROL)

    # -- workers ------------------------------------------------------------------------------

    async def look(self, heart: Heart) -> None:
        woken = asyncio.Event()
        if (wakes := self.telephony.wakes()) is not None:
            asyncio.get_running_loop().add_reader(wakes, lambda: self._woken(woken))
        while True:
            began_s = monotonic_s()
            if self.look_once(now()):
                self._apply_due.set()
            rest_s = LOOK_EVERY_S if self.picture.cards else _BARE_EVERY_S
            slow_s = min(_SLOW_S, 3 * (monotonic_s() - began_s))
            if self.picture.doubts:
                rest_s, slow_s = _DOUBT_EVERY_S, 0.0
            await heart.wait(woken, max(rest_s, slow_s))
            woken.clear()

    def _woken(self, woken: asyncio.Event) -> None:
        self.telephony.woken()
        self._apply_due.set()
        woken.set()

    def look_once(self, at: datetime) -> bool:
        """See and tell, in any thread. Whether a card came or went."""
        with self._looking:
            changes = self.picture.see(self.telephony.look(), at, monotonic_s())
            self._at_last = at
            self.events.tell(changes, self.picture.words())
        for one in changes:
            log.info("%s %s: %s, was %s", one.what, one.key, one.is_, one.was or "new")
        return any(one.what == "card" for one in changes)

    async def configure(self, heart: Heart) -> None:
        """At the start, when cards came, and as long as something is left to do."""
        self._apply_due.set()
        control = 0
        while True:
            if self._apply_due.is_set() or self._applier.left:
                self._heal_soon()
                self._apply_due.clear()
                await heart.beating(asyncio.to_thread(self._try_apply))
            begun = _inode(self._at.root / _CONTROL)
            if begun != control:
                control = begun
                self._heal_soon()
            if monotonic_s() >= self._heal_at_s:
                self._heal_at_s = monotonic_s() + _HEAL_EVERY_S
                await heart.beating(asyncio.to_thread(self._try_heal))
            await heart.wait(self._apply_due, _TRY_EVERY_S)

    def _heal_soon(self) -> None:
        self._heal_at_s = min(self._heal_at_s, monotonic_s() + _HEAL_AFTER_S)

    def _try_apply(self) -> None:
        try:
            self.apply(ApplyWish(), force=False)
        except LineboxError as error:
            log.error("the cards aren't configured: %s", error)

    def _try_heal(self) -> None:
        blocked = {
            port.channel
            for key in self._memory.blocked
            if (port := self.picture.port(key)) and port.channel
        }
        ports = {port.channel: port for port in self._ports() if port.channel is not None}
        with self._changing:
            try:
                self._applier.heal(frozenset(blocked) | self.lab.taken, ports)
            except LineboxError as error:
                log.info("Asterisk's channels aren't compared: %s", error)

    def _ports(self) -> list[Port]:
        return [port for card in self.picture.cards for span in card.spans for port in span.ports]

    async def status(self, heart: Heart, tell: Callable[[str], None]) -> None:
        while True:
            ports = self._ports()
            lines = sum(port.kind is not PortType.SIGNALLING for port in ports)
            away = sum(port.state is PortState.ALARM for port in ports)
            cards = sum(card.present for card in self.picture.cards)
            said = f"{self.board.model}: {cards} cards, {lines} ports, {away} in alarm"
            tell(self._fault.en if self._fault else said)
            await heart.sleep(5.0)

    # -- acts ---------------------------------------------------------------------------------

    def acts(self) -> Mapping[tuple[str, str], Act]:
        key = "(?P<key>.{1,300})"
        return {
            ("GET", "/hardware"): lambda _body, words: self.hardware(_after(words)),
            ("GET", "/events"): lambda _body, words: self.events.lines(_number(words)),
            ("POST", "/apply"): lambda body, _words: self.apply(parse(ApplyWish, body), force=True),
            ("POST", f"/spans/{key}/loopback"): lambda body, words: self.loop(
                words["key"], parse(LoopWish, body)
            ),
            ("POST", f"/ports/{key}/block"): lambda body, words: self.block(
                words["key"], parse(BlockWish, body)
            ),
            ("POST", f"/cards/{key}/forget"): lambda _body, words: self.forget(words["key"]),
            ("GET", "/lab"): lambda _body, _words: self.lab.newest(),
            ("GET", "/lab/(?P<id>[0-9]{1,9})"): lambda _body, words: self.lab.job(int(words["id"])),
            ("POST", "/lab"): lambda body, _words: self.lab.start(parse(LabWish, body)),
            ("POST", "/lab/stop"): lambda _body, _words: self.lab.stop(),
            ("POST", "/play"): lambda body, _words: self.play(parse(PlayWish, body)),
        }

    def hardware(self, after: int | None = None) -> Hardware:
        """Waits a moment for news when ``after`` is the newest event."""
        if after is not None:
            self.events.wait(after, _HOLD_S)
        return Hardware(
            board=BoardName(model=self.board.model, zh=self.board.zh, en=self.board.en),
            fault=self._fault,
            at=self._at_last,
            event=self.events.last,
            cards=() if self._fault else self.picture.cards,
        )

    def apply(self, wish: ApplyWish, *, force: bool) -> Applied:
        """Raises ``ConfigError("units-unreadable")``."""
        with self._changing:
            done = self._applier.apply(force=force)
        if wish.generation is not None:
            log.info(
                "generation %d: %d spans changed, %d wait, %d refused",
                wish.generation, len(done.changed), len(done.waits), len(done.failed),
            )  # fmt: skip
        return done

    def loop(self, key: str, wish: LoopWish) -> dict[str, str]:
        """Raises ``not-found``, ``span-in-use``, ``no-loopback``."""
        span = self.picture.span(key)
        if span is None or span.number is None:
            raise InputError("not-found", what="span", key=key)
        calls = self._asterisk.calls() if self._asterisk and wish.kind is not Loop.OFF else None
        own = {port.channel for port in span.ports}
        if calls and (span.number in calls.spans or calls.channels & own):
            raise InputError("span-in-use", span=key)
        with self._changing:
            self.telephony.loop(span, wish.kind)
        log.warning("span %s: loop %s", key, wish.kind)
        return {}

    def block(self, key: str, wish: BlockWish) -> dict[str, str]:
        """Its channel is taken from Asterisk when no call is on it, also after a start.

        Raises ``not-found``, ``block-in-settings`` for a channel of an E1.
        """
        port = self.picture.port(key)
        if port is None:
            raise InputError("not-found", what="port", key=key)
        if port.kind not in (PortType.FXO, PortType.FXS):
            raise InputError("block-in-settings")
        self._memory.block(key, blocked=wish.blocked)
        self._heal_at_s = 0.0
        log.warning("port %s is %s", key, "blocked" if wish.blocked else "free again")
        return {}

    def forget(self, key: str) -> dict[str, str]:
        """Raises ``not-found``; ``card-present`` for a card that is there."""
        card = next((one for one in self.picture.cards if one.key == key), None)
        if card is None:
            raise InputError("not-found", what="card", key=key)
        if card.present:
            raise InputError("card-present")
        self._memory.forget(key)
        return {}

    def play(self, wish: PlayWish) -> dict[str, str]:
        """Kept over a start. Its cards are told with their ports when this returns: a span has none
        before it has its number. Raises ``scenario-only-sim``, and as ``toml.parsed``."""
        if not isinstance(self.telephony, SimTelephony):
            raise InputError("scenario-only-sim")
        name = "scenario.toml"
        try:
            scenario = checked(toml.parsed(Scenario, wish.scenario, name), name)
        except ConfigError as error:
            raise InputError(error.code, **error.fields) from error
        self._scenario.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if wish.scenario.strip():
            self._scenario.write_text(wish.scenario, "utf-8")
        else:
            self._scenario.unlink(missing_ok=True)
        for key in [one.key for one in self.picture.cards]:
            if key not in {card.key for card in scenario.card}:
                self._memory.forget(key)
        self.telephony.play(scenario)
        self._applier.left = True
        self._try_apply()
        self.look_once(now())
        return {}


async def serve(heart: Heart, boardd: Boardd, at: Paths) -> None:
    """The socket, in a thread of its own; boardd ends when it does."""
    listening = _sockets.passed() or _sockets.own(at.socket("boardd"), 0o660)
    listening.setblocking(True)
    server = Server(listening, boardd.acts(), name="boardd")
    thread = threading.Thread(target=server.serve_forever, name="http", daemon=True)
    thread.start()
    while thread.is_alive():
        await heart.sleep(2.0)


def _fault(error: ConfigError) -> Fault:
    zh, en = sentence(error.code, error.fields)
    log.error("%s", en)
    return Fault(code=error.code, zh=zh, en=en)


def _number(words: Mapping[str, str]) -> int:
    said = words.get("after", "0")
    return int(said) if said.isdecimal() else 0


def _after(words: Mapping[str, str]) -> int | None:
    return _number(words) if "after" in words else None


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0


def main() -> int:
    """The entry of ``linebox-boardd.service``."""
    at = paths()
    daemon = Daemon("linebox-boardd")
    boardd = Boardd(at)
    daemon.add("look", boardd.look)
    daemon.add("configure", boardd.configure, stuck_after_s=60.0)
    daemon.add("status", lambda heart: boardd.status(heart, daemon.status))
    daemon.add("socket", lambda heart: serve(heart, boardd, at))
    return daemon.main()


if __name__ == "__main__":
    sys.exit(main())

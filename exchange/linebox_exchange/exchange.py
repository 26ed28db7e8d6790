"""The exchange at work: places calls, keeps its phones, follows CEL into log and book."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import secrets
import time
from collections.abc import Callable, Iterable

from linebox.base.errors import InputError, Unavailable
from linebox_exchange import numbers, paths, phones, steps, switch
from linebox_exchange.asked import Call
from linebox_exchange.events import Event, What
from linebox_exchange.log import Log, follow_cel, read_cel
from linebox_exchange.phones import Phone, Phones
from linebox_exchange.records import Book, Kind, Leg

log = logging.getLogger(__name__)

#: Between two phones' log-in calls.
LOG_IN_EVERY_S = 0.1
#: Asterisk takes a moment to make registrations of a reloaded file.
RELOAD_S = 0.3
_TRUNK_KINDS = (Kind.CUSTOMER, Kind.CALLED)


def _channel(call: Call) -> str:
    """Whom to dial: the box over SIP, or over the line that is named."""
    if not call.line:
        return f"PJSIP/{call.called}@box"
    try:
        lines = json.loads(paths.LINES.read_text())
    except FileNotFoundError:
        lines = {}
    if call.line not in lines:
        raise InputError("exchange-call", field="line")
    return str(lines[call.line]).replace("{called}", call.called)


class Exchange:
    """State: the book (from the log), the phones (from phones.json). The rest is Asterisk's."""

    def __init__(self, address: str) -> None:
        self._address = address  # the practice phones'
        self.book = Book()
        self.phones = Phones()
        self.phones_since = 0.0
        self.registered: dict[str, str] = {}
        self.pulled: dict[str, list[int]] = {}
        self.log = Log(paths.LOG)
        self.switch = switch.Switch(
            on_ringing=self._ringing, on_registered=self._registered, on_up=self._up
        )
        self._numbers = itertools.count(1)
        self._place = asyncio.Lock()
        self._log_ins: asyncio.Queue[str] = asyncio.Queue()
        self._to_log_in: set[str] = set()
        self._ringing_legs: asyncio.Queue[Event] = asyncio.Queue(maxsize=1000)
        self._changed = asyncio.Condition()

    def load(self) -> None:
        """Read log and phones; blocking, once, before ``run``."""
        for event in self.log.load():
            self.book.apply(event)
        self.log.put_aside()
        self.phones = phones.load(paths.PHONES)

    # -- what happens ---------------------------------------------------------------------------

    async def tell(self, events: Iterable[Event]) -> None:
        """On disk first, then in the book."""
        events = list(events)
        await self.log.append(events)
        await self._show(events)

    async def _show(self, events: list[Event]) -> None:
        for event in events:
            self.book.apply(event)
        if events:
            async with self._changed:
                self._changed.notify_all()

    async def follow(self, alive: Callable[[], object]) -> None:
        """For ever: CEL into the book; ``alive`` is called at each look."""
        async for events in follow_cel(paths.CEL, self.log):
            await self._show(events)
            alive()

    async def note_ringing(self) -> None:
        """For ever: what AMI showed of ringing into the log."""
        while True:
            event = await self._ringing_legs.get()
            leg = self.book.get(event.call)
            if leg is not None and leg.kind is Kind.CUSTOMER:
                await self.tell([event])

    async def changed(self, timeout_s: float) -> None:
        """Wait until something happened, at most ``timeout_s``."""
        try:
            async with asyncio.timeout(timeout_s), self._changed:
                await self._changed.wait()
        except TimeoutError:
            return

    def _ringing(self, leg: str) -> None:
        if not self._ringing_legs.full():  # a picture only: dropped when nobody keeps up
            self._ringing_legs.put_nowait(Event(call=leg, what=What.RINGING, at=time.time()))

    def _registered(self, ext: str, state: str) -> None:
        self.registered[ext] = state
        if state == "Registered" and ext in self._to_log_in:
            self._to_log_in.discard(ext)
            self._log_ins.put_nowait(ext)

    async def _up(self) -> None:
        """After each connect: what Asterisk no longer has and CEL never ended is lost."""
        there = await self.switch.legs()
        said, _ = await asyncio.to_thread(read_cel, paths.CEL, self.log.position)
        over = (self.book.get(event.call) for event in said if event.what is What.END)
        ended = {leg.id for leg in over if leg}
        before = time.time() - 2
        await self.tell(
            Event(call=leg.id, what=What.LOST, at=time.time())
            for leg in self.book.open_legs()
            if leg.asterisk_id not in there and leg.id not in ended and leg.began_at < before
        )
        self.registered = await self.switch.registrations()
        for phone in self.phones.phones:
            await self.switch.set_phone(phone)

    # -- calls ----------------------------------------------------------------------------------

    def _new_id(self, letter: str) -> str:
        return f"{letter}{time.time_ns() // 1_000_000}-{next(self._numbers)}-{secrets.token_hex(2)}"

    async def place(self, call: Call) -> Leg:
        """A customer calls the box. All 30 channels taken: a record of cause 34, nothing is sent.

        Raises ``Unavailable`` when Asterisk is away, ``InputError`` for a line that there isn't;
        then nothing is recorded.
        """
        if not self.switch.up:
            raise Unavailable("asterisk-away", reason="not connected")
        channel = _channel(call)
        leg = self._new_id("c")
        voice = next(self._numbers) % numbers.CUSTOMER_VOICES
        heard = paths.HEARD / f"{leg}.raw" if call.listen else None
        asked: dict[str, object] = {
            "kind": Kind.CUSTOMER,
            "from": call.caller,
            "to": call.called,
            "name": call.name,
            "keys": [f"{key}@{at_s:g}" for key, at_s in call.keys],
            "talk_s": call.talk_s,
            "with_agent_s": call.with_agent_s,
            "rating": call.rating or None,
            "tone_hz": numbers.customer_tone_hz(voice),
            "listen": call.listen,
            "line": call.line or None,
            "dialled": channel if call.line else "",
        }
        placed = Event(
            call=leg, what=What.PLACED, at=time.time(), text=json.dumps(asked, ensure_ascii=False)
        )
        async with self._place:
            busy = sum(1 for each in self.book.open_legs() if each.kind in _TRUNK_KINDS)
            if busy >= numbers.TRUNK_CHANNELS:
                refused = Event(call=leg, what=What.REFUSED, at=time.time(), text="limit")
                end = Event(call=leg, what=What.END, at=time.time(), text="34;here")
                await self.tell([placed, refused, end])
                return self._leg(leg)
            await self.tell([placed])
        variables = {
            "GROUP()": "trunk",
            "X_STEPS": steps.customer(call.keys, call.talk_s),
            "X_FROM": "".join(sign for sign in call.caller if sign in "0123456789+*#"),
            "X_VOICE": f"customer{voice}",
            "X_WITH_AGENT": "" if call.with_agent_s is None else f"{call.with_agent_s:.3f}",
            "X_RATING": call.rating,
            "X_RATING_AFTER": f"{call.rating_after_s:.3f}",
            "X_LISTEN": str(heard or ""),
        }
        await self._start(
            switch.Start(
                id=leg,
                channel=channel,
                context="customer",
                caller=call.caller,
                name=call.name,
                ring_s=call.ring_s,
                variables=variables,
            )
        )
        return self._leg(leg)

    async def dial(self, phone: Phone, code: str) -> Leg:
        """A practice phone dials ``code``; ``*11`` logs its agent in. Raises as ``place``."""
        leg = self._new_id("p")
        asked = {"kind": Kind.FEATURE, "from": phone.ext, "to": code, "agent": phone.agent}
        await self.tell(
            [
                Event(
                    call=leg,
                    what=What.PLACED,
                    at=time.time(),
                    text=json.dumps(asked, ensure_ascii=False),
                )
            ]
        )
        doing = steps.log_in(phone.agent, phone.pin) if code == "*11" else steps.feature()
        await self._start(
            switch.Start(
                id=leg,
                channel=f"PJSIP/{code}@phone-{phone.ext}",
                context="phone-call",
                caller=phone.ext,
                name="",
                ring_s=20,
                variables={"X_STEPS": doing},
            )
        )
        return self._leg(leg)

    async def _start(self, call: switch.Start) -> None:
        try:
            await self.switch.start(call)
        except (Unavailable, InputError):
            now = time.time()
            await self.tell([Event(call=call.id, what=What.REFUSED, at=now, text="asterisk")])
            await self.tell([Event(call=call.id, what=What.END, at=now, text="38;here")])
            raise

    def _leg(self, leg: str) -> Leg:
        found = self.book.get(leg)
        if found is None:
            raise InputError("exchange-unknown", id=leg)
        return found

    async def hang_up(self, leg: str) -> Leg:
        """The party of this leg hangs up now. Raises ``InputError("exchange-unknown")``."""
        found = self._leg(leg)
        if found.ended_at is None:
            await self.tell([Event(call=leg, what=What.HANG_UP, at=time.time())])
            await self.switch.hang_up(found.asterisk_id)
        return found

    # -- practice phones ------------------------------------------------------------------------

    def phone(self, ext: str) -> Phone:
        """Raises ``InputError("exchange-unknown")``."""
        found = self.phones.find(ext)
        if found is None:
            raise InputError("exchange-unknown", id=ext)
        return found

    async def set_phones(self, wanted: Phones) -> None:
        """Replace all phones; each registers and then, if it has an agent, logs in (again)."""
        gone = {phone.ext for phone in self.phones.phones} - {each.ext for each in wanted.phones}
        self.phones_since = time.time()
        for ext in list(self.pulled):
            await self.give_back(ext)
        for ext in gone:  # while Asterisk still has the credentials for it
            await self.switch.unregister(ext)
            await self.switch.forget_phone(ext)
            self.registered.pop(ext, None)
        if gone:
            await asyncio.sleep(RELOAD_S)
        await self._save(wanted)
        await asyncio.to_thread(phones.save, paths.PHONES_CONF, phones.conf(wanted, self._address))
        for phone in wanted.phones:
            await self.switch.set_phone(phone)
        self._to_log_in = {phone.ext for phone in wanted.phones if phone.agent}
        await self.switch.reload_phones()
        await asyncio.sleep(RELOAD_S)
        states = await self.switch.registrations()
        for phone in wanted.phones:
            state = states.get(phone.ext, "")
            self._registered(phone.ext, state)
            if state != "Registered":  # its own turn may be 10 s away
                await self.switch.register(phone.ext)

    async def change_phone(self, changed: Phone) -> None:
        """Another behaviour, from the next ring on."""
        rest = [changed if each.ext == changed.ext else each for each in self.phones.phones]
        await self._save(Phones(registrar=self.phones.registrar, phones=tuple(rest)))
        await self.switch.set_phone(changed)

    async def _save(self, wanted: Phones) -> None:
        await asyncio.to_thread(phones.save, paths.PHONES, phones.as_text(wanted))
        self.phones = wanted

    async def log_ins(self) -> None:
        """For ever: the log-in calls of phones that have just registered, a few a second."""
        while True:
            ext = await self._log_ins.get()
            try:
                await self.dial(self.phone(ext), "*11")
            except (Unavailable, InputError) as error:
                log.warning("log-in of %s: %s", ext, error)
            await asyncio.sleep(LOG_IN_EVERY_S)

    async def drop(self, ext: str) -> list[str]:
        """Pull the phone's plug: no packet in or out, no BYE. Returns the ids of the legs cut."""
        phone = self.phone(ext)
        legs = [
            leg
            for leg in self.book.open_legs()
            if (leg.kind is Kind.AGENT and leg.called == ext)
            or (leg.kind is Kind.FEATURE and leg.caller == ext)
        ]
        ports = [phone.port]
        for leg in legs:
            if leg.media:
                rtp = int(leg.media.rpartition(":")[2])
                ports += [rtp, rtp + 1]
        await switch.pull(ports, out=True)
        self.pulled[ext] = ports + self.pulled.get(ext, [])
        now = time.time()
        await self.tell(Event(call=leg.id, what=What.PULLED, at=now) for leg in legs)
        for leg in legs:
            await self.switch.set_variable(leg.id, "X_DROPPED", "1")
            await self.switch.hang_up(leg.id)
        return [leg.id for leg in legs]

    async def give_back(self, ext: str) -> None:
        """Plug the phone in again; it registers at once."""
        ports = self.pulled.pop(ext, [])
        if ports:
            await switch.pull(ports, out=False)
            await self.switch.register(ext)

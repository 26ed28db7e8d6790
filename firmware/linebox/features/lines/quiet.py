"""Calls on lines to an exchange whose end nothing tells: over when nobody is heard (TEL-14). Pure.

An analog line ends a call by a busy tone, a reversal or a battery drop, or not at all. What
Asterisk hears of a channel (``TALK_DETECT``) says whether there is a voice; a call in which there
has been none on either side for long is freed. A line that sounds on and on, without the pauses
that any voice has, is asked for the exchange's tone (``TONE_DETECT``): a busy tone of an unknown
pattern is no voice, and what else sounds is taken for one.

Whoever is in doubt keeps the call: a channel counts as quiet only from when it is listened to, and
all begins anew when the company changes, when somebody is put on hold or taken back, and after
calld's or Asterisk's start.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from linebox.asterisk import names
from linebox.asterisk.ami import Message

_UP: Final = "6"
#: A line nobody speaks on is ended by Asterisk itself, with every daemon of ours dead: as long as
#: the longest call out (``lb-limit``).
BOUND_S: Final = 14400
#: A call in that is heard gets the whole of it again so often.
_RENEW_S: Final = 3600.0
#: Those who talk with a line are listened to when nothing came from it for so long.
_COMPANY_S: Final = 30.0
#: What comes of these events tells of sounds and holds.
EVENTS: Final = frozenset({"ChannelTalkingStart", "ChannelTalkingStop", "Hold", "Unhold", "Hangup"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """A line of the settings; ``wait_s`` is its limit while somebody waits."""

    line: int
    quiet_s: float
    wait_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One of Asterisk's channels now. ``bridge``: whom it is with, empty for nobody; ``first``: the
    call began with it."""

    name: str
    id: str
    bridge: str
    up: bool
    first: bool

    @classmethod
    def told(cls, row: Message) -> Channel:
        """A row of ``CoreShowChannels``."""
        return cls(
            name=row["Channel"],
            id=row["Uniqueid"],
            bridge=row["BridgeId"],
            up=row["ChannelState"] == _UP,
            first=row["Uniqueid"] == row["Linkedid"],
        )

    @property
    def interface(self) -> str:
        """``PJSIP/8001`` of ``PJSIP/8001-0000001a``."""
        return self.name.rpartition("-")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Have Asterisk tell when this channel is heard, then call ``Watch.listens``."""

    channel: Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """Ask how often the exchange's tone was found in this line's sound, then call ``toned``."""

    channel: Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Renew:
    """The call may last ``BOUND_S`` from now: somebody is heard, or its company has changed (a
    channel that is moved to another bridge has lost its limit)."""

    channel: Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Free:
    """Hang up: nobody was heard for ``quiet_s``; ``waits``: the other side of it waited;
    ``toned``: the exchange's tone sounded."""

    channel: Channel
    line: int
    quiet_s: float
    waits: bool
    toned: bool


type Act = Listen | Sound | Renew | Free


@dataclass(slots=True)
class _Ear:
    """``last_s``: when a sound was last known, at first when listening began; of one that lasts its
    beginning. ``tone_s``: since when that is nothing but the exchange's tone; ``hits``: how often
    it was found."""

    last_s: float
    sounds: bool = False
    tone_s: float | None = None
    hits: int = 0

    def now(self, now_s: float, *, sounds: bool) -> None:
        self.sounds, self.last_s, self.tone_s = sounds, now_s, None

    def quiet_s(self, now_s: float) -> float:
        since_s = self.tone_s if self.sounds else self.last_s
        return 0.0 if since_s is None else now_s - since_s


@dataclass(frozen=True, slots=True)
class _Company:
    """Who is with a line: the channels at the ends, Local ones followed through."""

    others: tuple[Channel, ...] = ()
    waits: bool = True


@dataclass(slots=True)
class _Call:
    """On a guarded line: with whom since when; ``renewed_s``: when its bound last began."""

    company: _Company
    since_s: float
    renewed_s: float


@dataclass(slots=True)
class Watch:
    """All guarded calls. ``heard`` takes AMI's events, ``look`` says what is to be done."""

    _ears: dict[str, _Ear] = field(default_factory=dict)
    _calls: dict[str, _Call] = field(default_factory=dict)
    _held: set[str] = field(default_factory=set)

    def forget(self) -> None:
        """Events were missed: nobody is known to be quiet."""
        self._ears.clear()
        self._calls.clear()
        self._held.clear()

    def heard(self, event: Message, now_s: float) -> None:
        id_ = event["Uniqueid"]
        ear = self._ears.get(id_)
        match event.name:
            case "ChannelTalkingStart" if ear:
                ear.now(now_s, sounds=True)
            case "ChannelTalkingStop" if ear:
                ear.now(now_s, sounds=False)
            case "Hold":
                self._held.add(id_)
            case "Unhold":
                self._held.discard(id_)
            case "Hangup":
                self._held.discard(id_)
                self._ears.pop(id_, None)
            case _:
                pass

    def listens(self, id_: str, now_s: float) -> None:
        """This channel is listened to from now on."""
        self._ears.setdefault(id_, _Ear(now_s))

    def toned(self, id_: str, hits: int, now_s: float) -> None:
        """So often the tone was found until now: at each look more, or there is another sound."""
        ear = self._ears.get(id_)
        if ear is None or not ear.sounds:
            return
        if hits <= ear.hits:
            ear.tone_s = None
        elif ear.tone_s is None:
            ear.tone_s = now_s
        ear.hits = hits

    def look(
        self,
        channels: Sequence[Channel],
        lines: Mapping[int, Guarded],
        on_hold: frozenset[str],
        now_s: float,
    ) -> list[Act]:
        """``lines``: those that are guarded, by DAHDI's channel; ``on_hold``: interfaces of phones
        that are known to hold."""
        there = {one.id for one in channels}
        self._ears = {id_: ear for id_, ear in self._ears.items() if id_ in there}
        self._calls = {id_: call for id_, call in self._calls.items() if id_ in there}
        self._held &= there
        acts: list[Act] = []
        for one in channels:
            line = lines.get(names.analog(one.name) or 0)
            if line is not None and one.up:
                acts += self._judge(one, line, _company(one, channels, self._held, on_hold), now_s)
        return list(dict.fromkeys(acts))

    def _judge(self, one: Channel, line: Guarded, company: _Company, now_s: float) -> Iterator[Act]:
        # Nobody knows how a call that is new here came into its company.
        call = self._calls.setdefault(one.id, _Call(_Company(), now_s, now_s))
        if company != call.company:
            call.company, call.since_s = company, now_s
            if one.first:
                yield Renew(channel=one)
        members = (one, *company.others)
        own = self._ears.get(one.id)
        if own is None:
            yield Listen(channel=one)
            return
        if now_s - call.renewed_s >= _RENEW_S:
            ears = [ear for each in members if (ear := self._ears.get(each.id))]
            if one.first and any(ear.quiet_s(now_s) < now_s - call.renewed_s for ear in ears):
                yield Renew(channel=one)
            call.renewed_s = now_s
        if own.sounds and now_s - own.last_s >= _COMPANY_S:
            yield Sound(channel=one)
        if own.quiet_s(now_s) < _COMPANY_S:
            return
        unheard = [each for each in company.others if each.id not in self._ears]
        if unheard:
            yield from (Listen(channel=each) for each in unheard)
            return
        quiet_s = min(
            now_s - call.since_s, *(self._ears[each.id].quiet_s(now_s) for each in members)
        )
        if quiet_s >= (line.wait_s if company.waits else line.quiet_s):
            yield Free(
                channel=one,
                line=line.line,
                quiet_s=quiet_s,
                waits=company.waits,
                toned=own.sounds,
            )


def _company(
    one: Channel, channels: Iterable[Channel], held: set[str], on_hold: frozenset[str]
) -> _Company:
    """Whom its voice reaches. Who waits is with nobody who could hear: in a queue or a menu, also
    behind a Local channel, or on hold."""
    by_name = {each.name: each for each in channels}
    bridges: dict[str, list[Channel]] = {}
    for each in by_name.values():
        if each.bridge:
            bridges.setdefault(each.bridge, []).append(each)
    ends: dict[str, Channel] = {}
    seen: set[str] = set()
    next_ = [one.bridge] if one.bridge else []
    while next_:
        bridge = next_.pop()
        if bridge in seen:
            continue
        seen.add(bridge)
        for each in bridges.get(bridge, ()):
            half = by_name.get(_other_half(each.name))
            if half is None:
                ends[each.id] = each
            elif half.bridge:
                next_.append(half.bridge)
    ends.pop(one.id, None)
    others = tuple(sorted(ends.values(), key=lambda each: each.id))
    holds = any(each.id in held or each.interface in on_hold for each in (one, *others))
    return _Company(others=others, waits=not others or holds)


def _other_half(name: str) -> str:
    """A Local channel has two halves, ``…;1`` and ``…;2``; of others nothing."""
    if not name.startswith("Local/"):
        return ""
    return name[:-1] + ("2" if name.endswith("1") else "1")

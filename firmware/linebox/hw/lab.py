"""Lines tried and learnt by calls of the box's own (TEL-10, TEL-12): what is done, in which order,
and what it means. Which wire it is done on is a ``Tap``'s matter.

Levels and limits: ITU-T G.121, G.122 and GB/T 15279 for subscriber lines, rounded to what a person
can do something about.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from statistics import median
from typing import Final

from linebox.hw import measure
from linebox.hw.impedance import Fitting, Tuning, fit
from linebox.hw.measure import FLOOR_DBM0, Cadence, Sound, Tone
from linebox.hw.taps import BLOCK_S, Hook, Leg, Sign, run, wait

_DIAL_TONE_WITHIN_S: Final = 5.0
_QUIET_WITHIN_S: Final = 2.5
_QUIET_BLOCKS: Final = 15
_ANSWER_WITHIN_S: Final = 40.0
_RING_PHONE_S: Final = 25.0
_RUNG_WITHIN_S: Final = 15.0
_END_WITHIN_S: Final = 25.0
#: After a reversal or a drop the busy tone may still come.
_TONE_AFTER_S: Final = 8.0
#: The last call's battery drop is over.
_REST_S: Final = 1.5
_SENT: Final = (1004.0, -13.0)
#: LineTold for an echo that can't be heard, dB.
_NO_ECHO_DB: Final = 40.0
_ECHO_BAD_DB: Final = 8.0
_NOISE_BAD_DBM0: Final = -45.0
_FAINT_DBM0: Final = -26.0
_TONES_OF_CHINA: Final = range(440, 461)
#: Two subscriber lines in a row lose about so much; more is made up for.
_LOSS_DB: Final = 7.0
_LOSS_BAD_DB: Final = 9.0
#: The tone wasn't heard at all: no gain makes up for that.
_UNHEARD_DB: Final = 30.0
_GAIN_MAX_DB: Final = 6.0
#: Seconds of tone and rest of busy tones, and of ringback.
_BUSY_S: Final = (0.15, 0.9)
_RINGBACK_S: Final = (0.7, 2.5)


class LineVerdict(StrEnum):
    """``works``: all is well as far as was tried. ``answered`` … ``deaf``: of an exchange's line;
    ``deaf``: keys don't end the dial tone; ``cut``: the exchange ended the call. ``picked``,
    ``nobody``: of a telephone. ``learnt`` … : of commissioning. ``clean`` … : of an E1's pattern.
    """

    WORKS = "works"
    ANSWERED = "answered"
    RINGS = "rings"
    BUSY = "busy"
    SILENT = "silent"
    CUT = "cut"
    NO_BATTERY = "no-battery"
    NO_TONE = "no-tone"
    BUSY_TONE = "busy-tone"
    DEAF = "deaf"
    PICKED = "picked"
    NOBODY = "nobody"
    LEARNT = "learnt"
    UNREACHED = "unreached"
    NEVER_ENDS = "never-ends"
    CLEAN = "clean"
    ERRORS = "errors"
    NO_PATTERN = "no-pattern"


#: What was tried works.
WELL: Final = frozenset(
    {
        LineVerdict.WORKS,
        LineVerdict.ANSWERED,
        LineVerdict.RINGS,
        LineVerdict.BUSY,
        LineVerdict.PICKED,
        LineVerdict.LEARNT,
        LineVerdict.CLEAN,
    }
)


class Remark(StrEnum):
    """What isn't as it should be beside the verdict."""

    ECHO = "echo"
    NOISE = "noise"
    FAINT = "faint"
    ODD_TONE = "odd-tone"
    LOSS = "loss"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Of one line. ``echo_db``: how much weaker a tone of ours comes back; ``far_dbm0``: how loud
    the other side is; ``answered_by``: ``reversal``, ``sound`` or ``hook``, empty for none. Seconds
    count from the end of the dialling, of a telephone from the first ring."""

    dial_tone: Tone | None = None
    noise_dbm0: float | None = None
    echo_db: float | None = None
    rang_s: float | None = None
    answered_s: float | None = None
    answered_by: str = ""
    far_dbm0: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What commissioning found of one line: how its exchange tells an answer and an end, what is
    lost on the way from the other line, and the gain that makes up for it. ``ended_s``: from the
    other side's hanging up to the first sign of it; ``impedance``: None where the card has none to
    choose, or the line didn't stay quiet."""

    answer_reversal: bool
    hangup_reversal: bool
    battery_drop: bool
    busy: Cadence | None
    ended_s: float | None
    loss_db: float
    rx_gain_db: float
    impedance: Fitting | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    verdict: LineVerdict
    remarks: tuple[Remark, ...] = ()
    measured: Measured = field(default_factory=Measured)
    learnt: Learnt | None = None


# -- an exchange's line ----------------------------------------------------------------------------


def try_line(leg: Leg, number: str = "") -> Outcome:
    """Off hook, dial tone, noise and echo; ``number``, where there is one, called until answered:
    who answers hears three notes."""
    try:
        leg.hook(Hook.OFF)
        bad = _dial_tone(leg)
        if isinstance(bad, LineVerdict):
            return Outcome(verdict=bad, measured=_heard(leg))
        dial_tone = bad
        key_s = leg.now_s
        if not _first_key(leg, number[:1] or "1"):
            measured = Measured(dial_tone=dial_tone)
            return Outcome(verdict=LineVerdict.DEAF, measured=measured)
        noise, echo = _noise(leg), _echo(leg)
        remarks = _remarks(dial_tone, noise, echo)
        measured = Measured(dial_tone=dial_tone, noise_dbm0=noise, echo_db=echo)
        if not number:
            return Outcome(verdict=LineVerdict.WORKS, remarks=remarks, measured=measured)
        assert leg.now_s > key_s
        verdict, call = _call(leg, number[1:])
        measured = Measured(
            dial_tone=dial_tone,
            noise_dbm0=noise,
            echo_db=echo,
            rang_s=call.rang_s,
            answered_s=call.answered_s,
            answered_by=call.answered_by,
            far_dbm0=call.far_dbm0,
        )
        return Outcome(verdict=verdict, remarks=remarks, measured=measured)
    finally:
        leg.hook(Hook.ON)


def _dial_tone(leg: Leg) -> Tone | LineVerdict:
    """A second of an even tone; or what is wrong."""
    begun_s = leg.now_s

    def even() -> bool:
        """A click or a short gap doesn't matter."""
        return leg.now_s - begun_s >= 1.0 and sum(leg.tonal[-50:]) >= 44

    def busy() -> bool:
        return _beats(leg, begun_s, _BUSY_S) >= 3

    if run(leg, lambda: even() or busy(), _DIAL_TONE_WITHIN_S) and not busy():
        heard = measure.strongest(leg.since(leg.now_s - 0.5))
        if heard is not None:
            return heard
    return LineVerdict.BUSY_TONE if busy() else LineVerdict.NO_TONE


def _heard(leg: Leg) -> Measured:
    """Of a line without a dial tone: what is on it instead."""
    return Measured(noise_dbm0=round(measure.level_dbm0(leg.since(leg.now_s - 1.0)), 1))


def _first_key(leg: Leg, key: str) -> bool:
    """It ends the dial tone: the line is quiet then, until the exchange gives up waiting for the
    next key; some do so after two seconds."""
    leg.play(measure.keys(key))
    run(leg, lambda: not leg.playing, 1.0)
    wait(leg, 0.1)
    return run(leg, lambda: not any(leg.tonal[-_QUIET_BLOCKS:]), _QUIET_WITHIN_S)


def _noise(leg: Leg) -> float:
    """Of a line that has just become quiet."""
    return round(median(leg.levels[-_QUIET_BLOCKS:]), 1)


def _echo(leg: Leg) -> float:
    """What comes back of a tone of ours, dB below it."""
    back = _sent(leg, leg, 0.5)
    return round(min(_SENT[1] - back, _NO_ECHO_DB), 1)


def _sent(from_: Leg, to: Leg, lasts_s: float) -> float:
    """A tone of ours as it arrives, dBm0; 0.3 s of it are on its way at most. ``to`` is the same
    line, or the one that the other is beside."""
    from_.play(measure.tone(lasts_s, _SENT))
    wait(to, lasts_s)
    return measure.part_dbm0(to.since(to.now_s - 0.2), _SENT[0])


def _remarks(dial_tone: Tone, noise: float, echo: float) -> tuple[Remark, ...]:
    found = {
        Remark.ODD_TONE: dial_tone.hz not in _TONES_OF_CHINA,
        Remark.FAINT: dial_tone.dbm0 < _FAINT_DBM0,
        Remark.NOISE: noise > _NOISE_BAD_DBM0,
        Remark.ECHO: echo < _ECHO_BAD_DB,
    }
    return tuple(remark for remark, so in found.items() if so)


def _call(leg: Leg, rest: str) -> tuple[LineVerdict, Measured]:
    leg.play(measure.keys(rest))
    run(leg, lambda: not leg.playing, 10.0)
    wait(leg, 0.3)
    begun_s = leg.now_s
    rang: list[float] = []

    def outcome() -> LineVerdict | None:
        if not rang and _beats(leg, begun_s, _RINGBACK_S):
            rang.append(round(leg.now_s - begun_s, 1))
        if leg.sign(Sign.REVERSAL, begun_s) is not None or leg.voice(begun_s):
            return LineVerdict.ANSWERED
        if leg.sign(Sign.DROP, begun_s) is not None:
            return LineVerdict.CUT
        return LineVerdict.BUSY if _beats(leg, begun_s, _BUSY_S) >= 3 else None

    run(leg, lambda: outcome() is not None, _ANSWER_WITHIN_S)
    verdict = outcome() or (LineVerdict.RINGS if rang else LineVerdict.SILENT)
    rang_s = rang[0] if rang else None
    if verdict is not LineVerdict.ANSWERED:
        return verdict, Measured(rang_s=rang_s)
    answered_s = round(leg.now_s - begun_s, 1)
    by = "sound" if leg.sign(Sign.REVERSAL, begun_s) is None else "reversal"
    wait(leg, 1.5)
    far = round(measure.level_dbm0(leg.since(leg.now_s - 1.5)), 1)
    leg.play(_notes())
    run(leg, lambda: not leg.playing, 3.0)
    measured = Measured(rang_s=rang_s, answered_s=answered_s, answered_by=by, far_dbm0=far)
    return verdict, measured


def _notes() -> Sound:
    return sum(
        (measure.tone(0.4, (hz, -14.0)) + measure.silence(0.1) for hz in (523, 659, 784)),
        measure.silence(0),
    )


def _beats(leg: Leg, since_s: float, on_s: tuple[float, float]) -> int:
    """Whole tones of that length, each but the last with a rest behind it."""
    runs = leg.runs(since_s)[:-1]
    least, most = on_s
    return sum(on and least <= lasts <= most for on, lasts in runs)


# -- a telephone -----------------------------------------------------------------------------------


def try_phone(leg: Leg) -> Outcome:
    """It rings; who lifts it hears three notes, speaks for three seconds and hears that again."""
    try:
        leg.hook(Hook.RING)
        begun_s = leg.now_s
        if not run(leg, lambda: leg.sign(Sign.LIFT, begun_s) is not None, _RING_PHONE_S):
            return Outcome(verdict=LineVerdict.NOBODY)
        answered_s = round(leg.now_s - begun_s, 1)
        leg.hook(Hook.OFF)
        wait(leg, 0.5)
        echo = _echo(leg)
        leg.play(_notes())
        run(leg, lambda: not leg.playing, 3.0)
        wait(leg, 3.0)
        said = leg.since(leg.now_s - 3.0)
        leg.play(said)
        laid_s = leg.now_s
        run(leg, lambda: not leg.playing or leg.sign(Sign.DROP, laid_s) is not None, 4.0)
        measured = Measured(
            echo_db=echo,
            answered_s=answered_s,
            answered_by="hook",
            far_dbm0=round(measure.level_dbm0(said), 1),
        )
        return Outcome(verdict=LineVerdict.PICKED, measured=measured)
    finally:
        leg.hook(Hook.ON)


# -- commissioning ---------------------------------------------------------------------------------


def learn(caller: Leg, called: Leg, number: str, tuning: Tuning | None = None) -> Outcome:
    """``caller``, which ``called`` is beside, dials ``number``; that answers and hangs up first:
    what the caller's line is like, and how its exchange tells the answer and the end. ``tuning``:
    of the caller's port, whose best impedance is looked for; None: it isn't."""
    try:
        caller.hook(Hook.OFF)
        dial_tone = _dial_tone(caller)
        if isinstance(dial_tone, LineVerdict):
            return Outcome(verdict=dial_tone, measured=_heard(caller))
        if not _first_key(caller, number[0]):
            return Outcome(verdict=LineVerdict.DEAF, measured=Measured(dial_tone=dial_tone))
        noise, echo = _noise(caller), _echo(caller)
        measured = Measured(dial_tone=dial_tone, noise_dbm0=noise, echo_db=echo)
        remarks = _remarks(dial_tone, noise, echo)
        impedance = None
        if tuning is not None and caller.tune(tuning.set):
            key = number[0]
            impedance = fit(caller, tuning, number[1:-1], noise, lambda: _dialled(caller, key))
            if impedance and impedance.return_loss_db >= _ECHO_BAD_DB:
                remarks = tuple(one for one in remarks if one is not Remark.ECHO)
            if not _dialled(caller, number[0]):
                return Outcome(verdict=LineVerdict.NO_TONE, remarks=remarks, measured=measured)
        caller.play(measure.keys(number[1:]))
        dialled_s = called.now_s
        if not run(caller, lambda: called.sign(Sign.RING, dialled_s) is not None, _RUNG_WITHIN_S):
            return Outcome(verdict=LineVerdict.UNREACHED, remarks=remarks, measured=measured)
        learnt = replace(_answer_and_end(caller, called), impedance=impedance)
        if learnt.rx_gain_db > 0:
            remarks = (*remarks, Remark.LOSS)
        verdict = LineVerdict.NEVER_ENDS if learnt.ended_s is None else LineVerdict.LEARNT
        return Outcome(verdict=verdict, remarks=remarks, measured=measured, learnt=learnt)
    finally:
        called.hook(Hook.ON)
        caller.hook(Hook.ON)
        wait(caller, _REST_S)


def _dialled(leg: Leg, key: str) -> bool:
    """Hung up and off the hook once more, the dial tone broken by a key."""
    leg.hook(Hook.ON)
    wait(leg, _REST_S)
    leg.hook(Hook.OFF)
    return not isinstance(_dial_tone(leg), LineVerdict) and _first_key(leg, key)


def _answer_and_end(caller: Leg, called: Leg) -> Learnt:
    wait(caller, 0.4)
    answered_s = caller.now_s
    called.hook(Hook.OFF)
    wait(caller, 1.5)
    reversal = caller.sign(Sign.REVERSAL, answered_s) is not None
    arrives = _sent(called, caller, 1.0)
    wait(caller, 0.3)
    loss = round(_SENT[1] - max(arrives, FLOOR_DBM0), 1)
    hung_s = caller.now_s
    called.hook(Hook.ON)

    def signs() -> list[float]:
        wanted = (Sign.REVERSAL, Sign.DROP)
        return [at for sign in wanted if (at := caller.sign(sign, hung_s)) is not None]

    def enough() -> bool:
        told = signs()
        over = told and caller.now_s - max(told) > _TONE_AFTER_S
        return bool(over) or _beats(caller, hung_s, _BUSY_S) >= 6

    run(caller, enough, _END_WITHIN_S)
    busy = measure.cadence(caller.since(hung_s))
    told = signs() + ([_tone_begins(caller, hung_s)] if busy else [])
    lossy = _LOSS_BAD_DB < loss < _UNHEARD_DB
    gain = min(max(round(loss - _LOSS_DB), 0), _GAIN_MAX_DB) if lossy else 0.0
    return Learnt(
        answer_reversal=reversal,
        hangup_reversal=caller.sign(Sign.REVERSAL, hung_s) is not None,
        battery_drop=caller.sign(Sign.DROP, hung_s) is not None,
        busy=busy,
        ended_s=round(min(told) - hung_s, 2) if told else None,
        loss_db=loss,
        rx_gain_db=float(gain),
    )


def _tone_begins(leg: Leg, since_s: float) -> float:
    """The first tenth of a second of an exchange's tone."""
    first = round(since_s / BLOCK_S)
    for at in range(first, len(leg.tonal) - 4):
        if all(leg.tonal[at : at + 5]):
            return at * BLOCK_S
    return leg.now_s

"""Lines tried and learnt, on lines that a scenario plays (TEL-10, TEL-12)."""

from __future__ import annotations

import re
from array import array
from dataclasses import replace
from pathlib import Path

import pytest

from linebox.base.errors import DeviceError
from linebox.hw import lab, measure
from linebox.hw.compiled import Compiled
from linebox.hw.impedance import NAMES, Tuning, fit
from linebox.hw.lab import LineVerdict, Outcome, Remark
from linebox.hw.protocols import Port, PortState
from linebox.hw.sim.scenario import Do, Ends, Scenario, ScenarioCard, ScenarioExchange
from linebox.hw.sim.telephony import SimTelephony
from linebox.hw.taps import BLOCK, Heard, Hook, Leg, Stopped, Tap

EXCHANGE = ScenarioExchange(numbers=("62340001", "62340002"))


class House:
    """Two lines and a telephone."""

    def __init__(self, exchange: ScenarioExchange = EXCHANGE) -> None:
        card = ScenarioCard(key="C", kind="a8b", spans=("fxo:2+fxs:1",), exchange=exchange)
        self.sim = SimTelephony(Scenario(card=(card,)))
        self.sim.paced = False
        self.sim.assign(Compiled())

    def port(self, n: int) -> Port:
        (card,) = self.sim.look()
        return card.spans[0].ports[n - 1]

    def tap(self, n: int) -> Tap:
        return self.sim.tap(self.port(n))

    def leg(self, n: int, *beside: Leg) -> Leg:
        return Leg(self.tap(n), beside=beside)

    def learnt(self, tuning: Tuning | None = None) -> Outcome:
        called = self.leg(2)
        return lab.learn(self.leg(1, called), called, "62340002", tuning)

    def acim(self, n: int) -> int:
        return self.sim._lines[self.port(n).key].acim


# -- measures --------------------------------------------------------------------------------------


@pytest.mark.req("TEL-10")
@pytest.mark.parametrize(("hz", "dbm0"), [(450, -10.0), (425, -25.0), (440, -3.0), (1004, -13.0)])
def test_a_tone_s_frequency_and_level_are_measured(hz: int, dbm0: float) -> None:
    found = measure.strongest(measure.tone(0.5, (hz, dbm0)))
    assert found is not None
    assert abs(found.hz - hz) <= 1
    assert abs(found.dbm0 - dbm0) < 0.2
    assert found.pure > 0.98


@pytest.mark.req("TEL-10")
def test_silence_has_no_tone_and_the_lowest_level() -> None:
    assert measure.strongest(measure.silence(0.5)) is None
    assert measure.level_dbm0(measure.silence(0.1)) == measure.FLOOR_DBM0
    assert measure.level_dbm0(array("h")) == measure.FLOOR_DBM0


@pytest.mark.req("TEL-12")
@pytest.mark.parametrize(
    ("on_ms", "off_ms", "hz"), [(350, 350, 450), (500, 500, 425), (700, 300, 480)]
)
def test_a_busy_tone_s_pattern_is_measured(on_ms: int, off_ms: int, hz: int) -> None:
    once = measure.tone(on_ms / 1000, (hz, -14.0)) + measure.silence(off_ms / 1000)
    found = measure.cadence(measure.silence(0.43) + once * 5)
    assert found is not None
    assert (found.on_ms, found.off_ms) == (on_ms, off_ms)
    assert abs(found.hz - hz) <= 2


@pytest.mark.req("TEL-12")
def test_what_is_uneven_or_short_is_no_pattern() -> None:
    uneven = array("h")
    for on_s in (0.35, 0.2, 0.6, 0.35, 0.9):
        uneven += measure.tone(on_s, (450, -10.0)) + measure.silence(0.35)
    assert measure.cadence(uneven) is None
    once = measure.tone(0.35, (450, -10.0)) + measure.silence(0.35)
    assert measure.cadence(once * 2) is None
    assert measure.cadence(measure.tone(3, (450, -10.0))) is None


# -- a test call -----------------------------------------------------------------------------------


@pytest.mark.req("TEL-10")
def test_a_line_without_a_number_has_its_dial_tone_noise_and_echo_told() -> None:
    house = House()
    told = lab.try_line(house.leg(1))
    assert (told.verdict, told.remarks) == (LineVerdict.WORKS, ())
    tone = told.measured.dial_tone
    assert tone is not None and tone.hz == 450 and abs(tone.dbm0 + 10) < 1
    assert told.measured.echo_db == pytest.approx(22, abs=1)
    assert told.measured.noise_dbm0 == pytest.approx(-62, abs=1)
    assert house.port(1).state is not PortState.TALKING


@pytest.mark.req("TEL-10")
@pytest.mark.parametrize("reversal", [True, False])
def test_a_call_out_is_answered_and_how_that_was_known_is_told(reversal: bool) -> None:
    told = lab.try_line(House(replace(EXCHANGE, reversal=reversal)).leg(1), "13800138000")
    assert told.verdict is LineVerdict.ANSWERED
    assert told.measured.answered_by == ("reversal" if reversal else "sound")
    assert told.measured.far_dbm0 == pytest.approx(-15, abs=1.5)


@pytest.mark.req("TEL-10")
def test_a_number_that_nobody_answers_rings_and_our_own_line_s_is_busy() -> None:
    never = House(replace(EXCHANGE, answers=False))
    told = lab.try_line(never.leg(1), "13800138000")
    assert (told.verdict, told.measured.answered_s) == (LineVerdict.RINGS, None)
    assert told.measured.rang_s is not None
    assert lab.try_line(never.leg(1), "62340001").verdict is LineVerdict.BUSY


class Dead:
    """A line on which nothing comes but ``always``."""

    def __init__(self, always: measure.Sound | None = None) -> None:
        self._always = always or measure.silence(0.02)
        self._at = 0

    def hook(self, state: Hook) -> None: ...

    def turn(self, play: measure.Sound) -> Heard:
        self._at = (self._at + BLOCK) % len(self._always)
        return Heard(self._always[self._at : self._at + BLOCK])

    def tune(self, acim: int) -> bool:
        return False

    def close(self) -> None: ...


@pytest.mark.req("TEL-10", "DIA-5")
def test_what_is_wrong_with_a_line_is_told() -> None:
    assert lab.try_line(Leg(Dead())).verdict is LineVerdict.NO_TONE
    dial = measure.tone(0.2, (450, -10.0))
    assert lab.try_line(Leg(Dead(dial))).verdict is LineVerdict.DEAF
    busy = measure.tone(0.36, (450, -10.0)) + measure.silence(0.34)
    assert lab.try_line(Leg(Dead(busy))).verdict is LineVerdict.BUSY_TONE


@pytest.mark.req("TEL-10", "DIA-5")
def test_echo_noise_and_a_faint_odd_tone_are_remarked() -> None:
    bad = replace(EXCHANGE, echo_db=4.0, noise_dbm0=-38.0, tone_hz=425)
    assert set(lab.try_line(House(bad).leg(1)).remarks) == {
        Remark.ECHO, Remark.NOISE, Remark.ODD_TONE,
    }  # fmt: skip


@pytest.mark.req("TEL-10")
def test_a_telephone_rings_is_lifted_and_heard_or_nobody_is_there() -> None:
    told = lab.try_phone(House().leg(3))
    assert told.verdict is LineVerdict.PICKED
    assert told.measured.answered_s == pytest.approx(3, abs=0.3)
    assert told.measured.far_dbm0 == pytest.approx(-15, abs=1)
    nobody = House(replace(EXCHANGE, answers=False))
    assert lab.try_phone(nobody.leg(3)).verdict is LineVerdict.NOBODY


@pytest.mark.req("TEL-10")
def test_a_stopped_test_lays_the_line_down() -> None:
    house = House()
    tap = house.tap(1)
    blocks = iter(range(80))
    with pytest.raises(Stopped):
        lab.try_line(Leg(tap, lambda: next(blocks, None) is None))
    assert house.port(1).state is not PortState.TALKING


def test_a_line_without_voltage_can_t_be_taken() -> None:
    house = House()
    house.sim.do(Do.BATTERY_LOST, "C/1/1")
    with pytest.raises(DeviceError, match="line-lost"):
        house.tap(1)


# -- commissioning ---------------------------------------------------------------------------------


@pytest.mark.req("TEL-12")
@pytest.mark.parametrize(
    ("ends", "reversal", "drop"),
    [(Ends.BUSY, False, False), (Ends.REVERSAL, True, False), (Ends.BATTERY, False, True)],
)
def test_how_a_line_tells_the_end_of_a_call_is_learnt(
    ends: Ends, reversal: bool, drop: bool
) -> None:
    told = House(replace(EXCHANGE, ends=ends, reversal=True)).learnt()
    assert told.verdict is LineVerdict.LEARNT and told.learnt is not None
    learnt = told.learnt
    assert learnt.answer_reversal
    assert (learnt.hangup_reversal, learnt.battery_drop) == (reversal, drop)
    assert (learnt.busy is not None) is (ends is Ends.BUSY)
    assert learnt.ended_s is not None and learnt.ended_s < 1


@pytest.mark.req("TEL-12")
def test_the_busy_pattern_of_another_exchange_is_learnt() -> None:
    other = replace(EXCHANGE, busy_on_ms=500, busy_off_ms=480, tone_hz=425)
    learnt = House(other).learnt().learnt
    assert learnt is not None and learnt.busy is not None and not learnt.answer_reversal
    busy = learnt.busy
    assert (busy.on_ms, busy.off_ms) == (500, 480) and abs(busy.hz - 425) <= 2


@pytest.mark.req("TEL-12")
@pytest.mark.parametrize(("loss", "gain"), [(7.0, 0.0), (11.0, 4.0), (20.0, 6.0), (35.0, 0.0)])
def test_a_gain_makes_up_for_what_is_lost_between_two_lines(loss: float, gain: float) -> None:
    told = House(replace(EXCHANGE, loss_db=loss)).learnt()
    assert told.learnt is not None
    assert told.learnt.loss_db == pytest.approx(loss, abs=0.7)
    assert told.learnt.rx_gain_db == gain
    assert (Remark.LOSS in told.remarks) is (gain > 0)


@pytest.mark.req("TEL-12", "DIA-5")
def test_a_line_that_never_tells_the_end_and_a_wrong_number_are_told() -> None:
    assert House(replace(EXCHANGE, ends=Ends.NOTHING)).learnt().verdict is LineVerdict.NEVER_ENDS
    house = House()
    called = house.leg(2)
    told = lab.learn(house.leg(1, called), called, "62349999")
    assert told.verdict is LineVerdict.UNREACHED


# -- impedance -------------------------------------------------------------------------------------

CHINA = Tuning(country=15, set=15)


@pytest.mark.req("TEL-12")
@pytest.mark.parametrize("fits", [0, 3, 9])
def test_the_impedance_that_fits_best_is_found_and_the_line_left_as_it_was_set(fits: int) -> None:
    house = House(replace(EXCHANGE, balance=fits))
    told = house.learnt(Tuning(country=15, set=4))
    assert told.verdict is LineVerdict.LEARNT and told.learnt is not None
    found = told.learnt.impedance
    assert found is not None and (found.acim, found.country) == (fits, 15)
    assert found.return_loss_db == pytest.approx(34, abs=1.5)
    assert found.country_db == pytest.approx(max(34 - 4 * (15 - fits), 6), abs=1)
    assert house.acim(1) == 4


@pytest.mark.req("TEL-12")
@pytest.mark.parametrize("balance", [15, None])
def test_a_line_that_nothing_fits_clearly_better_keeps_its_country_s(balance: int | None) -> None:
    told = House(replace(EXCHANGE, balance=balance)).learnt(CHINA)
    assert told.learnt is not None and told.learnt.impedance is not None
    found = told.learnt.impedance
    assert (found.acim, found.return_loss_db) == (15, found.country_db)
    assert told.learnt.busy is not None and not told.remarks


@pytest.mark.req("TEL-12")
def test_a_card_without_impedances_is_learnt_without_one() -> None:
    house = House(replace(EXCHANGE, balance=3))
    leg = house.leg(1, called := house.leg(2))
    tuned = leg._tap.tune
    leg._tap.tune = lambda acim: not tuned(acim)  # type: ignore[method-assign]
    told = lab.learn(leg, called, "62340002", CHINA)
    assert told.verdict is LineVerdict.LEARNT
    assert told.learnt is not None and told.learnt.impedance is None


class Interrupted:
    """An exchange's line that says something ``every_s`` seconds of sound."""

    def __init__(self, tap: Tap, every_s: float) -> None:
        self._tap = tap
        self._every = round(every_s * 50)
        self._at = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._tap, name)

    def turn(self, play: measure.Sound) -> Heard:
        self._at += 1
        heard = self._tap.turn(play)
        if self._at % self._every >= 10:
            return heard
        word = measure.tone(0.02, (700, -12.0))
        mixed = array(
            "h", (max(-32768, min(32767, a + b)) for a, b in zip(heard.sound, word, strict=True))
        )
        return replace(heard, sound=mixed)


@pytest.mark.req("TEL-12")
@pytest.mark.parametrize(("every_s", "found"), [(9.0, True), (1.0, False)])
def test_what_is_heard_beside_is_never_taken_for_an_echo(every_s: float, found: bool) -> None:
    """Once in a while: dialled anew. All the time: nothing is learnt of the impedance."""
    house = House(replace(EXCHANGE, balance=0))
    tap = Interrupted(house.tap(1), every_s)
    leg = Leg(tap)  # type: ignore[arg-type]
    leg.hook(Hook.OFF)
    assert lab._dialled(leg, "6")
    fitting = fit(leg, CHINA, "234000", -62.0, lambda: lab._dialled(leg, "6"))
    assert (fitting is not None and fitting.acim == 0) is found
    assert house.acim(1) == 15


@pytest.mark.req("TEL-12")
def test_the_search_takes_a_quarter_of_a_minute_at_most() -> None:
    house = House(replace(EXCHANGE, balance=2))
    called = house.leg(2)
    caller = house.leg(1, called)
    lab.learn(caller, called, "62340002")
    without_s = caller.now_s
    caller = house.leg(1, called)
    lab.learn(caller, called, "62340002", CHINA)
    assert caller.now_s - without_s < 15


def test_pages_call_the_impedances_as_the_box_does() -> None:
    pages = Path(__file__).parents[3] / "web/src/shared/settings/impedances.ts"
    assert re.findall(r"'([^']+ [Ωµ][^']*)'", pages.read_text("utf-8")) == list(NAMES[:-1])

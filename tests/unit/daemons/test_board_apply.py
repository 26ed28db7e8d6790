"""Settings brought to the cards with the least disturbance; Asterisk's channels healed (TEL-1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from fixtures.dahdi_files import compiled, unit
from fixtures.sysfs import CARDS, Machine
from linebox.base.errors import ConfigError, Unavailable
from linebox.daemons import _board_apply
from linebox.daemons._board_apply import Applier
from linebox.daemons._board_asterisk import ChanDahdi
from linebox.hw.board import Driver, Phones
from linebox.hw.compiled import Unit
from linebox.hw.impedance import Tuning
from linebox.hw.protocols import Port, Telephony
from linebox.hw.real.control import Hook
from linebox.hw.real.dahdi import DahdiTelephony

CARD = "1A8B2150002"
SPAN = f"{CARD}/1"
E1 = "1TE133F1234567"
ASSIGNED = f"{CARD} 1:1:1\n{E1} 1:2:9\n"
SYSTEM = "fxsks=1-4\nfxoks=5-8\nspan=2,1,0,ccs,hdb3\nbchan=9-23,25-39\ndchan=24\n"
UNITS = (*(unit(SPAN, 1, n, n) for n in range(1, 9)), unit(f"{E1}/1", 2, 9, 39))


@dataclass
class Asterisk:
    """A console: chan_dahdi's channels, and the names of those in calls."""

    channels: set[int] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    up: bool = True
    said: list[str] = field(default_factory=list)

    def __call__(self, words: str) -> str:
        if not self.up:
            raise Unavailable("asterisk-away", reason="down")
        match words.split():
            case ["core", "show", "channels", "concise"]:
                return "".join(f"{name}!from-trunk!s!1!Up!\n" for name in self.calls)
            case ["dahdi", "show", "channels"]:
                rows = "".join(f"{n:>7} from-trunk zh default In Service\n" for n in self.channels)
                return f"   Chan Extension Context\n pseudo from-trunk zh\n{rows}"
            case ["dahdi", "create", "channels", first, last]:
                self.channels |= set(range(int(first), int(last) + 1))
            case ["dahdi", "destroy", "channels", first, last]:
                self.channels -= set(range(int(first), int(last) + 1))
        self.said.append(words)
        return ""


class House:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.machine = Machine(folder / "root")
        self.machine.plug(CARDS["a8b"], CARDS["te131"])
        self.telephony: Telephony = DahdiTelephony(
            folder / "root", self.machine, Phones(driver=Driver.DAHDI)
        )
        self.asterisk = Asterisk()
        self.generation(UNITS)
        self.applier = self.another()

    def another(self) -> Applier:
        """boardd's successor."""
        return Applier(
            self.telephony, ChanDahdi(self.asterisk), self.folder / "gen", self.folder / "applied"
        )

    def generation(self, units: Sequence[Unit], system: str = SYSTEM) -> None:
        compiled(self.folder / "gen", assigned=ASSIGNED, system=system, units=units)

    def heal(self, blocked: frozenset[int] = frozenset()) -> None:
        ports: dict[int, Port] = {
            port.channel: port
            for card in self.telephony.look()
            for span in card.spans
            for port in span.ports
            if port.channel is not None
        }
        self.applier.heal(blocked, ports)

    @property
    def configured(self) -> list[str]:
        """The channels that dahdi_cfg was asked for since."""
        asked = [words[-1] for words in self.machine.asked]
        self.machine.asked.clear()
        return asked


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


ALL = ["1-1", "2-2", "3-3", "4-4", "5-5", "6-6", "7-7", "8-8", "9-39"]


@pytest.mark.req("TEL-1")
def test_at_first_all_is_configured_and_given_to_asterisk(house: House) -> None:
    done = house.applier.apply()
    assert (done.changed, done.waits, done.failed) == ((SPAN, f"{E1}/1"), (), ())
    assert house.configured == ALL
    assert house.asterisk.channels == set(range(1, 40))
    assert house.machine.signalling(24) == "HDLCFCS"


def test_the_second_time_nothing_is_touched(house: House) -> None:
    house.applier.apply()
    house.configured.clear()
    house.asterisk.said.clear()
    assert house.applier.apply().changed == ()
    assert (house.configured, house.asterisk.said) == ([], [])


def test_a_successor_knows_what_was_done(house: House) -> None:
    house.applier.apply()
    house.configured.clear()
    house.applier = house.another()
    assert house.applier.apply().changed == ()
    assert house.configured == []


def test_only_what_changed_is_made_anew(house: House) -> None:
    house.applier.apply()
    house.configured.clear()
    house.asterisk.said.clear()
    house.generation([replace(one, dahdi="b") if one.first == 3 else one for one in UNITS])
    assert house.applier.apply().changed == (SPAN,)
    assert house.configured == ["3-3"]
    assert house.asterisk.said == ["dahdi destroy channels 3 3", "dahdi create channels 3 3"]


def test_what_only_asterisk_reads_leaves_the_card_alone(house: House) -> None:
    house.applier.apply()
    house.configured.clear()
    house.asterisk.said.clear()
    house.generation([replace(one, asterisk="b") if one.first == 3 else one for one in UNITS])
    house.applier.apply()
    assert house.configured == []
    assert house.asterisk.said == ["dahdi destroy channels 3 3", "dahdi create channels 3 3"]


@pytest.mark.req("TEL-1")
@pytest.mark.parametrize("told_by", ["hook", "asterisk"])
def test_a_line_in_use_isn_t_cut_and_is_done_when_it_is_idle(house: House, told_by: str) -> None:
    house.applier.apply()
    house.configured.clear()
    if told_by == "hook":
        house.machine.channels[3].tells = Hook.OFFHOOK
    else:
        house.asterisk.calls = ["DAHDI/3-1", "PJSIP/8001-00000002"]
    changed = {3, 4}
    house.generation([replace(one, dahdi="b") if one.first in changed else one for one in UNITS])
    done = house.applier.apply()
    assert (done.waits, done.changed) == ((SPAN,), (SPAN,))
    assert house.configured == ["4-4"]
    assert house.applier.left
    house.machine.channels[3].tells = Hook.ONHOOK
    house.asterisk.calls = []
    assert house.applier.apply().waits == ()
    assert house.configured == ["3-3"]
    assert not house.applier.left


def test_a_call_on_an_e1_is_known_by_its_span(house: House) -> None:
    house.applier.apply()
    house.configured.clear()
    house.asterisk.calls = ["DAHDI/i2/13800138000-4"]
    house.generation([replace(one, dahdi="b") if one.number == 2 else one for one in UNITS])
    assert house.applier.apply().waits == (f"{E1}/1",)
    assert house.configured == []


@pytest.mark.req("TEL-1")
def test_a_dead_asterisk_is_no_hindrance(house: House) -> None:
    house.asterisk.up = False
    assert house.applier.apply().changed == (SPAN, f"{E1}/1")
    assert house.configured == ALL


def test_a_refused_unit_is_told_in_both_languages_and_the_others_are_done(house: House) -> None:
    """fxoks on a socket with an FXO module."""
    house.generation(UNITS, SYSTEM.replace("fxsks=1-4", "fxsks=1,3-4\nfxoks=2"))
    done = house.applier.apply()
    assert [one.key for one in done.failed] == [SPAN]
    assert "channel 2" in done.failed[0].en
    assert "channel 2" in done.failed[0].zh
    assert house.machine.signalling(3) == "FXSKS"
    before = len(house.machine.asked)
    assert house.applier.apply().failed == done.failed  # told on, not tried each second
    assert len(house.machine.asked) == before
    house.generation(UNITS)
    assert house.applier.apply(force=True).failed == ()


@pytest.mark.req("TEL-1")
def test_a_card_put_back_is_configured_as_before(house: House) -> None:
    house.applier.apply()
    house.machine.unplug(CARDS["a8b"])
    house.telephony.woken()
    assert house.applier.apply().changed == ()
    house.heal()
    assert house.asterisk.channels == set(range(9, 40))  # no corpses
    house.machine.plug(CARDS["a8b"])
    house.telephony.woken()
    house.configured.clear()
    assert house.applier.apply().changed == (SPAN,)
    assert house.configured == ALL[:8]
    assert house.asterisk.channels == set(range(1, 40))


def test_a_corpse_goes_though_its_card_is_back(house: House) -> None:
    """Pulled in a call and put back within a second: the channel is there, Asterisk's is dead."""
    house.applier.apply()
    house.machine.unplug(CARDS["a8b"])
    house.machine.plug(CARDS["a8b"])
    house.telephony.woken()
    house.asterisk.said.clear()
    house.applier.apply()
    assert house.asterisk.said[:2] == ["dahdi destroy channels 1 1", "dahdi create channels 1 1"]


def test_a_blocked_line_is_taken_from_asterisk_when_its_call_is_over(house: House) -> None:
    house.applier.apply()
    house.asterisk.calls = ["DAHDI/2-1"]
    house.heal(frozenset({2, 3}))
    assert {2, 3} & house.asterisk.channels == {2}
    house.asterisk.calls = []
    house.heal(frozenset({2, 3}))
    assert not {2, 3} & house.asterisk.channels
    house.heal()
    assert {2, 3} <= house.asterisk.channels


@pytest.mark.req("TEL-1", "TEL-14")
def test_a_line_off_the_hook_without_a_call_is_hung_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the call's end left behind; a line in a call or under test, and a telephone that is
    lifted, are let be."""
    now_s = 1000.0
    monkeypatch.setattr(_board_apply, "monotonic_s", lambda: now_s)
    house.applier.apply()
    for line in (2, 3, 4):
        house.machine.channels[line].tells = Hook.OFFHOOK
    house.machine.channels[6].receives = Hook.OFFHOOK
    house.asterisk.calls = ["DAHDI/3-1"]
    house.asterisk.channels -= {4}
    house.asterisk.said.clear()
    house.heal(frozenset({4}))
    now_s += 10
    house.heal(frozenset({4}))
    assert house.asterisk.said == []
    now_s += 10
    house.heal(frozenset({4}))
    assert house.asterisk.said == ["dahdi destroy channels 2 2", "dahdi create channels 2 2"]


def test_a_line_between_two_calls_is_no_nobodys(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hook that is told late stands once, not for long."""
    now_s = 1000.0
    monkeypatch.setattr(_board_apply, "monotonic_s", lambda: now_s)
    house.applier.apply()
    house.machine.channels[2].tells = Hook.OFFHOOK
    house.heal()
    house.asterisk.calls = ["DAHDI/2-1"]
    now_s += 15
    house.heal()
    house.asterisk.calls = []
    house.asterisk.said.clear()
    now_s += 15
    house.heal()
    assert house.asterisk.said == []


def test_a_channel_that_asterisk_won_t_make_isn_t_asked_for_each_time(house: House) -> None:
    house.applier.apply()
    house.asterisk.channels -= {2}
    create = house.asterisk.__class__.__call__

    class Stubborn(Asterisk):
        def __call__(self, words: str) -> str:
            said = create(self, words)
            self.channels -= {2}
            return said

    house.asterisk = Stubborn(channels=set(house.asterisk.channels))
    house.applier = house.another()
    house.applier.apply()
    house.heal()
    house.heal()
    assert house.asterisk.said.count("dahdi create channels 2 2") == 1


def test_units_that_can_t_be_read_are_told(house: House) -> None:
    (house.folder / "gen/units.json").write_text("{")
    with pytest.raises(ConfigError, match="units-unreadable"):
        house.applier.apply()


def test_a_box_without_a_generation_has_nothing_to_do(tmp_path: Path) -> None:
    telephony = DahdiTelephony(tmp_path, Machine(tmp_path), Phones(driver=Driver.DAHDI))
    applier = Applier(telephony, None, tmp_path / "none", tmp_path / "applied")
    assert applier.apply().changed == ()
    assert not applier.left


# -- impedances ------------------------------------------------------------------------------------


def tuned(house: House, **set_: int) -> None:
    """Channels 1 and 2 are lines; those named have an impedance of their own."""
    tunings = {n: Tuning(country=15, set=set_.get(f"line{n}", 15)) for n in (1, 2)}
    house.generation([replace(one, tuning=tunings.get(one.first)) for one in UNITS])


@pytest.mark.req("TEL-12")
def test_each_start_gives_each_line_its_impedance_also_in_a_call(house: House) -> None:
    house.machine.tunes = {1: 7, 2: 7}
    tuned(house, line2=3)
    house.applier.apply()
    assert house.machine.tunes == {1: 15, 2: 3}
    house.machine.tunes = {1: 0, 2: 0}  # as a boardd that was killed in a search left them
    house.asterisk.said.clear()
    house.asterisk.calls = ["DAHDI/2-1"]
    house.applier = house.another()
    assert house.applier.apply().changed == ()
    assert (house.machine.tunes, house.asterisk.said) == ({1: 15, 2: 3}, [])


@pytest.mark.req("TEL-12")
def test_a_changed_impedance_cuts_nothing_and_comes_back_with_its_card(house: House) -> None:
    house.machine.tunes = {1: 15, 2: 15}
    tuned(house)
    house.applier.apply()
    house.asterisk.said.clear()
    house.configured.clear()
    house.asterisk.calls = ["DAHDI/1-1"]
    tuned(house, line1=2)
    done = house.applier.apply()
    assert (done.changed, done.waits, house.applier.left) == ((), (), False)
    assert (house.machine.tunes, house.asterisk.said, house.configured) == ({1: 2, 2: 15}, [], [])
    house.asterisk.calls.clear()
    house.machine.unplug(CARDS["a8b"])
    house.telephony.woken()
    house.machine.tunes = {1: 15, 2: 15}
    house.machine.plug(CARDS["a8b"])
    house.telephony.woken()
    house.applier.apply()
    assert house.machine.tunes == {1: 2, 2: 15}
    tuned(house)
    house.applier.apply()
    assert house.machine.tunes == {1: 15, 2: 15}


@pytest.mark.req("TEL-12")
def test_a_card_without_impedances_is_no_fault(house: House) -> None:
    tuned(house, line1=3)
    done = house.applier.apply()
    assert (done.failed, house.machine.tunes) == ((), {})

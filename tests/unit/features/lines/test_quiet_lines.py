"""Which calls on analog lines are taken for over because nobody is heard (TEL-14)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from linebox.asterisk.ami import Message, Parser
from linebox.features.lines.quiet import (
    Act,
    Channel,
    Free,
    Guarded,
    Listen,
    Renew,
    Sound,
    Watch,
)

LINES = {3: Guarded(line=5, quiet_s=300, wait_s=1800)}
LINE = Channel(name="DAHDI/3-1", id="s1-1", bridge="", up=True, first=True)
AGENT = Channel(name="PJSIP/8001-00000001", id="s1-2", bridge="talk", up=True, first=False)
TALKS = replace(LINE, bridge="talk")


def event(kind: str, channel: Channel) -> Message:
    said = f"Event: {kind}\r\nChannel: {channel.name}\r\nUniqueid: {channel.id}\r\n\r\n"
    (made,) = Parser().feed(said.encode())
    return made


@dataclass
class House:
    """A watch at its clock, looked at each quarter of a minute; listening always works."""

    watch: Watch = field(default_factory=Watch)
    now_s: float = 1000.0
    on_hold: frozenset[str] = frozenset()
    listened: list[str] = field(default_factory=list)
    #: The exchange's tone is on the line.
    tone: bool = False
    hits: int = 0

    def said(self, kind: str, channel: Channel) -> None:
        self.watch.heard(event(kind, channel), self.now_s)

    def speaks(self, channel: Channel) -> None:
        """For a second."""
        self.said("ChannelTalkingStart", channel)
        self.now_s += 1
        self.said("ChannelTalkingStop", channel)

    def passes(self, seconds: float, *channels: Channel) -> list[Act]:
        """What was to be done, beside listening."""
        found: list[Act] = []
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            for act in self.watch.look(channels, LINES, self.on_hold, self.now_s):
                if isinstance(act, Listen):
                    self.watch.listens(act.channel.id, self.now_s)
                    self.listened.append(act.channel.id)
                elif isinstance(act, Sound):
                    self.hits += self.tone
                    self.watch.toned(act.channel.id, self.hits, self.now_s)
                else:
                    found.append(act)
            self.now_s += 15
        return found


def freed(acts: list[Act]) -> bool:
    return any(isinstance(act, Free) for act in acts)


@pytest.fixture
def house() -> House:
    return House()


@pytest.mark.req("TEL-14")
def test_a_talk_in_which_nobody_is_heard_is_freed_after_its_limit(house: House) -> None:
    assert not freed(house.passes(300, TALKS, AGENT))
    (free, *_) = house.passes(60, TALKS, AGENT)
    assert isinstance(free, Free)
    assert (free.channel, free.line, free.waits) == (TALKS, 5, False)
    assert 300 <= free.quiet_s < 360


@pytest.mark.req("TEL-14")
@pytest.mark.parametrize("speaker", [TALKS, AGENT])
def test_one_who_talks_on_either_side_keeps_the_call(house: House, speaker: Channel) -> None:
    for _ in range(20):
        assert not freed(house.passes(280, TALKS, AGENT))
        house.speaks(speaker)


@pytest.mark.req("TEL-14")
def test_a_sound_that_never_pauses_keeps_the_call(house: House) -> None:
    """Energy alone doesn't tell a voice among noise from noise."""
    house.passes(15, TALKS, AGENT)
    house.said("ChannelTalkingStart", TALKS)
    assert not freed(house.passes(7200, TALKS, AGENT))


@pytest.mark.req("TEL-14")
def test_a_tone_of_the_exchange_without_a_pause_is_no_voice(house: House) -> None:
    house.passes(15, TALKS, AGENT)
    house.said("ChannelTalkingStart", TALKS)
    house.passes(600, TALKS, AGENT)  # music
    house.tone = True
    assert not freed(house.passes(300, TALKS, AGENT))
    assert freed(house.passes(75, TALKS, AGENT))


@pytest.mark.req("TEL-14")
def test_who_speaks_to_a_tone_keeps_the_call(house: House) -> None:
    house.tone = True
    house.passes(15, TALKS, AGENT)
    house.said("ChannelTalkingStart", TALKS)
    for _ in range(10):
        assert not freed(house.passes(280, TALKS, AGENT))
        house.speaks(AGENT)


@pytest.mark.req("TEL-14")
def test_a_tone_that_is_missed_at_a_look_begins_anew(house: House) -> None:
    """Music has the tone in it now and then."""
    house.passes(15, TALKS, AGENT)
    house.said("ChannelTalkingStart", TALKS)
    for _ in range(10):
        house.tone = True
        assert not freed(house.passes(280, TALKS, AGENT))
        house.tone = False
        assert not freed(house.passes(15, TALKS, AGENT))


@pytest.mark.req("TEL-14")
def test_ringing_that_comes_back_for_long_keeps_the_call(house: House) -> None:
    """Its pauses are longer than a voice's."""
    house.tone = True
    house.passes(15, TALKS, AGENT)
    for _ in range(40):
        house.said("ChannelTalkingStart", TALKS)
        house.now_s += 1
        house.said("ChannelTalkingStop", TALKS)
        assert not freed(house.passes(15, TALKS, AGENT))


@pytest.mark.req("TEL-14")
def test_who_waits_has_the_longer_limit(house: House) -> None:
    assert not freed(house.passes(1790, LINE))
    (free, *_) = house.passes(60, LINE)
    assert isinstance(free, Free) and free.waits


@pytest.mark.req("TEL-14")
def test_a_wait_behind_a_local_channel_is_a_wait(house: House) -> None:
    one = Channel(name="Local/200@lb-00;1", id="s1-3", bridge="talk", up=True, first=False)
    two = Channel(name="Local/200@lb-00;2", id="s1-4", bridge="", up=True, first=False)
    assert not freed(house.passes(1700, TALKS, one, two))
    assert freed(house.passes(200, TALKS, one, two))


@pytest.mark.req("TEL-14")
def test_who_is_behind_a_local_channel_is_heard(house: House) -> None:
    one = Channel(name="Local/200@lb-00;1", id="s1-3", bridge="talk", up=True, first=False)
    two = Channel(name="Local/200@lb-00;2", id="s1-4", bridge="far", up=True, first=False)
    agent = replace(AGENT, bridge="far")
    house.passes(60, TALKS, one, two, agent)
    assert house.listened == [LINE.id, AGENT.id]
    house.speaks(agent)
    for _ in range(5):
        assert not freed(house.passes(280, TALKS, one, two, agent))
        house.speaks(agent)


@pytest.mark.req("TEL-14")
@pytest.mark.parametrize("how", ["event", "device"])
def test_on_hold_the_longer_limit_counts_and_all_begins_anew_after_it(
    house: House, how: str
) -> None:
    house.passes(30, TALKS, AGENT)
    if how == "event":
        house.said("Hold", AGENT)
    else:
        house.on_hold = frozenset({"PJSIP/8001"})
    assert not freed(house.passes(1500, TALKS, AGENT))
    house.said("Unhold", AGENT)
    house.on_hold = frozenset()
    assert not freed(house.passes(290, TALKS, AGENT))
    assert freed(house.passes(60, TALKS, AGENT))


@pytest.mark.req("TEL-14")
def test_who_is_connected_after_a_quiet_wait_has_time_to_speak(house: House) -> None:
    house.passes(1700, LINE)
    assert not freed(house.passes(300, TALKS, AGENT))


@pytest.mark.req("TEL-14")
def test_a_phone_is_listened_to_only_when_its_line_has_been_quiet(house: House) -> None:
    """A call with a line costs a SIP phone nothing as long as the caller speaks."""
    for _ in range(20):
        house.passes(15, TALKS, AGENT)
        house.speaks(TALKS)
    assert house.listened == [LINE.id]


@pytest.mark.req("TEL-14")
def test_events_that_were_missed_begin_it_anew(house: House) -> None:
    house.passes(290, TALKS, AGENT)
    house.watch.forget()
    assert not freed(house.passes(300, TALKS, AGENT))


@pytest.mark.req("TEL-14")
@pytest.mark.parametrize(
    "other",
    [
        replace(LINE, name="DAHDI/4-1"),
        replace(LINE, name="DAHDI/i1/13900001111-3"),
        replace(LINE, name="PJSIP/trunk-exchange-00000003"),
        replace(LINE, up=False),
    ],
)
def test_other_channels_are_nothing_to_it(house: House, other: Channel) -> None:
    assert house.passes(4000, other) == []
    assert house.listened == []


@pytest.mark.req("TEL-14")
def test_a_call_in_that_is_heard_may_last_beyond_the_box_s_own_limit(house: House) -> None:
    found = house.passes(15, TALKS, AGENT)
    assert found == [Renew(channel=TALKS)], "first seen in company: nobody knows how it came there"
    for _ in range(100):
        found += house.passes(100, TALKS, AGENT)
        house.speaks(TALKS)
    assert [type(act) for act in found] == [Renew] * 3


@pytest.mark.req("TEL-14", "SEC-2")
def test_a_call_out_never_gets_more_time(house: House) -> None:
    """What it may last is for ``lb-limit`` to say."""
    out = replace(TALKS, first=False)
    for _ in range(100):
        assert house.passes(100, out, AGENT) == []
        house.speaks(out)


@pytest.mark.req("TEL-14")
def test_a_call_with_other_company_has_asterisks_limit_anew(house: House) -> None:
    """Moved to another bridge, a channel loses it."""
    assert house.passes(60, LINE) == []
    assert house.passes(60, TALKS, AGENT) == [Renew(channel=TALKS)]
    called = replace(TALKS, first=False)
    assert house.passes(60, replace(LINE, first=False), AGENT) == []
    assert house.passes(60, called, AGENT) == []

"""Who lets calls ring out is paused: by what app_queue tells."""

from __future__ import annotations

import pytest

from linebox.asterisk.ami import Message
from linebox.features.agents.missed import Limit, Missed

LIMITS = {1: Limit(ring_s=20, most=3), 2: Limit(ring_s=20, most=1), 3: Limit(ring_s=20, most=0)}


def event(name: str, group: int = 1, **headers: str) -> Message:
    given = {"Queue": f"g{group}", "MemberName": "agent-1001", **headers}
    return Message(name, given, "", is_event=True)


def rang_out(group: int = 1, ms: int = 20_000) -> Message:
    return event("AgentRingNoAnswer", group, RingTime=str(ms))


@pytest.mark.req("ACD-13")
def test_the_third_call_in_a_row_that_rings_out_pauses_and_counting_begins_anew() -> None:
    missed = Missed()
    said = [missed.heard(rang_out(), LIMITS) for _ in range(6)]
    assert said == [None, None, "1001", None, None, "1001"]


@pytest.mark.req("ACD-13")
@pytest.mark.parametrize("between", ["AgentConnect", "QueueMemberRemoved", "QueueMemberPause"])
def test_who_answers_logs_out_or_pauses_between_begins_anew(between: str) -> None:
    missed = Missed()
    missed.heard(rang_out(), LIMITS)
    missed.heard(rang_out(), LIMITS)
    assert missed.heard(event(between, Paused="1", PausedReason="meal"), LIMITS) is None
    assert missed.heard(rang_out(), LIMITS) is None


@pytest.mark.req("ACD-13")
def test_a_refused_call_and_a_group_without_limit_count_for_nothing() -> None:
    missed = Missed()
    assert {missed.heard(rang_out(ms=4000), LIMITS) for _ in range(5)} == {None}
    assert {missed.heard(rang_out(group=3), LIMITS) for _ in range(5)} == {None}
    assert missed.heard(rang_out(group=9), LIMITS) is None


@pytest.mark.req("ACD-13")
def test_app_queues_own_pause_is_told_to_the_journal_once_it_is_seen() -> None:
    missed = Missed()
    assert missed.heard(rang_out(group=2), LIMITS) is None, "Asterisk pauses by itself"
    own = event("QueueMemberPause", 2, Paused="1", PausedReason="Auto-Pause")
    assert missed.heard(own, LIMITS) == "1001"
    told = event("QueueMemberPause", 2, Paused="1", PausedReason="missed")
    assert missed.heard(told, LIMITS) is None

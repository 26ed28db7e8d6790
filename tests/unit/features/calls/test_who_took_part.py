"""Who took part in a call, and so may see it; which keys were pressed in which menu."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from linebox.asterisk.journals import CelRecord, read_cel
from linebox.features.calls.assemble import assemble
from linebox.features.calls.model import Event, Leg, Story, pressed, talked

RECORDED = Path(__file__).parents[3] / "fixtures/journal/s00000001/cel-custom/cel.csv"
AT = datetime(2026, 11, 22, tzinfo=UTC)


def story() -> Story:
    """The recorded call that was answered."""
    cel: list[CelRecord] = [
        one
        for one in read_cel(RECORDED.read_bytes(), 0, finished=True).records
        if one.linkedid == "s00000001-1795351080.1"
    ]
    return assemble("s00000001", cel, [])


def leg(number: str, agent: str = "", *, answered: bool) -> Leg:
    return Leg(
        uniqueid=f"s00000001-9.{number}",
        channel=f"PJSIP/{number}-00000001",
        number=number,
        agent=agent,
        started_at=AT,
        answered_at=AT if answered else None,
        ended_at=AT,
        cause=16,
        lost=False,
        talk_s=None,
    )


@pytest.mark.req("SEC-3")
def test_who_answered_took_part_and_who_was_rung_in_vain_did_not() -> None:
    told = story()
    first = talked(told)
    assert len(first) == 1
    legs = (
        *told.legs,
        leg("8002", "1002", answered=True),
        leg("w1003", answered=True),
        leg("w1004", answered=False),
        leg("8005", answered=False),
    )
    assert talked(replace(told, legs=legs)) == sorted({*first, "1002", "1003"})


@pytest.mark.req("REC-2")
def test_keys_are_kept_by_menu_and_alone_but_not_wrong_or_missing_ones() -> None:
    events = tuple(
        Event(AT, "menu", {"menu": menu, "key": key})
        for menu, key in [("1", "3"), ("7", "#"), ("1", "none"), ("1", "wrong:8"), ("2", "3")]
    )
    assert pressed(replace(story(), events=events)) == ["#", "1:3", "2:3", "3", "7:#"]

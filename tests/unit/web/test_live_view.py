"""What an agent sees of the live picture: never another's caller, whatever changes and however."""

from __future__ import annotations

import asyncio
import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linebox.desks import patch
from linebox.web import live_view
from linebox.web.live import Live
from linebox.web.live_view import cut, own_calls

AGENTS = [str(n) for n in range(1001, 1013)]


def number(n: int) -> str:
    """The caller of call ``n``: found in a text only if that call is told of."""
    return f"1390077{n:04}"


def call(n: int, agent: str | None = None, **more: object) -> dict[str, object]:
    return {
        "id": f"s00000001-1.{n}",
        "from": number(n),
        "did": "4008001234",
        "state": "talking" if agent else "menu",
        "agent": agent,
        "keys": f"1:{n}",
        **more,
    }


def seat(name: str, on: dict[str, object] | None = None, state: str = "ready") -> dict[str, object]:
    return {
        "number": name,
        "name": f"agent {name}",
        "ext": "8001",
        "phone": "8001",
        "registered": True,
        "state": "talking" if on else state,
        "since": None,
        "until": None,
        "groups": [1],
        "call": on["id"] if on else None,
        "from": on["from"] if on else None,
        "reason": "meal",
    }


def group(waiting: list[dict[str, object]]) -> dict[str, object]:
    return {
        "id": 1,
        "name_zh": "客服",
        "name_en": "Service",
        "waiting": [
            {"call": one["id"], "from": one["from"], "since": "t", "position": n}
            for n, one in enumerate(waiting)
        ],
        "today": {"offered": 3, "last": waiting[0]["from"] if waiting else None},
        "thresholds": {"wait_s": 60, "nobody_ready": True},
        "note": "".join(str(one["from"]) for one in waiting),
    }


@st.composite
def pictures(draw: st.DrawFn) -> dict[str, Any]:
    """Up to 20 calls, some waiting, some at agents: by the call's word, the seat's, or both."""
    calls, seats, waiting = [], {}, []
    for n in draw(st.lists(st.integers(0, 30), max_size=20, unique=True)):
        agent = draw(st.none() | st.sampled_from(AGENTS))
        told_by = draw(st.sampled_from(["call", "seat", "both"]))
        one = call(n, agent if told_by != "seat" else None)
        calls.append(one)
        if agent is None:
            waiting.append(one)
        elif told_by != "call":
            seats[agent] = one
    here = draw(st.lists(st.sampled_from(AGENTS), min_size=0, max_size=12, unique=True))
    states = draw(st.lists(st.sampled_from(["ready", "paused"]), min_size=12, max_size=12))
    return {
        "asterisk": {"up": True, "since": None, "start": "s1", "talks": [number(1)]},
        "generation": 1,
        "groups": [group(waiting)],
        "agents": [
            seat(name, seats.get(name), state)
            for name, state in zip(sorted(here), states, strict=False)
        ],
        "calls": calls,
        "trunks": [{"name": "x", "reachable": True, "calls": 1, "max_calls": 3, "n": number(2)}],
        "journal": {"alarms": [{"subject": number(3)}]},
        "stale_since": draw(st.sampled_from([None, "t"])),
        "daemons": [{"unit": "a", "state": "active", "since": None, "restarts": 0, "z": number(4)}],
        "invented": [number(5)],
    }


def theirs(text: str, picture: dict[str, Any], agent: str) -> list[str]:
    """Callers in ``text`` that aren't this agent's in ``picture``."""
    mine = {one["from"] for one in own_calls(picture).get(agent, [])}
    mine |= {one["from"] for one in picture["agents"] if one["number"] == agent}
    return [one for n in range(31) if (one := number(n)) in text and one not in mine]


def laid(before: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """What a page makes of a change (shared/live/reduce.ts)."""
    after = {**before, **told.get("set", {})}
    for name, change in told.get("patch", {}).items():
        key = patch.KEYS[name]
        entries = {one[key]: one for one in after[name]}
        for gone in change["drop"]:
            entries.pop(gone, None)
        entries |= {one[key]: one for one in change["put"]}
        after[name] = list(entries.values())
    return after


async def _publish(live: Live, picture: dict[str, Any]) -> None:
    await live._publish(deepcopy(picture))


@pytest.mark.req("SEC-3", "SUP-1")
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(several=st.lists(pictures(), min_size=1, max_size=6), agent=st.sampled_from(AGENTS))
def test_an_agent_is_never_told_another_s_caller(several: list[dict[str, Any]], agent: str) -> None:
    """In any order of pictures: messages and snapshots hold the own callers only, and the messages
    laid over each other are the picture cut whole."""

    async def run() -> None:
        live = Live(Path("/nonexistent"), list)
        page: dict[str, Any] | None = None
        seq = -1
        allowed: dict[str, Any] = {"agents": [], "calls": []}
        for picture in several:
            await _publish(live, picture)
            snapshot = live.snapshot(agent)
            assert theirs(snapshot, picture, agent) == []
            after, texts = live.first(live.epoch if page else "", seq, agent)
            both = {
                "agents": [*allowed["agents"], *picture["agents"]],
                "calls": [*allowed["calls"], *picture["calls"]],
            }
            for text in texts:
                said = json.loads(text)
                assert theirs(text, both, agent) == []
                page = said["snapshot"] if "snapshot" in said else laid(page or {}, said)
            seq, allowed = after, picture
            wanted = json.loads(snapshot)
            assert page is not None
            assert {name: page[name] for name in ("agents", "calls", "groups", "trunks")} == {
                name: wanted[name] for name in ("agents", "calls", "groups", "trunks")
            }

    asyncio.run(run())


@pytest.mark.req("SEC-3")
def test_an_agent_sees_the_own_seat_and_call_whole_and_of_others_the_state() -> None:
    mine, other = call(1, "1001"), call(2, "1002")
    picture = {
        "agents": [seat("1001", mine), seat("1002", other)],
        "calls": [mine, other],
        "groups": [group([call(3)])],
        "journal": {"alarms": []},
    }
    seen = cut(picture, "1001")
    assert seen["calls"] == [mine]
    assert isinstance(seen["agents"], list)
    assert seen["agents"][0] == seat("1001", mine)
    assert {k: v for k, v in seen["agents"][1].items() if v is not None} == {
        "number": "1002",
        "name": "agent 1002",
        "registered": True,
        "state": "talking",
        "groups": [1],
    }
    assert isinstance(seen["groups"], list)
    assert seen["groups"][0]["waiting"] == [{"call": "", "from": "", "since": "t", "position": 0}]
    assert seen["journal"] is None


def test_a_part_that_isn_t_known_yet_stays_unknown() -> None:
    seen = cut(dict.fromkeys(("agents", "calls", "groups", "trunks")), "1001")
    assert set(seen.values()) == {None}


def test_supervisors_see_all() -> None:
    assert live_view.viewer(None, "") == ""
    live = Live(Path("/nonexistent"), list)
    picture = {"calls": [call(1, "1001")], "agents": [], "journal": {"alarms": [1]}}

    async def run() -> None:
        await _publish(live, picture)

    asyncio.run(run())
    seen = json.loads(live.snapshot(None))
    assert {name: seen[name] for name in picture} == picture


def test_a_call_becomes_one_s_own_by_the_seat_s_word_alone() -> None:
    live, ringing = Live(Path("/nonexistent"), list), call(1)

    async def run() -> list[str]:
        await _publish(live, {"calls": [ringing], "agents": [seat("1001")]})
        seq = live.seq
        await _publish(live, {"agents": [seat("1001", ringing)]})
        await _publish(live, {"agents": [seat("1001")]})
        return live.first(live.epoch, seq, "1001")[1]

    taken, over = (json.loads(text)["set"] for text in asyncio.run(run()))
    assert taken["calls"] == [ringing]
    assert over["calls"] == []

"""The live picture: whatever was missed or came late, a fresh picture and ours end up equal."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linebox.asterisk.ami import Message, Parser
from linebox.base.shapes import parse
from linebox.desks import names
from linebox.desks.board import Board, JournalHealth, Json, Lists
from linebox.desks.feed import BEHIND_MAX, Feed
from linebox.desks.follow import Follower
from linebox.features.diagnostics.alarms import REJECTS, Alarm
from linebox.web.live_shapes import LiveParts

RECORDED = Path(__file__).parents[2] / "fixtures/ami"
T0 = datetime(2026, 11, 22, 8, 0, 0, tzinfo=UTC)
NAMES = names.parse(
    {
        "number": 7,
        "live": {
            "groups": [
                {"id": 1, "name_zh": "客服", "name_en": "Service", "wrapup_s": 0},
                {"id": 2, "name_zh": "销售", "name_en": "Sales", "wrapup_s": 0},
            ],
            "agents": [{"number": str(n), "name": f"坐席{n}"} for n in (1001, 1002, 1003)],
            "trunks": [{"name": "exchange", "max_calls": 30}],
        },
    }
)


def message(kind: str, **headers: object) -> Message:
    """An event as the parser makes it; ``Variable`` may be a list."""
    lines = [f"Event: {kind}"]
    for key, value in headers.items():
        lines += [f"{key}: {one}" for one in (value if isinstance(value, list) else [value])]
    (made,) = Parser().feed(("\r\n".join(lines) + "\r\n\r\n").encode())
    return made


@dataclass
class Caller:
    id: str
    stage: str = "menu"  # menu, waiting, ringing, talking, rating
    group: int = 0
    agent: str = ""

    @property
    def leg(self) -> str:
        return self.id + "9"


@dataclass
class World:
    """An Asterisk in little: what happens in it gives events, what is in it gives lists."""

    callers: dict[str, Caller] = field(default_factory=dict)
    waiting: dict[int, list[str]] = field(default_factory=lambda: {1: [], 2: []})
    seats: dict[str, set[int]] = field(default_factory=dict)
    paused: set[str] = field(default_factory=set)
    away: set[str] = field(default_factory=set)
    made: int = 0

    def free(self) -> list[str]:
        busy = {caller.agent for caller in self.callers.values()}
        return [agent for agent in self.seats if agent not in busy | self.paused | self.away]

    def device(self, agent: str) -> str:
        for caller in self.callers.values():
            if caller.agent == agent and caller.stage in ("ringing", "talking"):
                return "RINGING" if caller.stage == "ringing" else "INUSE"
        return "UNAVAILABLE" if agent in self.away else "NOT_INUSE"

    def _device_event(self, agent: str) -> Message:
        return message("DeviceStateChange", Device=_phone(agent), State=self.device(agent))

    def do(self, what: str, which: int) -> list[Message]:
        """One thing happens, if it can; its events."""
        agent = str(1001 + which % 3)
        chosen = sorted(self.callers)[which % len(self.callers)] if self.callers else ""
        caller = self.callers.get(chosen)
        match what:
            case "call":
                self.made += 1
                new = Caller(f"s00000001-1763800000.{self.made}0")
                self.callers[new.id] = new
                return [message("Newchannel", **_channel(new), Exten="4008001234")]
            case "join" if caller and caller.stage == "menu":
                return self._join(caller, which % 2 + 1)
            case "ring" if caller and caller.stage == "waiting" and self.free():
                caller.stage, caller.agent = "ringing", self.free()[which % len(self.free())]
                leg = {"Channel": _phone(caller.agent) + "-00000001", "Uniqueid": caller.leg}
                return [
                    message("Newchannel", **leg, Linkedid=caller.id, CallerIDNum="<unknown>"),
                    message("AgentCalled", **_queue(caller)),
                    self._device_event(caller.agent),
                ]
            case "no-answer" if caller and caller.stage == "ringing":
                rang = caller.agent
                events = [message("AgentRingNoAnswer", **_queue(caller)), _hangup(caller.leg)]
                caller.stage, caller.agent = "waiting", ""
                return [*events, self._device_event(rang)]
            case "answer" if caller and caller.stage == "ringing":
                caller.stage = "talking"
                self.waiting[caller.group].remove(caller.id)
                return [
                    message("QueueCallerLeave", **_queue(caller)),
                    message("AgentConnect", **_queue(caller)),
                    self._device_event(caller.agent),
                ]
            case "end" if caller and caller.stage == "talking":
                talked = caller.agent
                events = [message("AgentComplete", **_queue(caller)), _hangup(caller.leg)]
                caller.stage, caller.agent = "rating", ""
                return [*events, self._device_event(talked)]
            case "back" if caller and caller.stage == "rating":
                return self._join(caller, caller.group, first=True)
            case "hang-up" if caller:
                return self._hang_up(caller)
            case "log-in" if agent not in self.seats:
                self.seats[agent] = {1, which % 2 + 1}
                self.paused.discard(agent)
                return [
                    message("QueueMemberAdded", **_member(agent, group), Penalty=0, Paused=0)
                    for group in self.seats[agent]
                ]
            case "log-out" if agent in self.seats:
                return [
                    message("QueueMemberRemoved", **_member(agent, group))
                    for group in self.seats.pop(agent)
                ]
            case "pause" if agent in self.seats:
                self.paused ^= {agent}
                paused = int(agent in self.paused)
                return [
                    message("QueueMemberPause", **_member(agent, group), Paused=paused)
                    for group in self.seats[agent]
                ]
            case "phone":
                self.away ^= {agent}
                return [self._device_event(agent)]
            case _:
                return []

    def _join(self, caller: Caller, group: int, *, first: bool = False) -> list[Message]:
        caller.stage, caller.group = "waiting", group
        there = self.waiting[group]
        there.insert(0 if first else len(there), caller.id)
        place = there.index(caller.id) + 1
        return [message("QueueCallerJoin", **_queue(caller), Position=place)]

    def _hang_up(self, caller: Caller) -> list[Message]:
        del self.callers[caller.id]
        events = []
        if caller.stage in ("waiting", "ringing"):
            self.waiting[caller.group].remove(caller.id)
            events.append(message("QueueCallerLeave", **_queue(caller)))
        if caller.stage == "talking":
            events.append(message("AgentComplete", **_queue(caller)))
        if caller.stage in ("ringing", "talking"):
            events += [_hangup(caller.leg), self._device_event(caller.agent)]
        return [*events, _hangup(caller.id)]

    def lists(self) -> Lists:
        channels = []
        for caller in self.callers.values():
            talking = "bridge-" + caller.id if caller.stage == "talking" else ""
            queued = caller.stage in ("waiting", "ringing", "talking")
            channels.append(
                message(
                    "Status",
                    **_channel(caller),
                    Context="lb-rating-aa" if caller.stage == "rating" else "lb-inbound-aa",
                    Application="Queue" if queued else "Read",
                    Data=f"g{caller.group},c,,,60" if queued else "KEY",
                    BridgeID=talking,
                    ChannelState=6,
                    Variable=["LB_GEN=7", "LB_DID=4008001234"],
                )
            )
            if caller.stage in ("ringing", "talking"):
                channels.append(
                    message(
                        "Status",
                        Channel=_phone(caller.agent) + "-00000001",
                        Uniqueid=caller.leg,
                        Linkedid=caller.id,
                        ChannelState=5 if caller.stage == "ringing" else 6,
                        Application="AppQueue",
                        BridgeID=talking,
                    )
                )
        members = [
            message(
                "QueueMember",
                Queue=f"g{group}",
                Name=f"agent-{agent}",
                Location=_phone(agent),
                Penalty=0,
                LastCall=0,
                LastPause=0,
                LoginTime=1763800000,
                Paused=int(agent in self.paused),
            )
            for agent, groups in self.seats.items()
            for group in groups
        ]
        entries = [
            message("QueueEntry", **_queue(self.callers[id]), Position=place, Wait=1)
            for there in self.waiting.values()
            for place, id in enumerate(there, 1)
        ]
        told = {"NOT_INUSE": "Not in use", "INUSE": "In use", "RINGING": "Ringing"}
        phones = [
            message(
                "EndpointList",
                ObjectName=str(7000 + number),
                DeviceState=told.get(self.device(str(number)), "Unavailable"),
            )
            for number in (1001, 1002, 1003)
        ]
        trunk = message("EndpointList", ObjectName="trunk-exchange", DeviceState="Not in use")
        return Lists(channels=channels, queues=[*members, *entries], endpoints=[*phones, trunk])


def _phone(agent: str) -> str:
    return f"PJSIP/{7000 + int(agent)}"


def _channel(caller: Caller) -> dict[str, object]:
    return {
        "Channel": "PJSIP/trunk-exchange-00000001",
        "CallerIDNum": "13900001111",
        "Uniqueid": caller.id,
        "Linkedid": caller.id,
    }


def _queue(caller: Caller) -> dict[str, object]:
    member = {"MemberName": f"agent-{caller.agent}"} if caller.agent else {}
    return {**_channel(caller), "Queue": f"g{caller.group}", **member}


def _member(agent: str, group: int) -> dict[str, object]:
    return {
        "Queue": f"g{group}",
        "MemberName": f"agent-{agent}",
        "Interface": _phone(agent),
        "PausedReason": "",
    }


def _hangup(uniqueid: str) -> Message:
    return message("Hangup", Uniqueid=uniqueid)


def new_board() -> Board:
    board = Board()
    board.names = NAMES
    return board


def picture(board: Board) -> Json:
    """The board without moments, and without what only its memory can know."""
    parts = json.loads(json.dumps(board.parts(T0 + timedelta(days=1))))
    for call in parts["calls"]:
        for key in ("since", "state_since"):
            del call[key]
        if call["state"] in ("menu", "rating"):
            del call["group"], call["agent"]
        elif call["agent"] not in board.seats.by_number:
            del call["agent"]  # logged out while talking: no list says who it is
    for agent in parts["agents"]:
        del agent["since"]
    for group in parts["groups"]:
        for one in group["waiting"]:
            del one["since"]
    parts["calls"].sort(key=lambda call: call["id"])
    return parts


WHAT = (
    "call",
    "join",
    "ring",
    "ring",
    "answer",
    "answer",
    "end",
    "hang-up",
    "no-answer",
    "back",
    "log-in",
    "log-out",
    "pause",
    "phone",
)
happenings = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(WHAT), st.integers(0, 11)),
        st.tuples(st.sampled_from(("lose", "connect", "list")), st.integers(0, 6)),
    ),
    max_size=60,
)


def busy_world() -> World:
    """Two agents, one of them on a call; a caller who waits."""
    world = World()
    for what, which in (
        *(("log-in", 0), ("log-in", 1), ("call", 0), ("join", 0), ("ring", 0), ("answer", 0)),
        *(("call", 0), ("join", 1)),
    ):
        world.do(what, which)
    return world


@pytest.mark.req("SUP-1", "ACD-13")
@settings(max_examples=300, deadline=None)
@given(happenings)
def test_any_order_of_reconnects_ends_in_the_picture_of_a_fresh_snapshot(
    happened: list[tuple[str, int]],
) -> None:
    world, board = busy_world(), new_board()
    board.load(world.lists(), T0)
    is_connected = True
    late: list[Message] = []
    for step, (what, which) in enumerate([*happened, ("connect", 0), ("list", 0)]):
        at = T0 + timedelta(seconds=step)
        if what == "lose":
            is_connected, late = False, []
        elif what in ("connect", "list"):
            # The list is newer than the last events of the connection: these come again after it.
            board.load(world.lists(), at)
            for event in late[-which:] if which else []:
                board.take(event, at)
            is_connected, late = True, []
        else:
            events = world.do(what, which)
            late = [*late, *events]
            if is_connected:
                for event in events:
                    board.take(event, at)
    fresh = new_board()
    fresh.load(world.lists(), T0)
    assert picture(board) == picture(fresh)


@pytest.mark.req("SUP-1")
@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(WHAT), st.integers(0, 11)), max_size=60))
def test_events_alone_give_the_picture_of_a_fresh_snapshot(
    happened: list[tuple[str, int]],
) -> None:
    world, board = busy_world(), new_board()
    board.load(world.lists(), T0)
    for what, which in happened:
        for event in world.do(what, which):
            board.take(event, T0)
    fresh = new_board()
    fresh.load(world.lists(), T0)
    assert picture(board) == picture(fresh)


@pytest.mark.req("SUP-1")
def test_recorded_calls_come_and_go() -> None:
    board = new_board()
    stages: set[Json] = set()
    for event in Parser().feed((RECORDED / "calls.bin").read_bytes()):
        board.take(event, T0)
        stages |= {call.stage.value for call in board.calls.by_id.values()}
    assert stages == {"menu", "waiting", "ringing", "talking", "rating", "other"}
    assert len(board.calls.by_id) < 25, "calls that were hung up are gone"


@pytest.mark.req("SUP-1", "SEC-2")
def test_hostile_callers_forge_nothing_on_the_board() -> None:
    board = new_board()
    world = World()
    world.do("log-in", 0)
    board.load(world.lists(), T0)
    seen: set[str] = set()
    for event in Parser().feed((RECORDED / "hostile-filtered.bin").read_bytes()):
        board.take(event, T0)
        seen |= {call.from_number for call in board.calls.by_id.values()}
    assert "1001" in board.seats.by_number, "nobody was logged out by a caller's name"
    assert "invalid" in seen
    assert all(number == "invalid" or number.isdecimal() for number in seen)


def one_on_a_call() -> tuple[World, Board]:
    world, board = World(), new_board()
    for what, which in (("log-in", 0), ("call", 0), ("join", 0), ("ring", 0), ("answer", 0)):
        world.do(what, which)
    board.load(world.lists(), T0)
    return world, board


@pytest.mark.req("SUP-1")
def test_what_the_board_tells_has_the_declared_shape() -> None:
    """The pages' types are made from the shapes: a part that only one side knows must not be."""
    world, board = one_on_a_call()
    world.do("call", 1)
    world.do("join", 1)
    board.load(world.lists(), T0)
    rejects = Alarm(code=REJECTS, subject="s00000001/cel", since=T0, count=3)
    board.journal = JournalHealth(lag_s=0.2, alarms=(rejects,))
    parts = json.loads(json.dumps(board.parts(T0)))
    shown = parse(LiveParts, parts)
    assert shown.agents is not None and any(one.until is None for one in shown.agents)
    assert shown.journal is not None
    [alarm] = shown.journal.alarms
    assert alarm.zh.startswith("有 3 行") and "s00000001/cel" in alarm.en


def agent(board: Board, number: str, at: datetime) -> dict[str, Json]:
    parts = json.loads(json.dumps(board.parts(at)))
    found: dict[str, Json] = next(one for one in parts["agents"] if one["number"] == number)
    return found


@pytest.mark.req("AGT-1", "ACD-13")
def test_agent_wraps_up_and_is_ready_by_itself() -> None:
    world, board = one_on_a_call()
    board.names = names.Names(groups=(names.GroupName(id=1, name_zh="", name_en="", wrapup_s=10),))
    assert agent(board, "1001", T0)["state"] == "talking"
    for event in world.do("end", 0):
        board.take(event, T0)
    wrapping = agent(board, "1001", T0)
    assert (wrapping["state"], wrapping["until"]) == ("wrapup", "2026-11-22T08:00:10.000Z")
    ends = board.changes_by_itself_at(T0)
    assert ends == T0 + timedelta(seconds=10)
    assert agent(board, "1001", ends)["state"] == "ready"


@pytest.mark.req("ACD-13")
def test_agent_whose_phone_is_away_is_unreachable_never_ready() -> None:
    world, board = World(), new_board()
    world.do("log-in", 0)
    board.load(world.lists(), T0)
    assert agent(board, "1001", T0)["state"] == "ready"
    for event in world.do("phone", 0):
        board.take(event, T0)
    assert agent(board, "1001", T0)["state"] == "unreachable"
    for event in world.do("phone", 0):
        board.take(event, T0)
    assert agent(board, "1001", T0)["state"] == "ready"


@pytest.mark.req("AGT-1")
def test_agent_who_isn_t_logged_in_is_out() -> None:
    assert agent(new_board(), "1002", T0)["state"] == "out"


async def test_events_between_two_lists_are_not_lost() -> None:
    world, board = World(), new_board()
    follower = Follower(board, clock=lambda: T0)

    class Between:
        """Answers with what is, and something happens before each answer is read."""

        async def listing(self, name: str, /, **_: object) -> list[Message]:
            lists = world.lists()
            happened = {"Status": "call", "QueueStatus": "log-in", "PJSIPShowEndpoints": "join"}
            for event in world.do(happened[name], 0):
                follower.on_event(event)
            match name:
                case "Status":
                    return list(lists.channels)
                case "QueueStatus":
                    return list(lists.queues)
                case _:
                    return list(lists.endpoints)

    await follower.load(Between())  # type: ignore[arg-type]  # only what load asks
    fresh = new_board()
    fresh.load(world.lists(), T0)
    assert picture(board) == picture(fresh)


async def test_reader_who_falls_behind_is_dropped_others_go_on() -> None:
    feed = Feed()
    with feed.reading(T0) as slow, feed.reading(T0) as quick:
        lines = [await quick.line()]
        for number in range(BEHIND_MAX + 5):
            feed.tell({"calls": [number]}, T0)
            lines.append(await quick.line())
        assert slow.dropped
        assert await slow.line() is None
        assert not quick.dropped
    told = [json.loads(line or b"{}") for line in lines]
    assert [one["seq"] for one in told] == list(range(BEHIND_MAX + 6))


def test_only_parts_that_differ_are_told() -> None:
    feed = Feed()
    assert feed.tell({"calls": [], "generation": None}, T0)
    assert not feed.tell({"calls": [], "generation": None}, T0)
    assert feed.tell({"calls": [1], "generation": None}, T0)
    assert json.loads(feed.snapshot(T0)) == {
        "seq": 2,
        "at": "2026-11-22T08:00:00.000Z",
        "calls": [1],
        "generation": None,
    }


@pytest.mark.req("AGT-1")
def test_agent_ends_the_wrap_up_and_is_ready_at_once() -> None:
    world, board = one_on_a_call()
    board.names = names.Names(groups=(names.GroupName(id=1, name_zh="", name_en="", wrapup_s=10),))
    for event in world.do("end", 0):
        board.take(event, T0)
    assert agent(board, "1001", T0)["state"] == "wrapup"
    board.take(message("UserEvent", UserEvent="LB_AGENT", Agent="1001", Do="wrapup-end"), T0)
    assert agent(board, "1001", T0)["state"] == "ready"


@pytest.mark.req("ACD-13")
def test_a_ringing_phone_that_calls_itself_busy_isn_t_talking() -> None:
    board = new_board()
    board.take(
        message("QueueMemberAdded", MemberName="agent-1001", Interface="PJSIP/8001", Queue="g1"), T0
    )
    about = {"Uniqueid": "s00000001-1.1", "Linkedid": "s00000001-1.1", "Queue": "g1"}
    board.take(message("QueueCallerJoin", **about), T0)
    board.take(message("AgentCalled", MemberName="agent-1001", **about), T0)
    board.take(message("DeviceStateChange", Device="PJSIP/8001", State="BUSY"), T0)
    assert agent(board, "1001", T0)["state"] == "ringing"


@pytest.mark.req("SUP-1")
def test_an_act_on_an_agent_is_no_call() -> None:
    board = new_board()
    id_ = "s00000001-1.7"
    act = message(
        "Newchannel", Channel="Local/pause@lb-desk-0a1b-00000001;1", Uniqueid=id_, Linkedid=id_
    )
    board.take(act, T0)
    assert board.parts(T0)["calls"] == []

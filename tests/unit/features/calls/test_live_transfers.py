"""The live picture of transferred calls."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations

import pytest

from linebox.asterisk.ami import Message
from linebox.features.calls.live import Calls, Stage, after

AT = datetime(2026, 11, 22, 4, tzinfo=UTC)
CALLER, AGENT, SECOND, TARGET = (f"s00000001-1.{n}" for n in (1, 2, 3, 4))


def event(name: str, **headers: str) -> Message:
    return Message(name, headers, "", is_event=True)


def channel(uniqueid: str, linkedid: str, name: str, number: str = "") -> Message:
    return event(
        "Newchannel", Uniqueid=uniqueid, Linkedid=linkedid, Channel=name, CallerIDNum=number
    )


def of_queue(name: str, **more: str) -> Message:
    return event(name, Uniqueid=CALLER, Queue="g1", MemberName="agent-1001", **more)


def talking() -> Calls:
    """1001 talks with a caller and has asked 1002 at 8002, who answered."""
    calls = Calls()
    for one in (
        channel(CALLER, CALLER, "PJSIP/trunk-exchange-00000001", "13900001111"),
        channel(AGENT, CALLER, "PJSIP/8001-00000002"),
        of_queue("AgentConnect"),
        channel(SECOND, SECOND, "PJSIP/8001-00000003", "1001"),
        channel(TARGET, SECOND, "PJSIP/8002-00000004"),
    ):
        calls = after(calls, one, AT)
    return calls


@pytest.mark.req("AGT-2", "SUP-1")
def test_attended_transfer_shows_the_caller_with_the_colleague_in_whatever_order_it_is_told() -> (
    None
):
    told = (
        of_queue("AgentComplete", Reason="transfer"),
        event(
            "AttendedTransfer",
            TransfereeUniqueid=CALLER,
            TransferTargetUniqueid=TARGET,
            TransferTargetCallerIDNum="1002",
        ),
        event("Hangup", Uniqueid=AGENT),
        event("Hangup", Uniqueid=SECOND),
    )
    for order in permutations(told):
        calls = talking()
        for one in order:
            calls = after(calls, one, AT)
        (call,) = calls.by_id.values()
        assert (call.stage, call.agent) == (Stage.TALKING, "1002")
        assert call.channels == {CALLER, TARGET}


@pytest.mark.req("AGT-2", "SUP-1")
def test_blind_transfer_shows_who_talks_now() -> None:
    calls = talking()
    stage = {"UserEvent": "LB_STAGE", "Uniqueid": CALLER}
    for one in (
        event("UserEvent", Stage="ringing", **stage),
        of_queue("AgentComplete", Reason="transfer"),
        event("UserEvent", Stage="talking", Agent="1002", **stage),
    ):
        calls = after(calls, one, AT)
    call = calls.by_id[CALLER]
    assert (call.stage, call.agent) == (Stage.TALKING, "1002")


@pytest.mark.req("SUP-1")
def test_target_without_an_agent_is_nobody_s_talk() -> None:
    told = event(
        "AttendedTransfer",
        TransfereeUniqueid=CALLER,
        TransferTargetUniqueid=TARGET,
        TransferTargetCallerIDNum="<unknown>",
    )
    assert after(talking(), told, AT).by_id[CALLER].agent is None

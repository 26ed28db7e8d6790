"""Agents after a start of Asterisk: as the journal says, unless a phone said something newer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from linebox.asterisk.ami import AmiRefused, Message
from linebox.features.agents.heal import Session, Step, heal, kept, kept_steps, moved, steps
from linebox.features.agents.live import Seat

AT = datetime(2026, 11, 22, tzinfo=UTC)


def session(agent: str, *groups: int, ext: str = "8001", paused: bool = False) -> Session:
    return Session(
        agent=agent,
        extension=ext,
        groups=dict.fromkeys(groups, 0),
        paused=paused,
        reason="lunch" if paused else "",
    )


def seat(agent: str, *groups: int, ext: str = "8001", paused: bool = False) -> Seat:
    return Seat(
        number=agent,
        interface=f"PJSIP/{ext}",
        groups=dict.fromkeys(groups, 0),
        paused=paused,
        since=AT,
    )


def done(found: list[Step]) -> list[tuple[str, ...]]:
    return [(step.action, *step.headers.values()) for step in found]


@pytest.mark.req("AGT-1", "ACD-13")
def test_members_that_astdb_lost_are_added_with_their_pause() -> None:
    found = done(steps([session("1001", 1, 2, paused=True)], {}, set(), {}))
    assert found == [
        ("QueueAdd", f"g{group}", "PJSIP/8001", "PJSIP/8001", "agent-1001", "0", "true", "lunch")
        for group in (1, 2)
    ]


@pytest.mark.req("AGT-1")
def test_member_that_astdb_brought_back_is_removed() -> None:
    found = steps([], {"1001": seat("1001", 1)}, set(), {})
    assert done(found) == [("QueueRemove", "g1", "PJSIP/8001")]


@pytest.mark.req("AGT-1")
def test_agent_at_another_phone_moves() -> None:
    found = steps([session("1001", 1, ext="8002")], {"1001": seat("1001", 1)}, set(), {})
    assert [one[:3] for one in done(found)] == [
        ("QueueRemove", "g1", "PJSIP/8001"),
        ("QueueAdd", "g1", "PJSIP/8002"),
    ]


@pytest.mark.req("AGT-1")
def test_what_differs_in_groups_and_pause_is_set_right() -> None:
    found = steps([session("1001", 1, 2, paused=True)], {"1001": seat("1001", 1, 3)}, set(), {})
    assert [one[:2] for one in done(found)] == [
        ("QueueRemove", "g3"),
        ("QueueAdd", "g2"),
        ("QueuePause", "PJSIP/8001"),
    ]


def test_nothing_is_done_when_all_is_as_the_journal_says() -> None:
    assert steps([session("1001", 1)], {"1001": seat("1001", 1)}, set(), {}) == []


@pytest.mark.req("AGT-1")
def test_newer_action_of_a_phone_is_never_overruled() -> None:
    assert steps([session("1001", 1)], {}, {"1001"}, {}) == []
    assert steps([], {"1001": seat("1001", 1)}, {"1001"}, {}) == []


def test_who_does_something_meanwhile_has_moved() -> None:
    before = {"1001": seat("1001", 1), "1002": seat("1002", 1), "1003": seat("1003", 1)}
    after = {"1001": seat("1001", 1, paused=True), "1003": seat("1003", 1), "1004": seat("1004", 1)}
    assert moved(before, after) == {"1001", "1002", "1004"}


def keys(agent: str, ext: str, groups: str) -> dict[tuple[str, str], str]:
    return {("lb-who", ext): agent, ("lb-at", agent): ext, ("lb-in", agent): groups}


@pytest.mark.req("AGT-1", "ACD-5")
def test_lost_keys_of_the_dialplan_are_written_again() -> None:
    found = kept_steps([session("1001", 1, 2)], {}, set())
    assert done(found) == [
        ("DBPut", "lb-who", "8001", "1001"),
        ("DBPut", "lb-at", "1001", "8001"),
        ("DBPut", "lb-in", "1001", "g1:0&g2:0"),
    ]


@pytest.mark.req("AGT-1")
def test_keys_of_who_is_logged_out_go() -> None:
    found = kept_steps([], keys("1001", "8001", "g1:0"), set())
    assert done(found) == [
        ("DBDel", "lb-who", "8001"),
        ("DBDel", "lb-at", "1001"),
        ("DBDel", "lb-in", "1001"),
    ]


@pytest.mark.req("AGT-1")
def test_only_keys_that_differ_are_written() -> None:
    stands = keys("1001", "8001", "g1:0")
    assert kept_steps([session("1001", 1)], stands, set()) == []
    assert done(kept_steps([session("1001", 1, ext="8002")], stands, set())) == [
        ("DBDel", "lb-who", "8001"),
        ("DBPut", "lb-who", "8002", "1001"),
        ("DBPut", "lb-at", "1001", "8002"),
    ]


@pytest.mark.req("AGT-1")
def test_keys_of_who_acted_stay_as_the_phone_wrote_them() -> None:
    stands = keys("1001", "8001", "g1:0")
    assert kept_steps([], stands, {"1001"}) == []
    assert kept_steps([session("1001", 2, ext="8002")], stands, {"1001"}) == []
    seated = kept_steps([session("1002", 1)], stands, {"1001"})
    assert ("DBPut", "lb-who", "8001", "1002") not in done(seated)


async def test_keys_are_read_from_astdb() -> None:
    class Asterisk:
        async def listing(self, name: str, /, **headers: str) -> list[Message]:
            at = {"lb-who": ("8001", "1001"), "lb-at": ("1001", "8001")}.get(headers["Family"])
            if at is None:
                return []
            told = {"Key": f"/{headers['Family']}/{at[0]}", "Val": at[1]}
            return [Message(f"{name}Response", told, "", is_event=True)]

    assert await kept(Asterisk()) == {  # type: ignore[arg-type]  # only what kept asks
        ("lb-who", "8001"): "1001",
        ("lb-at", "1001"): "8001",
    }


async def test_refused_step_doesn_t_stop_the_others() -> None:
    asked: list[str] = []

    class Asterisk:
        async def action(self, name: str, /, **headers: object) -> Message:
            asked.append(f"{name} {headers['Queue']}")
            if headers["Queue"] == "g1":
                raise AmiRefused("ami-refused", action=name, message="No such queue")
            return Message("Success", {}, "", is_event=False)

    found = steps([session("1001", 1, 2)], {}, set(), {})
    assert await heal(Asterisk(), found) == 1  # type: ignore[arg-type]  # only what heal asks
    assert asked == ["QueueAdd g1", "QueueAdd g2"]


@pytest.mark.req("TEL-2")
def test_agent_at_a_telephone_on_a_card_is_a_member_by_its_channel() -> None:
    found = steps([session("1001", 1, ext="8005")], {}, set(), {"8005": 69})
    assert [one.headers["Interface"] for one in found] == ["DAHDI/69"]

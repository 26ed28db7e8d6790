"""Whose telephone is lit by which message: what its agent sees on the list of follow-ups."""

from __future__ import annotations

import pytest

from fixtures.postgres import Pg
from linebox.features.voicemail import waiting

CALLER = "13900001111"


@pytest.fixture
def db(pg: Pg) -> Pg:
    """1001 (group 1) sits at 8001, 1002 (group 2) at 8002, nobody at 8003."""
    pg.rows("INSERT INTO groups (name_zh, name_en) VALUES ('客服', 'Service'), ('销售', 'Sales')")
    for number, group in (("1001", 1), ("1002", 2), ("1003", 1)):
        pg.rows("INSERT INTO agents VALUES (%s, %s, %s, %s)", number, number, "0" * 16, "0" * 40)
        pg.rows("INSERT INTO group_agents (group_id, agent) VALUES (%s, %s)", group, number)
    for extension in ("8001", "8002", "8003"):
        pg.rows(
            "INSERT INTO extensions (number, name, secret) VALUES (%s, '', %s)",
            extension,
            "s" * 20,
        )
    for agent, extension, out in (
        ("1001", "8001", None),
        ("1002", "8002", None),
        ("1003", "8003", 1),
    ):
        pg.rows(
            "INSERT INTO agent_sessions (agent, extension, groups, logged_in_at, logged_out_at)"
            " VALUES (%s, %s, '', now() - interval '1 h', now() - make_interval(mins => %s))",
            agent,
            extension,
            out,
        )
    return pg


def left(db: Pg, n: int, *, group: int | None, number: str = CALLER, message: bool = True) -> str:
    """A call that reached nobody, with a message."""
    id_ = f"s00000001-1.{n}"
    db.rows(
        "INSERT INTO calls (id, start_id, direction, from_number, result, group_id, started_at)"
        " VALUES (%s, 's00000001', 'in', %s, 'voicemail', %s, now() - interval '5 min')",
        id_,
        number,
        group,
    )
    if message:
        db.rows(
            "INSERT INTO voicemails (file, call_id, mailbox, left_at) VALUES (%s, %s, 0, now())",
            f"0/{n}",
            id_,
        )
    db.rows("SELECT follow_up(ARRAY[%s])", id_)
    return id_


async def lit(db: Pg) -> dict[str, int]:
    connection = await db.connect_async()
    try:
        found = await waiting.counts(connection)
    finally:
        await connection.close()
    assert set(found) == {"8001", "8002", "8003"}
    return {number: count for number, count in found.items() if count}


@pytest.mark.req("TEL-2", "TEL-5")
async def test_nobodys_message_lights_the_telephones_of_its_group(db: Pg) -> None:
    assert await lit(db) == {}
    left(db, 1, group=1)
    left(db, 2, group=1, number="13900002222")
    assert await lit(db) == {"8001": 2}


@pytest.mark.req("TEL-2", "TEL-5")
async def test_who_takes_it_has_the_lamp_alone(db: Pg) -> None:
    id_ = left(db, 1, group=1)
    db.rows("UPDATE follow_ups SET owner = '1002', state = 'taken' WHERE call_id = %s", id_)
    assert await lit(db) == {"8002": 1}


@pytest.mark.req("TEL-2", "TEL-5")
async def test_heard_or_closed_puts_the_lamp_out(db: Pg) -> None:
    heard, closed = left(db, 1, group=1), left(db, 2, group=2, number="13900002222")
    assert await lit(db) == {"8001": 1, "8002": 1}
    db.rows("UPDATE voicemails SET heard_at = now() WHERE call_id = %s", heard)
    db.rows(
        "UPDATE follow_ups SET state = 'closed', closed_at = now(), closed_by = '1002',"
        " result = 'reached' WHERE call_id = %s",
        closed,
    )
    assert await lit(db) == {}


@pytest.mark.req("TEL-2", "TEL-5")
async def test_a_message_of_no_group_waits_for_who_takes_it(db: Pg) -> None:
    id_ = left(db, 1, group=None)
    assert await lit(db) == {}
    db.rows("UPDATE follow_ups SET owner = '1001', state = 'taken' WHERE call_id = %s", id_)
    assert await lit(db) == {"8001": 1}


@pytest.mark.req("TEL-2", "TEL-5")
async def test_calls_of_one_number_are_one_line(db: Pg) -> None:
    left(db, 1, group=None)
    left(db, 2, group=2, message=False)
    assert await lit(db) == {"8002": 1}

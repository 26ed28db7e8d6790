"""Holding as AMI tells it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from linebox.asterisk.ami import Message
from linebox.base.errors import Unavailable
from linebox.features.calls import holds
from linebox.features.calls.holds import Hold, Holds, told

AT = datetime(2026, 11, 22, 4, tzinfo=UTC)


def event(name: str, **headers: str) -> Message:
    return Message(name, headers, "", is_event=True)


def held(name: str = "Hold", channel: str = "s00000001-1.2", at: datetime = AT) -> Message:
    return event(name, Uniqueid=channel, Timestamp=f"{at.timestamp():.6f}")


@pytest.mark.req("AGT-2")
def test_hold_and_its_end_are_told_by_channel_and_time() -> None:
    assert told(held()) == Hold("s00000001-1.2", AT, held=True)
    assert told(held("Unhold")) == Hold("s00000001-1.2", AT, held=False)


def test_other_events_and_what_names_no_channel_tell_nothing() -> None:
    assert told(event("Hangup", Uniqueid="s00000001-1.2")) is None
    assert told(held(channel="")) is None


@pytest.mark.req("AGT-2")
def test_what_is_heard_while_the_database_is_away_is_filed_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    filed: list[Hold] = []
    was_filed = asyncio.Event()
    tries = 0

    class Connection:
        async def close(self) -> None:
            pass

    async def connect() -> Connection:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise Unavailable("database-away", reason="test")
        return Connection()

    async def put(_connection: object, rows: list[Hold]) -> None:
        filed.extend(rows)
        was_filed.set()

    async def scenario() -> None:
        monkeypatch.setattr(holds, "put", put)
        keeper = Holds(connect)  # type: ignore[arg-type]
        keeper.heard(held())
        keeper.heard(event("Hangup", Uniqueid="x"))
        keeper.heard(held("Unhold", "s00000001-9.9"))  # which was never held
        task = asyncio.create_task(keeper.run())
        async with asyncio.timeout(5):
            await was_filed.wait()
            was_filed.clear()
            keeper.heard(held("Unhold"))
            await was_filed.wait()
        task.cancel()

    asyncio.run(scenario())
    assert [one.held for one in filed] == [True, False] and tries == 3

"""Lines freed because nobody was heard: from the journal to the port's history and an alarm (TEL-14)."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from psycopg import AsyncConnection

from fixtures.postgres import Pg
from linebox.asterisk.journals import CelRecord
from linebox.base.messages import sentence
from linebox.features.diagnostics.alarms import standing
from linebox.features.lines import freed
from linebox.features.lines.ports_store import page
from linebox.features.lines.take_up import FoundCard, FoundPort, FoundSpan, take_up

AT = datetime(2026, 11, 23, 4, tzinfo=UTC)


async def filed(connection: AsyncConnection) -> None:
    """Two lines and a telephone, on the channels 32 to 34."""
    ports = tuple(
        FoundPort(position=n, kind="fxo" if n < 3 else "fxs", channel=31 + n) for n in (1, 2, 3)
    )
    span = FoundSpan(position=1, kind="mixed", number=2, ports=ports)
    card = FoundCard(key="L", kind="a8b", zh="卡", en="card", bus="sim", spans=(span,))
    await take_up(connection, [card])


def ended(channel: str, cause: int, uniqueid: str = "s00000001-1.1") -> CelRecord:
    extra = json.dumps({"hangupcause": cause, "hangupsource": "", "dialstatus": ""})
    return CelRecord(
        0, "HANGUP", AT, "", "", "", "", "s", "from-trunk", channel, uniqueid, uniqueid,
        "trunk-lines", extra,
    )  # fmt: skip


@pytest.mark.req("TEL-14", "DIA-5")
async def test_a_freed_line_is_in_its_history_and_an_alarm_with_cause_and_cure(seeded: Pg) -> None:
    async with await seeded.connect_async() as connection:
        await filed(connection)
        records = [
            ended("DAHDI/33-1", 9),
            ended("DAHDI/33-1", 9, "s00000001-1.2"),
            ended("DAHDI/32-1", 16),
            ended("DAHDI/34-1", 9),
            ended("PJSIP/8001-00000001", 9),
            ended("DAHDI/99-1", 9),
        ]
        await freed.file(connection, records)
        events = (await page(connection, [], None, 10)).items
        assert [(one.key, one.was, one.became, one.at) for one in events] == [
            ("L/1/2", "talking", "freed", AT)
        ] * 2
        (alarm,) = await standing(connection)
        assert (alarm.code, alarm.subject, alarm.count) == ("line-held", "2", 2)
        zh, en = sentence(alarm.code, {"subject": alarm.subject, "count": alarm.count})
        assert "线路 2 有 2 次" in zh and "Line 2: 2 calls" in en


@pytest.mark.req("TEL-14")
async def test_the_alarm_stands_for_a_day(seeded: Pg) -> None:
    async with await seeded.connect_async() as connection:
        await filed(connection)
        await freed.file(connection, [ended("DAHDI/33-1", 9)])
        await connection.execute("UPDATE alarms SET last_at = now() - interval '25 hours'")
        assert await standing(connection) == ()
        await freed.file(connection, [ended("DAHDI/33-1", 9, "s00000001-1.2")])
        (alarm,) = await standing(connection)
        assert alarm.count == 1


@pytest.mark.req("TEL-14")
def test_the_command_tells_the_alarm_and_only_this_one() -> None:
    one = {"code": "line-held", "subject": "2", "zh": "线路 2", "en": "Line 2"}
    other = {"code": "disk-full", "subject": "/", "zh": "磁盘", "en": "disk"}
    live = {"journal": {"lag_s": 0, "alarms": [other, one]}}
    assert list(freed.told(live)) == ["线路 2", "Line 2"]
    assert list(freed.told({"error": "away"})) == []

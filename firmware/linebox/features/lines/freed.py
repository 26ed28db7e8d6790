"""Lines that were freed because nobody was heard (``quiet.py``), out of the journal: so it is known
whatever was away then. Each is in the port's history, and an alarm that stands for a day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from psycopg import AsyncConnection

from linebox.asterisk import names
from linebox.asterisk.journals import CelRecord
from linebox.features.calls.bridges import extra

#: The alarm's code; its subject is the line.
HELD: Final = "line-held"
#: What a port's history says it became.
FREED: Final = "freed"

_HISTORY: Final = """
INSERT INTO port_events (start, n, at, what, key, was, became)
SELECT %(start)s, 1, %(at)s, 'port', c.key || '/' || s.position || '/' || p.position, 'talking',
    %(became)s
FROM ports p JOIN spans s ON s.id = p.span_id JOIN cards c ON c.id = s.card_id
WHERE p.channel = %(channel)s AND p.kind = 'fxo' ON CONFLICT (start, n) DO NOTHING
"""
_ALARM: Final = """
INSERT INTO alarms (code, subject, count)
SELECT %(code)s, line::text, 1 FROM ports
WHERE channel = %(channel)s AND kind = 'fxo'
ON CONFLICT (code, subject) WHERE cleared_at IS NULL DO UPDATE
SET count = CASE WHEN alarms.last_at < now() - interval '1 day' THEN 0 ELSE alarms.count END + 1,
    since = CASE WHEN alarms.last_at < now() - interval '1 day' THEN now() ELSE alarms.since END,
    last_at = now()
"""


async def file(connection: AsyncConnection, records: Sequence[CelRecord]) -> None:
    """In the transaction that files the records."""
    for record in records:
        channel = names.analog(record.channel) if record.event == "HANGUP" else None
        if channel is None or extra(record).get("hangupcause") != names.LINE_FREED:
            continue
        start = f"{FREED}-{record.uniqueid}"[:40]
        about = {"start": start, "at": record.at, "channel": channel, "became": FREED, "code": HELD}
        await connection.execute(_HISTORY, about)
        await connection.execute(_ALARM, about)


def told(live: object) -> Iterator[str]:
    """The sentences of the alarms that stand, out of calld's live picture."""
    match live:
        case {"journal": {"alarms": [*alarms]}}:
            for alarm in alarms:
                match alarm:
                    case {"code": code, "zh": str(zh), "en": str(en)} if code == HELD:
                        yield from (zh, en)
                    case _:
                        pass
        case _:
            pass

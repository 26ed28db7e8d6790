"""The system page over HTTP: the box's parts, and a call's lines in its logs (DIA-1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final

from linebox.base.endpoints import endpoint
from linebox.base.errors import InputError
from linebox.base.shapes import Form, Length, render
from linebox.features.diagnostics.system import Logs, LogsWish, System
from linebox.features.host.client import Hostd
from linebox.store.pool import Database

type CallId = Annotated[str, Length(3, 60), Form(r"[0-9A-Za-z.-]+", "通话编号", "a call's id")]
#: What the daemons log of a call may come a little before it and after its end.
_AROUND: Final = timedelta(seconds=10)

_CALL: Final = """
SELECT started_at, coalesce(ended_at, least(now(), started_at + interval '12 hours')), array(
    SELECT DISTINCT word FROM cel, LATERAL (VALUES (uniqueid), (linkedid), (channel)) w(word)
    WHERE linkedid IN (SELECT linkedid FROM call_links WHERE call_id = calls.id
        UNION SELECT calls.id) AND length(word) BETWEEN 3 AND 120
    LIMIT 100)
FROM calls WHERE id = %s
"""


@endpoint("GET", "/api/system", "Every part of the box: state, version, memory, last words")
async def get_system(hostd: Hostd) -> System:
    return await hostd.get(System, "/system")


@endpoint("GET", "/api/system/logs/{call}", "What the logs say of one call", errors=(404,))
async def get_call_logs(call: CallId, db: Database, hostd: Hostd) -> Logs:
    """Secrets taken out, numbers masked. Logs are kept as long as journald has room for them."""
    async with db.transaction() as connection:
        row = await (await connection.execute(_CALL, (call,))).fetchone()
    if row is None:
        raise InputError("not-found", what="call", key=call)
    since, until, words = row
    wish = LogsWish(
        since=since - _AROUND,
        until=until + _AROUND,
        words=tuple(dict.fromkeys((call, *words)))[:100],
    )
    return await hostd.post(Logs, "/logs", render(wish))


ENDPOINTS = (get_system, get_call_logs)

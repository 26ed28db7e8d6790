"""``linebox test line`` and ``linebox lines commission``: a test followed to its end, as lines of
text (TEL-10, TEL-12)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Final

from psycopg import AsyncConnection

from linebox.base.errors import InputError
from linebox.features.lines import lab_store
from linebox.features.lines.boardd import Boardd
from linebox.hw.impedance import NAMES
from linebox.hw.lab_job import LabJob, LabKind, LabStep, LabWish, LineTold
from linebox.store import db

_LOOK_EVERY_S: Final = 0.5


async def told(boardd: Boardd, *, line: int, other: int | None, number: str, by: str) -> list[str]:
    """``other``: the two learn from each other; else ``line`` calls ``number``. The result is kept
    as the pages' tests are.

    Raises ``InputError``: ``not-found``, and as boardd's test; ``Unavailable``.
    """
    async with await db.connect_async() as connection:
        key = await _key(connection, line)
        if other is None:
            wish = LabWish(kind=LabKind.CALL, key=key, number=number, by=by)
        else:
            there = await _key(connection, other)
            own = await lab_store.line_of(connection, key)
            far = await lab_store.line_of(connection, there)
            wish = LabWish(
                kind=LabKind.LEARN,
                key=key,
                other=there,
                number=far.number if far else "",
                own_number=own.number if own else "",
                by=by,
            )
    job = await boardd.test(wish)
    while job.step is not LabStep.DONE:
        await asyncio.sleep(_LOOK_EVERY_S)
        job = await boardd.test_of(job.id)
    async with await db.connect_async() as connection:
        await lab_store.file(connection, job)
    return list(_lines(job))


async def _key(connection: AsyncConnection, line: int) -> str:
    key = await lab_store.key_of(connection, line)
    if key is None:
        raise InputError("not-found", what="line", key=str(line))
    return key


def _lines(job: LabJob) -> Iterator[str]:
    if job.fault is not None:
        yield job.fault.zh
        yield job.fault.en
    for one in job.results:
        yield f"{'✓' if one.well else '✗'} {one.key}"
        for said in one.said:
            yield f"  {said.zh}"
            yield f"  {said.en}"
        if numbers := "  ".join(_numbers(one)):
            yield f"  {numbers}"


def _numbers(one: LineTold) -> Iterator[str]:
    found, learnt = one.measured, one.learnt
    if found.dial_tone:
        yield f"{found.dial_tone.hz} Hz {found.dial_tone.dbm0:.0f} dBm0"
    if found.noise_dbm0 is not None:
        yield f"noise {found.noise_dbm0:.0f} dBm0"
    if found.echo_db is not None:
        yield f"echo {found.echo_db:.0f} dB"
    if learnt is None:
        return
    yield f"reversal {learnt.answer_reversal}/{learnt.hangup_reversal}"
    yield f"battery drop {learnt.battery_drop}"
    if learnt.busy:
        yield f"busy {learnt.busy.on_ms}/{learnt.busy.off_ms} ms {learnt.busy.hz} Hz"
    yield f"loss {learnt.loss_db:.1f} dB"
    if learnt.impedance:
        fits = learnt.impedance
        yield f"impedance {NAMES[fits.acim]}, return loss {fits.return_loss_db:.0f} dB"

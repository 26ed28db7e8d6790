"""The wizard's one row in the database."""

from __future__ import annotations

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from linebox.features.setup.model import Progress, Step, StepState, following


async def read(connection: AsyncConnection) -> Progress:
    """How far it has come. A step that this version doesn't know isn't told."""
    cursor = await connection.execute("SELECT step, steps, lines, left_at, done_at FROM setup")
    row = await cursor.fetchone()
    assert row is not None  # 0018_setup.sql makes it
    step, steps, lines, left_at, done_at = row
    return Progress(
        step=Step(step) if step in Step else Step.LANGUAGE,
        steps={Step(name): StepState(how) for name, how in steps.items() if name in Step},
        lines=lines,
        left_at=left_at,
        done_at=done_at,
    )


async def mark(connection: AsyncConnection, step: Step, outcome: StepState) -> None:
    """The step is over; the wizard goes on with the one behind it, and is done with the last."""
    await connection.execute(
        "UPDATE setup SET steps = steps || %(mark)s, step = %(next)s, left_at = NULL,"
        " done_at = CASE WHEN %(step)s = 'done' THEN now() ELSE done_at END, changed_at = now()",
        {
            "mark": Jsonb({step.value: outcome.value}),
            "step": step.value,
            "next": following(step).value,
        },
    )


async def go(connection: AsyncConnection, step: Step) -> None:
    """Another browser goes on there."""
    await connection.execute(
        "UPDATE setup SET step = %s, left_at = NULL, changed_at = now()", (step.value,)
    )


async def leave(connection: AsyncConnection) -> None:
    """Log-in no longer leads to the wizard; what was done in it stays."""
    await connection.execute("UPDATE setup SET left_at = now(), changed_at = now()")


async def note_trial(connection: AsyncConnection, trunk: str, trial: dict[str, object]) -> None:
    """A trunk's last trial; ``trial`` is JSON."""
    await connection.execute(
        "UPDATE setup SET lines = lines || %s, changed_at = now()", (Jsonb({trunk: trial}),)
    )

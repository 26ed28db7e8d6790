"""All settings as one file, out and in, over HTTP (SET-3)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from linebox.base.endpoints import Ask, BytesAnswer, endpoint
from linebox.base.errors import InputError
from linebox.desks.settings import document
from linebox.desks.settings.api import applied, previewed
from linebox.desks.settings.plans import Plan
from linebox.desks.settings.shapes import (
    DraftApplied,
    ExportQuery,
    FileProblem,
    Imported,
    ImportInput,
    Planned,
)
from linebox.features.agents.calld import Calld
from linebox.features.settings import allowed, store
from linebox.features.settings.confd import Confd
from linebox.store.pool import Database

log = logging.getLogger(__name__)

#: So many changes are told; a list of 20 000 numbers is told by its count.
_TOLD = 500


def planned(plans: Sequence[Plan], most: int) -> tuple[Planned, ...]:
    """The first of them as pages show them."""
    return tuple(
        Planned(what=one.change.what, key=one.key, before=one.before, after=one.after)
        for one in plans[:most]
    )


def expect_unchanged(seen: str | None, version: int) -> None:
    """Raises ``InputError("changed-by-other")`` when a setting was changed since the dry run."""
    if seen is None:
        raise InputError("precondition-missing")
    if seen != str(version):
        raise InputError("changed-by-other")


async def carried(confd: Confd, ask: Ask, note: str, plans: Sequence[Plan]) -> DraftApplied:
    """The plans saved and in effect; what was made up is told with what confd tells."""
    done = applied(
        await confd.apply(
            by=ask.who,
            note=note,
            address=ask.address,
            changes=[one.change for one in plans],
        ),
        ask,
    )
    tells = ask.may("accounts.change")
    made = tuple(
        replace(one, told={**one.told, **plans[one.change].told}) if tells else one
        for one in done.made
    )
    return replace(done, made=made)


@endpoint("GET", "/api/settings/export", "All settings as one YAML file", timeout_s=30.0)
async def export_settings(db: Database, ask: Ask, query: ExportQuery) -> BytesAnswer:
    """Without SIP passwords and PINs; recordings by name."""
    allowed.need_see(ask, allowed.FEATURES)
    async with db.transaction() as connection:
        there = await document.states(connection)
    text = await asyncio.to_thread(document.written, there, query.language)
    log.info("%s took all settings out as a file", ask.who)
    return BytesAnswer(body=text.encode(), media_type="application/yaml")


@endpoint(
    "POST",
    "/api/settings/import",
    "Bring in a file of settings, or only tell what it would change",
    status=200,
    max_bytes=8 * 2**20,
    timeout_s=120.0,
    errors=(409, 412, 428),
)
async def import_settings(
    body: ImportInput, ask: Ask, db: Database, confd: Confd, calld: Calld
) -> Imported:
    """With problems nothing is taken in. 412: somebody changed a setting since the dry run."""
    allowed.need_change(ask, allowed.FEATURES)
    async with db.transaction() as connection:
        version = await store.version(connection)
        there = await document.states(connection)
    found = await asyncio.to_thread(document.read, there, body.text)
    preview, done = None, None
    if not found.faults:
        if body.dry:
            changes = [one.change for one in found.plans]
            preview = await previewed(confd, calld, ask.who, changes)
        else:
            expect_unchanged(body.seen, version)
            done = await carried(confd, ask, body.note, found.plans)
    return Imported(
        problems=tuple(
            FileProblem(line=one.line, path=one.path, code=one.code, zh=one.zh, en=one.en)
            for one in found.faults[:200]
        ),
        count=len(found.plans),
        changes=planned(found.plans, _TOLD),
        seen=str(version),
        preview=preview,
        applied=done,
    )


ENDPOINTS = (export_settings, import_settings)

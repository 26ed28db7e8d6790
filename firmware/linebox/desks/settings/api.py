"""A draft of settings tried, applied and undone over HTTP (SET-3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from linebox.base.endpoints import Ask, endpoint
from linebox.base.errors import Unavailable
from linebox.desks.settings.impact import impact
from linebox.desks.settings.shapes import (
    ApplyInput,
    ChangeInput,
    DraftApplied,
    DraftInput,
    DraftProblem,
    Made,
    Preview,
    Unapplied,
    UndoInput,
)
from linebox.features.agents.calld import Calld
from linebox.features.settings import allowed, store
from linebox.features.settings.confd import Confd, Done, FileDifference
from linebox.features.settings.model import Change
from linebox.store.pool import Database


def changes_of(given: Sequence[ChangeInput]) -> list[Change]:
    """A page's draft as confd takes it."""
    return [
        Change(what=one.what, key=one.key, etag=one.etag, after=one.after, ref=one.ref)
        for one in given
    ]


def applied(done: Done, ask: Ask) -> DraftApplied:
    """confd's answer as the pages'; a new log-in's password only for who gives log-ins."""
    hides = frozenset() if ask.may("accounts.change") else frozenset({"password"})
    return DraftApplied(
        generation=done.generation,
        changed=done.changed,
        seconds=done.seconds,
        log=done.log,
        act=done.act,
        made=tuple(
            Made(
                change=one.change,
                what=one.what,
                key=one.key,
                told={key: text for key, text in one.told.items() if key not in hides},
            )
            for one in done.made
        ),
    )


async def previewed(confd: Confd, calld: Calld, who: str, changes: Sequence[Change]) -> Preview:
    """What changes would bring. Raises ``Unavailable``."""
    seen = await confd.preview(by=who, changes=changes)
    told = [ChangeInput(what=one.what, key=one.key, after=one.after) for one in changes]
    return Preview(
        problems=tuple(_problem(one) for one in seen.problems),
        difference=tuple(
            FileDifference(file=one["file"], text=one["text"]) for one in seen.difference
        ),
        changes_calls=seen.changes_calls,
        generation=seen.generation,
        impact=impact(await _live(calld), told, drops=seen.drops, changes_calls=seen.changes_calls),
    )


@endpoint(
    "POST",
    "/api/settings/preview",
    "What a draft would change, and what keeps it from it",
    status=200,
    audited="never",
    max_bytes=4 * 2**20,
    timeout_s=60.0,
    errors=(412,),
)
async def preview_settings(body: DraftInput, ask: Ask, confd: Confd, calld: Calld) -> Preview:
    """Saves nothing."""
    allowed.need_change(ask, (one.what for one in body.changes))
    return await previewed(confd, calld, ask.who, changes_of(body.changes))


@endpoint(
    "POST",
    "/api/settings/apply",
    "Save a draft and bring it into effect, all of it or nothing",
    status=200,
    max_bytes=4 * 2**20,
    timeout_s=120.0,
    errors=(409, 412),
)
async def apply_draft(body: ApplyInput, ask: Ask, confd: Confd) -> DraftApplied:
    """422 ``invalid-input``: ``fields.problems`` are as in a preview; 412: somebody changed a row
    since its ``etag``; 409: Asterisk refused. Then nothing is saved."""
    allowed.need_change(ask, (one.what for one in body.changes))
    done = await confd.apply(
        by=ask.who, note=body.note, address=ask.address, changes=changes_of(body.changes)
    )
    _tell(ask, done)
    return applied(done, ask)


@endpoint(
    "POST",
    "/api/settings/undo",
    "Put back what entries of the log changed, and bring it into effect",
    status=200,
    timeout_s=120.0,
    errors=(409,),
)
async def undo_settings(body: UndoInput, ask: Ask, confd: Confd, db: Database) -> DraftApplied:
    """409 ``changed-since``: somebody changed one of them after; then nothing is put back."""
    if ask.kept is not None:
        async with db.transaction() as connection:
            kinds = await store.kinds(connection, body.log, body.act)
        allowed.need_change(ask, kinds)
    done = await confd.apply(
        by=ask.who,
        note=body.note,
        address=ask.address,
        undo={"log": list(body.log), "act": body.act},
    )
    _tell(ask, done)
    return applied(done, ask)


def _tell(ask: Ask, done: Done) -> None:
    """The audit says which act it was: the settings' log has what was changed."""
    ask.tell(subject=f"{done.generation}", act=f"{done.act or ''}")


@endpoint("GET", "/api/settings/unapplied", "What was saved and isn't in effect yet")
async def list_unapplied(db: Database, ask: Ask) -> Unapplied:
    async with db.transaction() as connection:
        count, items = await store.unapplied(connection, limit=200)
    return Unapplied(count=count, items=tuple(allowed.seen(ask, one) for one in items))


def _problem(one: Mapping[str, Any]) -> DraftProblem:
    return DraftProblem(
        change=one["change"],
        what=one["what"],
        key=one["key"],
        field=one["field"],
        code=one["code"],
        zh=one["zh"],
        en=one["en"],
    )


async def _live(calld: Calld) -> Mapping[str, Any] | None:
    try:
        told = await calld.ask("GET", "/live", None)
    except Unavailable:
        return None
    return told if isinstance(told, Mapping) else None


ENDPOINTS = (preview_settings, apply_draft, undo_settings, list_unapplied)

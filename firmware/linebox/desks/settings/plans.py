"""What a file or a table would change, row by row, as confd carries it out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from linebox.base.shapes import problem
from linebox.features.agents.service import new_pin
from linebox.features.settings.drafts import Kind
from linebox.features.settings.model import Change
from linebox.features.settings.resources import etag
from linebox.features.settings.service import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One row's change. ``before`` and ``after`` as the log tells them; ``told``: what was made up
    for a new one and is shown this one time."""

    change: Change
    key: str
    before: Mapping[str, object] | None
    after: Mapping[str, object] | None
    told: Mapping[str, str] = field(default_factory=dict, repr=False)


def plan_row(kind: Kind, item: Any, key: str, row: Mapping[str, object]) -> Plan | None:
    """What makes the row of ``key`` what ``row`` says (its key may be among it); None: it is that
    already. ``item``: the one there is.

    Raises ``InputError("invalid-input")`` for what can't be.
    """
    allowed = kind.settable(new=item is None)
    own = {"id"} if kind.numbered else {"number"}
    for name in row:
        if name not in allowed and name not in own:
            raise problem(name, "unknown-field")
    after = {name: value for name, value in row.items() if name in allowed}
    if item is None:
        return _new(kind, key, after)
    planned = kind.planned(item, after)
    if planned == item:
        return None
    return Plan(
        change=Change(what=kind.one_word, key=key, etag=etag(item), after=after),
        key=key,
        before=_told(item),
        after=_told(planned),
    )


def plan_delete(kind: Kind, key: str, item: Any) -> Plan:
    """That the row goes."""
    change = Change(what=kind.one_word, key=key, etag=etag(item))
    return Plan(change=change, key=key, before=_told(item), after=None)


def _new(kind: Kind, key: str, after: dict[str, object]) -> Plan:
    told: dict[str, str] = {}
    if kind.one_word == "agent" and not after.get("pin"):
        told["pin"] = new_pin()
        after = {**after, "pin": told["pin"]}
    planned = kind.planned(None, after)
    if kind.numbered:
        planned = replace(planned, id=int(key))
    return Plan(
        change=Change(what=kind.one_word, after=after, id=int(key) if kind.numbered else None),
        key=key,
        before=None,
        after=_told(planned),
        told=told,
    )


def _told(item: object) -> Mapping[str, object]:
    told: dict[str, object] = json.loads(json.dumps(plain(item), default=str))
    return told

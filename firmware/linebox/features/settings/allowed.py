"""Rights over drafts, tables and files of settings: those of each kind of setting that they hold.

Without it who may change settings at all could change by a draft what a role of theirs gave up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from linebox.base.endpoints import Ask
from linebox.base.rights import NUMBERS_WHOLE
from linebox.features.settings.model import LoggedChange
from linebox.model.masking import hidden

#: Kind of setting → the feature whose rights it needs.
FEATURES: Final[Mapping[str, str]] = {
    "company": "settings",
    "calendar": "calendars",
    "limits": "limits",
    "recording-rules": "recordings",
    "reading": "prompts",
    "music": "prompts",
    "sound-defaults": "prompts",
    "prompt": "prompts",
    "trunk": "lines",
    "span": "lines",
    "port": "lines",
    "group": "routing",
    "extension": "extensions",
    "agent": "agents",
    "menu": "ivr",
    "did": "numbering",
    "number": "numbering",
}


def need_change(ask: Ask, kinds: Iterable[str]) -> None:
    """Raises ``InputError("not-allowed")`` for who may not change one of these kinds; one that
    isn't known is refused by its own name later."""
    for kind in kinds:
        if kind in FEATURES:
            ask.need(f"{FEATURES[kind]}.change")
        if kind == "number":
            ask.need(NUMBERS_WHOLE)


def need_see(ask: Ask, kinds: Iterable[str]) -> None:
    """As ``need_change``, for reading."""
    for kind in kinds:
        if kind in FEATURES:
            ask.need(f"{FEATURES[kind]}.see")
        if kind == "number":
            ask.need(NUMBERS_WHOLE)


def seen(ask: Ask, entry: LoggedChange) -> LoggedChange:
    """A log's entry as the asker may see it: empty where they may not see that kind of setting."""
    if ask.kept is None:
        return entry
    if not ask.may(f"{FEATURES.get(entry.what, 'settings')}.see"):
        return replace(entry, before=entry.before and {}, after=entry.after and {})
    if ask.may(NUMBERS_WHOLE):
        return entry
    return replace(
        entry,
        key=str(hidden(entry.key)),
        before=_hidden(entry.before),
        after=_hidden(entry.after),
    )


def _hidden(values: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    made = hidden(values)
    return made if isinstance(made, Mapping) else None

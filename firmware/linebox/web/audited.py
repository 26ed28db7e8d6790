"""The one place where the audit is told of what was asked of webd (SEC-1).

Every change, file that leaves and log-in; every refusal, the same one at most once a minute. A
change that was refused for its content (422, 412 …) changed nothing and isn't told; one whose
outcome isn't known is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from aiohttp import web

from linebox.base.endpoints import Ask, Endpoint, Reply
from linebox.base.errors import InputError, LineboxError
from linebox.features.audit.model import Entry
from linebox.features.audit.service import Audit
from linebox.web.errors import status

#: Who tried what they may not, or tried to be somebody.
_REFUSALS: Final = frozenset(
    {
        "account-disabled",
        "locked",
        "not-allowed",
        "owner-password-chosen",
        "wrong-code",
        "wrong-origin",
        "wrong-password",
    }
)
_REFUSED_AGAIN: Final = timedelta(minutes=1)
_ONCE: Final = timedelta(minutes=10)
_NAMING: Final = ("login", "number", "key", "id", "generation", "name")


@dataclass(slots=True)
class Note:
    """What is noted of one request; ``begin`` it once the asker's rights are known."""

    audit: Audit
    one: Endpoint
    ask: Ask
    request: web.Request
    entry: Entry | None = None
    subject: str = ""

    def begin(self) -> None:
        """What the audit must tell is about to be done. Raises ``Unavailable("audit-full")``."""
        if not self.one.is_audited:
            return
        self.subject = "/".join(self.request.match_info.values())
        once = self.one.audited == "once" or (
            self.one.method == "GET" and self.one.audited == "default"
        )
        key = ("once", self.one.name, self.ask.who, self.ask.address, self.request.path_qs)
        if once and self.audit.is_repeated(key, _ONCE):
            return
        self.entry = self._entry()
        self.audit.begin(self.entry)

    def end(self, answer: object) -> None:
        """It was done."""
        if self.entry is not None:
            named = answer.answer if isinstance(answer, Reply) else answer
            self._end(self.entry, "ok", self.one.status, self.subject or _name(named))

    def failed(self, error: LineboxError) -> None:
        """It was refused, or may have been done."""
        state = status(error)
        if error.code in _REFUSALS:
            self._refused(error.code, state)
        elif self.entry is not None and isinstance(error, InputError):
            self.audit.drop(self.entry)
        elif self.entry is not None:
            self._end(self.entry, error.code, state, self.subject)

    def broken(self) -> None:
        """Nobody knows whether it was done."""
        if self.entry is not None:
            self._end(self.entry, "unknown", 500, self.subject)

    def _refused(self, code: str, state: int) -> None:
        who = self.ask.told.get("who", self.ask.who)
        subject = self.subject or "/".join(self.request.match_info.values())
        again = ("refused", self.one.name, who, self.ask.address, code, subject)
        if not self.audit.is_repeated(again, _REFUSED_AGAIN):
            self._end(self.entry or self._entry(), code, state, subject)
        elif self.entry is not None:
            self.audit.drop(self.entry)

    def _entry(self) -> Entry:
        return self.audit.entry(
            who=self.ask.who,
            what=self.one.name,
            role=str(self.ask.role or ""),
            address=self.ask.address,
        )

    def _end(self, entry: Entry, outcome: str, state: int, subject: str) -> None:
        told = dict(self.ask.told)
        entry = replace(
            entry,
            who=told.pop("who", entry.who),
            role=told.pop("role", entry.role),
        )
        right = min(self.one.needs, default="")
        self.audit.end(
            entry,
            outcome=outcome,
            status=state,
            subject=told.pop("subject", subject),
            detail={"right": right, **told} if right else told,
        )


@contextmanager
def audited(audit: Audit, one: Endpoint, request: web.Request, ask: Ask) -> Iterator[Note]:
    """Around one request: what is raised is noted and goes on."""
    note = Note(audit=audit, one=one, ask=ask, request=request)
    try:
        yield note
    except LineboxError as error:
        note.failed(error)
        raise
    except BaseException:
        note.broken()
        raise


def _name(answer: object) -> str:
    """What an answer is of: so a new thing's entry says which it is."""
    for name in _NAMING:
        value = getattr(answer, name, None)
        if isinstance(value, str | int) and not isinstance(value, bool):
            return str(value)
    inner = getattr(answer, "account", None)
    return _name(inner) if inner is not None else ""

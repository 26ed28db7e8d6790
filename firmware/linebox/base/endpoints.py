"""What a feature offers over HTTP, declared once: no web framework is known here.

A handler is an async function; its parameters say what it needs:
``body`` and ``query`` are dataclasses parsed by ``base.shapes``; names in the path (``{id}``) come
as ``int`` or ``str``; ``ask: Ask`` tells who asks; any other parameter is a service found by its
type (a database, a socket). What it returns is the answer: a dataclass, ``None`` (204) or a
``FileAnswer``. The web layer serves it and writes OpenAPI from it.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints

from linebox.base import rights
from linebox.base.errors import InputError
from linebox.base.roles import ADMINISTRATORS, EVERYBODY, Role, Roles
from linebox.base.shapes import Length, split

type Method = Literal["GET", "POST", "PUT", "DELETE"]
#: ``default``: changes and files; ``once``: the same by the same person within ten minutes is told
#: once; ``never``: what changes nothing, or tells the audit itself by ``Ask.tell``.
type Audited = Literal["default", "always", "once", "never"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Who asks, from where, and which state they saw (``If-Match``, without quotes).

    ``who`` is the login and ``agent`` the staff number, empty for who is no agent. ``who`` and
    ``session_id`` are empty, ``role`` and ``session_until`` None for somebody not logged in.
    ``device``: what the browser says it is, at most 200 characters. ``kept``: the rights that an
    owner-made role kept; None for a built-in role, which has all of its own; ``made``: that role's
    id. ``host``: the name in the address that the browser shows, without port. ``told``: what the
    audit is to say of this beside the operation (``tell``).
    """

    who: str
    address: str
    role: Role | None = None
    agent: str = ""
    device: str = ""
    if_match: str | None = None
    session_id: str = ""
    session_until: datetime | None = None
    kept: frozenset[str] | None = None
    made: int | None = None
    host: str = ""
    told: dict[str, str] = field(default_factory=dict, compare=False)

    def may(self, right: str) -> bool:
        """Whether the asker has this right (``base/rights.py``)."""
        return rights.holds(self.role, self.kept, right)

    def need(self, right: str) -> None:
        """Raises ``InputError("not-allowed")`` for who lacks the right."""
        if not self.may(right):
            raise InputError("not-allowed", right=right)

    def tell(self, **words: str) -> None:
        """Have the audit say this too; ``who``: of whom it is, where nobody is logged in yet."""
        self.told.update(words)

    def seen(self) -> str:
        """The ETag that a change must name. Raises ``InputError("precondition-missing")``."""
        if self.if_match is None:
            raise InputError("precondition-missing")
        return self.if_match


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAnswer:
    """A file of the box, sent in ranges. ``name``: what a download is called.

    ``head``: makes what stands before the file of its size in bytes, for a format that the disk
    doesn't hold.
    """

    path: Path
    media_type: str
    name: str
    download: bool = False
    head: Callable[[int], bytes] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BytesAnswer:
    """A few bytes made for this request, as a try-out of a prompt."""

    body: bytes
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply[T]:
    """An answer that sets the session's cookie; an empty ``cookie`` takes it away."""

    answer: T
    cookie: str | None = None
    cookie_max_age_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RawAnswer[T]:
    """JSON text of shape ``T`` that a peer made: handed on as it is."""

    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One method of one path. ``services`` are parameter name → type.

    ``right``: the one that it names, else its feature's; ``also``: a second one that it needs.
    """

    method: Method
    path: str
    summary: str
    feature: str
    name: str
    handler: Callable[..., Awaitable[object]]
    path_params: Mapping[str, object]
    query: type | None
    body: type | None
    answer: type | None
    services: Mapping[str, type]
    wants_ask: bool
    status: int
    needs_session: bool
    roles: Roles
    needs_match: bool
    max_bytes: int
    timeout_s: float
    errors: tuple[int, ...]
    right: str = ""
    also: str = ""
    audited: Audited = "default"

    @property
    def needs(self) -> frozenset[str]:
        """The rights that the asker must have, all of them; none for one's own matters."""
        if not self.needs_session or self.right == rights.OWN:
            return frozenset()
        own = self.right or rights.default(self.feature, self.method)
        return frozenset({own, self.also} if self.also else {own})

    @property
    def is_audited(self) -> bool:
        """Whether the audit tells of each call: every change, and every file that leaves."""
        if self.audited != "default":
            return self.audited != "never"
        return self.method != "GET" or self.answer in (FileAnswer, BytesAnswer)


def endpoint(
    method: Method,
    path: str,
    summary: str,
    *,
    status: int | None = None,
    needs_session: bool = True,
    roles: Roles = ADMINISTRATORS,
    needs_match: bool = False,
    max_bytes: int = 64 * 1024,
    timeout_s: float = 15.0,
    errors: tuple[int, ...] = (),
    right: str = "",
    also: str = "",
    audited: Audited = "default",
) -> Callable[[Callable[..., Awaitable[object]]], Endpoint]:
    """Declare the decorated function as an endpoint; the function's name is the operation's id.

    ``roles`` may call it; nothing said: administrators only; without ``needs_session``: everybody.
    ``right``: what a role of the owner's may lack; nothing said: ``<feature>.see`` of a GET, else
    ``<feature>.change``; ``also``: a second one. ``needs_match``: the request must carry
    ``If-Match``. ``errors``: states beside 401, 422, 503 that it can answer. Raises ``TypeError``
    at import when the declaration can't be served.
    """

    def declare(handler: Callable[..., Awaitable[object]]) -> Endpoint:
        hints = get_type_hints(handler, include_extras=True)
        answer = hints.pop("return")
        in_path = re.findall(r"{(\w+)}", path)
        path_params: dict[str, object] = {}
        services: dict[str, type] = {}
        for name in inspect.signature(handler).parameters:
            plain, marks, _ = split(hints[name])
            if name in in_path:
                if plain is str and not any(isinstance(one, Length) for one in marks):
                    raise TypeError(f"{handler.__name__}: {name} needs a Length")
                path_params[name] = hints[name]
            elif name not in ("ask", "body", "query"):
                if not isinstance(plain, type):
                    raise TypeError(f"{handler.__name__}: {name} is no service")
                services[name] = plain
        if set(in_path) != set(path_params):
            raise TypeError(f"{handler.__name__}: the path names {in_path}")
        nothing = answer is type(None)
        return Endpoint(
            method=method,
            path=path,
            summary=summary,
            feature=handler.__module__.rsplit(".", 2)[-2],
            name=handler.__name__,
            handler=handler,
            path_params=path_params,
            query=_record(hints.get("query")),
            body=_record(hints.get("body")),
            answer=None if nothing else _record(answer),
            services=services,
            wants_ask="ask" in hints,
            status=status or (204 if nothing else 200),
            needs_session=needs_session,
            roles=roles if needs_session else EVERYBODY,
            needs_match=needs_match,
            max_bytes=max_bytes,
            timeout_s=timeout_s,
            errors=errors,
            right=right,
            also=also,
            audited=audited,
        )

    return declare


def _record(hint: object) -> type | None:
    if get_origin(hint) in (Reply, RawAnswer):
        hint = get_args(hint)[0]
    if hint is None or isinstance(hint, type):
        return hint
    raise TypeError(f"not a dataclass: {hint}")

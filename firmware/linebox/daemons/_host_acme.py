"""A certificate by ACME, asked for and renewed: hostd's half (SET-1; names.md, "Host acts").

``/data/own/hostd``: ``wish.json`` what the owner asked for, ``state.json``. ``/data/secrets/acme``:
``account.key``; while a try goes on ``key`` (the new certificate's, which never leaves root) and
``request/``, laid as credentials for ``linebox-acme.service``, which talks with the authority and
answers in ``/run/linebox/acme/answer.json``. Killed at any moment, the next look goes on from
these.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from linebox.base.errors import InputError, LineboxError
from linebox.base.files import settle, write_whole
from linebox.base.messages import sentence
from linebox.base.shapes import parse, problem, render
from linebox.config.paths import Paths
from linebox.daemons import _host_run as run
from linebox.features.host import acme
from linebox.features.host import certificates as rules
from linebox.features.host.model import Acme, AcmeWish, Trouble

log = logging.getLogger(__name__)

_UNIT: Final = "linebox-acme.service"
#: By itself it asks at most so often (the timer comes every four hours); authorities count tries.
_AGAIN: Final = timedelta(hours=3)
#: So long after it was told to start, the unit may not have begun.
_STARTING: Final = timedelta(seconds=10)
_LARGEST_ANSWER: Final = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fault:
    code: str
    fields: Mapping[str, object]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """``waits``: the try ``id`` has no answer yet. ``fault``: what came of the last that has."""

    id: str
    asked_at: datetime
    waits: bool
    fault: _Fault | None


def start_unit() -> None:
    run.told("systemctl", "--no-block", "start", _UNIT)


def unit_runs() -> bool:
    """Is a try going on?"""
    said = run.told("systemctl", "show", "-p", "ActiveState", "--value", _UNIT).strip()
    return said not in ("inactive", "failed")


class AcmeStore:
    """The owner's wish and the present try. ``start`` and ``runs``: of the unit that talks.

    Not for two threads at once: CertificateStore holds its lock.
    """

    def __init__(
        self,
        at: Paths,
        *,
        start: Callable[[], None] = start_unit,
        runs: Callable[[], bool] = unit_runs,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._own = at.own("hostd")
        self._folder = at.vault / "acme"
        self._answer = at.run / "acme/answer.json"
        self._start = start
        self._runs = runs
        self._now = now

    def wish(self) -> AcmeWish | None:
        """What the owner asked for; None while it is off."""
        return self._read(AcmeWish, "wish.json")

    def waits(self) -> bool:
        """Is an answer awaited?"""
        state = self._state()
        return state is not None and state.waits

    def ask(self, wish: AcmeWish) -> None:
        """Keep the wish and ask at once. Raises ``InputError``: what is wrong, ``acme-asking``."""
        if not wish.agreed:
            raise problem("agreed", "acme-not-agreed")
        if wish.root.strip():
            rules.check_root(wish.root)
        if self.waits():
            raise InputError("acme-asking")
        wish = replace(wish, names=tuple(dict.fromkeys(wish.names)), root=wish.root.strip())
        self._write("wish.json", wish)
        self._begin(wish)

    def forget(self) -> None:
        """No more asking; the account at the authority stays."""
        for name in ("wish.json", "state.json"):
            (self._own / name).unlink(missing_ok=True)
        self._clear()

    def step(self, in_use: rules.Told | None, install: Callable[[rules.Pair], None]) -> None:
        """Take an answer that came, or ask when it is time. ``in_use``: the certificate by ACME."""
        wish, state = self.wish(), self._state()
        if wish is None:
            return
        if state is not None and state.waits:
            self._settle(wish, state, install)
        elif self._due(wish, state, in_use):
            self._begin(wish)

    def told(self, in_use: rules.Told | None) -> Acme:
        wish, state = self.wish(), self._state()
        if wish is None:
            return Acme(state="off", wish=None, trouble=None)
        if state is None or state.waits:
            return Acme(state="asking", wish=wish, trouble=None)
        if state.fault is not None:
            return Acme(state="failed", wish=wish, trouble=_trouble(state.fault))
        return Acme(state="asking" if in_use is None else "good", wish=wish, trouble=None)

    def _due(self, wish: AcmeWish, state: _State | None, in_use: rules.Told | None) -> bool:
        now = self._now()
        if state is not None and timedelta() <= now - state.asked_at < _AGAIN:
            return False
        if in_use is None or rules.missing(in_use.names, wish.names):
            return True
        return now >= rules.renews_at(in_use)

    def _begin(self, wish: AcmeWish) -> None:
        id_ = secrets.token_hex(8)
        made = rules.make_request(wish.names)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._clear()
        write_whole(self._folder / "key", made.key, mode=0o600)
        part = self._folder / "request.part"
        part.mkdir(mode=0o700)
        talk = acme.Talk(id=id_, directory=wish.directory, email=wish.email, root=wish.root)
        for name, content in (
            (acme.ACCOUNT_KEY, self._account_key()),
            (acme.CSR, made.csr),
            (acme.TALK, json.dumps(render(talk)).encode()),
        ):
            write_whole(part / name, content, mode=0o600)
        part.rename(self._folder / "request")
        before = self._state()
        fault = None if before is None else before.fault
        self._write("state.json", _State(id=id_, asked_at=self._now(), waits=True, fault=fault))
        log.warning("asking %s for %s", wish.directory, ", ".join(wish.names))
        try:
            self._start()
        except LineboxError:
            log.exception("%s doesn't start", _UNIT)  # no answer comes: told as such

    def _settle(self, wish: AcmeWish, state: _State, install: Callable[[rules.Pair], None]) -> None:
        answer = self._answered(state.id)
        if answer is None:
            starting = timedelta() <= self._now() - state.asked_at < _STARTING
            if starting or self._runs():
                return
            answer = self._answered(state.id) or acme.Answer(
                id=state.id, failure=acme.Failure(code="acme-stopped")
            )
        fault = self._take(wish, answer, install)
        if fault is not None:
            log.warning("no certificate by ACME: %s", fault)
        self._write("state.json", replace(state, waits=False, fault=fault))
        self._clear()

    def _take(
        self, wish: AcmeWish, answer: acme.Answer, install: Callable[[rules.Pair], None]
    ) -> _Fault | None:
        """Install what came, or why not. Killed after it was installed, it is so once more."""
        if answer.failure is not None:
            one = answer.failure
            name = one.name or ", ".join(wish.names)
            host = wish.directory.split("/")[2]
            return self._fault(one.code, name=name, detail=one.detail, host=host)
        key = (self._folder / "key").read_text("ascii")
        try:
            pair = rules.check_upload(answer.certificate, key, self._now())
        except InputError as error:
            found = error.fields["problems"]
            first = found[0] if isinstance(found, list) else {}
            return self._fault("acme-unfit", zh=first.get("zh", ""), en=first.get("en", ""))
        lacking = rules.missing(rules.told(pair.certificate).names, wish.names)
        if lacking:
            return self._fault("acme-lacks", name=", ".join(lacking))
        install(pair)
        return None

    def _fault(self, code: str, **fields: object) -> _Fault:
        return _Fault(code=code, fields=fields, at=self._now())

    def _answered(self, id_: str) -> acme.Answer | None:
        """The answer to this try, if it is there and readable. Another user wrote it."""
        try:
            handle = os.open(self._answer, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(handle, "rb") as file:
                found = parse(acme.Answer, json.loads(file.read(_LARGEST_ANSWER)))
        except (OSError, ValueError, RecursionError, InputError):
            return None
        return found if found.id == id_ else None

    def _account_key(self) -> bytes:
        path = self._folder / "account.key"
        if not path.exists():
            write_whole(path, rules.make_account_key(), mode=0o600)
        return path.read_bytes()

    def _clear(self) -> None:
        """What belongs to one try."""
        (self._folder / "key").unlink(missing_ok=True)
        for name in ("request", "request.part"):
            with suppress(FileNotFoundError):
                shutil.rmtree(self._folder / name)
        if self._folder.exists():
            settle(self._folder)

    def _state(self) -> _State | None:
        return self._read(_State, "state.json")

    def _read[T](self, kind: type[T], name: str) -> T | None:
        try:
            return parse(kind, json.loads((self._own / name).read_text("utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, InputError):
            log.exception("%s can't be read: as if it weren't there", name)
            return None

    def _write(self, name: str, value: object) -> None:
        text = json.dumps(render(value), ensure_ascii=False)
        write_whole(self._own / name, text, mode=0o600)


def _trouble(fault: _Fault) -> Trouble:
    zh, en = sentence(fault.code, fault.fields)
    return Trouble(code=fault.code, zh=zh, en=en, at=fault.at, again_at=fault.at + _AGAIN)

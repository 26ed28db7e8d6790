"""Log-in: the password, signed sessions, and how many wrong tries are left (SEC-1, SEC-2).

Works with the database dead: it needs only ``/data/secrets``. Counts of wrong tries and ended
sessions are kept in a small file as well, so that a restart forgives nobody.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path

from linebox.base import clock
from linebox.base.errors import InputError
from linebox.base.roles import Role
from linebox.features.accounts.model import OWNER, Person, Signed
from linebox.features.accounts.secrets import verify

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Tries:
    wrong: int = 0
    last_at: float = 0.0
    locked_until: float = 0.0


class Accounts:
    """One owner. All waiting is here; nothing but ``check_password`` takes long."""

    SESSION_S = 12 * 3600
    #: Wrong tries of one address before it is locked, and of all together before everybody is.
    TRIES, TRIES_IN_ALL = 5, 40
    LOCK_S, LOCK_CAP_S, FORGET_S = 60.0, 900.0, 3600.0
    WRONG_TAKES_S = 1.0
    _ADDRESSES = 10_000

    def __init__(
        self, secrets_dir: Path, state_file: Path, now: Callable[[], datetime] = clock.now
    ) -> None:
        self._secrets = secrets_dir
        self._state_file = state_file
        self._now = now
        self._tries: dict[str, _Tries] = {}
        self._all = _Tries()
        self._ended: dict[str, float] = {}
        self._one_at_a_time = asyncio.Semaphore(1)
        self._load()

    def set_up(self) -> bool:
        """Whether there is a password to log in with."""
        return self._read("setup-code.scrypt") is not None

    async def check_password(self, password: str, address: str) -> None:
        """Returns when it is right. Raises ``InputError``: ``wrong-password`` (after a pause, with
        ``tries_left``), ``locked`` (with ``wait_s``), ``not-set-up``."""
        async with self._one_at_a_time:  # guesses queue up, so they cost the box one CPU's work
            self._refuse_locked(address)
            stored = self._read("setup-code.scrypt")
            if stored is None:
                raise InputError("not-set-up")
            if await asyncio.to_thread(verify, password, stored):
                self._tries.pop(_network(address), None)
                self._save()
                return
            self._count_wrong(address)
            await asyncio.sleep(self.WRONG_TAKES_S)
        log.warning("wrong password from %s", address)
        self._refuse_locked(address)
        raise InputError("wrong-password", tries_left=self.allowance(address)[1])

    def allowance(self, address: str) -> tuple[int, int]:
        """Seconds of lock left (0 = not locked) and wrong tries left for an address."""
        now = self._seconds()
        mine = self._tries.get(_network(address), _Tries())
        wrong = 0 if now - mine.last_at > self.FORGET_S else mine.wrong
        until = 0.0 if _is_loopback(address) else max(mine.locked_until, self._all.locked_until)
        wait_s = max(0, int(until - now + 0.999))
        left = max(1, self.TRIES - wrong)
        return wait_s, 0 if wait_s else left

    def new_session(self, person: Person = OWNER) -> tuple[str, datetime]:
        """A fresh session's cookie and its end. Raises ``InputError("not-set-up")``."""
        until = int(self._seconds()) + self.SESSION_S
        id_ = secrets.token_hex(12)
        payload = f"{person.login}.{person.role}.{person.agent}.{id_}.{until}"
        return f"{payload}.{self._signature(payload)}", datetime.fromtimestamp(until, UTC)

    def session(self, cookie: str) -> Signed | None:
        """Whose session a cookie bears; None if it isn't ours, is over, or was ended."""
        payload, dot, signature = cookie[:300].rpartition(".")
        parts = payload.split(".")
        if not dot or len(parts) != 5 or not parts[4].isascii() or not parts[4].isdecimal():
            return None
        try:
            wanted = self._signature(payload)
        except InputError:
            return None
        if not hmac.compare_digest(signature.encode(), wanted.encode()):
            return None
        login, role, agent, id_, until = *parts[:4], int(parts[4])
        if until <= self._seconds() or id_ in self._ended:
            return None
        return Signed(
            person=Person(login=login, role=Role(role), agent=agent),
            id=id_,
            until=datetime.fromtimestamp(until, UTC),
        )

    def end(self, session_id: str) -> None:
        """Nobody can use this session any more."""
        if session_id:
            self._ended[session_id] = self._seconds() + self.SESSION_S
            self._save()

    def _refuse_locked(self, address: str) -> None:
        wait_s, _ = self.allowance(address)
        if wait_s:
            raise InputError("locked", wait_s=wait_s)

    def _count_wrong(self, address: str) -> None:
        now = self._seconds()
        if len(self._tries) >= self._ADDRESSES:
            self._tries.pop(next(iter(self._tries)))
        for tries, limit in (
            (self._tries.setdefault(_network(address), _Tries()), self.TRIES),
            (self._all, self.TRIES_IN_ALL),
        ):
            if now - tries.last_at > self.FORGET_S:
                tries.wrong = 0
            tries.wrong, tries.last_at = tries.wrong + 1, now
            over = tries.wrong - limit
            if over >= 0:
                tries.locked_until = now + min(self.LOCK_S * 2 ** min(over, 8), self.LOCK_CAP_S)
        self._save()

    def _seconds(self) -> float:
        return self._now().timestamp()

    def _signature(self, payload: str) -> str:
        key = self._read("session-key")
        if key is None:
            raise InputError("not-set-up")
        digest = hmac.digest(key.encode(), b"session:" + payload.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def _read(self, name: str) -> str | None:
        """A secret's text; read each time (a few µs), so that a new one counts at once."""
        try:
            return (self._secrets / name).read_text("utf-8").strip() or None
        except (OSError, ValueError):
            return None

    def _load(self) -> None:
        try:
            kept = json.loads(self._state_file.read_bytes())
            self._ended = {str(id_): float(until) for id_, until in kept["ended"].items()}
            self._tries = {str(at): _tries(one) for at, one in kept["tries"].items()}
            self._all = _tries(kept["all"])
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("%s can't be read (%s): wrong tries start from 0", self._state_file, error)

    def _save(self) -> None:
        now = self._seconds()
        self._ended = {id_: until for id_, until in self._ended.items() if until > now}
        text = json.dumps(
            {
                "ended": self._ended,
                "tries": {at: _kept(one) for at, one in self._tries.items()},
                "all": _kept(self._all),
            }
        )
        part = self._state_file.with_suffix(".part")
        try:
            self._state_file.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(text)
            part.replace(self._state_file)
        except OSError as error:
            log.warning("%s can't be written (%s)", self._state_file, error)


def _kept(tries: _Tries) -> list[float]:
    return [tries.wrong, tries.last_at, tries.locked_until]


def _tries(kept: list[float]) -> _Tries:
    wrong, last_at, locked_until = kept
    return _Tries(int(wrong), float(last_at), float(locked_until))


def _network(address: str) -> str:
    """Whose tries count together: an IPv4 address, or an IPv6 network of one household (/64)."""
    try:
        there = ip_address(address)
    except ValueError:
        return address
    if there.version == 4:
        return str(there)
    if there.ipv4_mapped:
        return str(there.ipv4_mapped)
    return str(ip_network((there, 64), strict=False))


def _is_loopback(address: str) -> bool:
    """The box's own programs and the maker of the box at its console are slowed, never locked."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False

"""Log-in: passwords checked slowly, signed sessions, and who has ended (SEC-1, SEC-2).

Works with the database dead: the owner's password and the key that signs sessions lie in
``/data/secrets``. Counts of wrong tries and ended sessions are kept in a small file as well, so
that a restart forgives nobody. What the database adds (accounts, the list of sessions) is in
``store.py``; ``watch.py`` keeps both in step.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import re
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from linebox.base import clock
from linebox.base.errors import InputError, Unavailable
from linebox.base.files import write_whole
from linebox.base.roles import Role
from linebox.features.accounts.model import OWNER, Opened, Person, Seen, Signed
from linebox.features.accounts.roles import Roles
from linebox.features.accounts.secrets import NOBODYS, verify
from linebox.features.accounts.tries import Tries

log = logging.getLogger(__name__)

_PAYLOAD = re.compile(
    r"([a-z0-9_-]{1,30})\.(administrator|supervisor|agent)(?::([0-9]{1,9}))?\.([0-9]{0,6})"
    r"\.([0-9a-f]{24})\.([0-9]{1,12})"
)


class Accounts:
    """All waiting is here; nothing but ``check_password`` takes long."""

    SESSION_S = 12 * 3600
    WRONG_TAKES_S = 1.0

    def __init__(
        self,
        secrets_dir: Path,
        own_dir: Path,
        state_file: Path,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._secrets = secrets_dir
        self._owners = own_dir / "owner.scrypt"
        self._state_file = state_file
        #: What roles say, kept for when the database is dead.
        self.roles = Roles(own_dir / "roles.json")
        self._now = now
        self._tries = Tries()
        self._ended: dict[str, float] = {}
        self._seen: dict[str, Seen] = {}
        #: Login → name, as far as it was learnt: there to be shown with the database dead, too.
        self.names: dict[str, str] = {}
        self._when_ended: list[Callable[[str, str], None]] = []
        self._one_at_a_time = asyncio.Semaphore(1)
        self._turns: dict[str, asyncio.Lock] = {}
        self._load()

    def set_up(self) -> bool:
        """Whether there is a password to log in with."""
        return self.owners_password() is not None

    def owners_password(self) -> str | None:
        """The owner's own as scrypt, else the setup code's; None before the first boot's end."""
        return _text(self._owners) or self._read("setup-code.scrypt")

    def owner_chose(self) -> bool:
        """Whether the owner has a password of their own: the setup code then opens nothing."""
        return _text(self._owners) is not None

    def set_owners_password(self, hashed: str) -> None:
        """``hashed`` is the owner's password from now on, whole or not at all.

        Raises ``Unavailable("disk-refused")``.
        """
        try:
            write_whole(self._owners, hashed + "\n", mode=0o600)
        except OSError as error:
            raise Unavailable("disk-refused", reason=str(error)) from error

    async def check_password(
        self,
        password: str,
        address: str,
        *,
        login: str = OWNER.login,
        stored: str | None,
        forgives: bool = True,
    ) -> None:
        """Returns when it is right. Raises ``InputError``: ``wrong-password`` (after a pause, with
        ``tries_left``), ``locked`` (with ``wait_s``).

        ``stored`` is None for an account that there isn't: as slow, and as wrong. ``forgives``: the
        address begins anew; not while a second step is to come.
        """

        async def is_right() -> bool:
            return await asyncio.to_thread(verify, password, stored or NOBODYS)

        await self.check(
            is_right,
            address,
            login,
            wrong="wrong-password",
            exists=stored is not None,
            forgives=forgives,
        )

    async def check(
        self,
        is_right: Callable[[], Awaitable[bool]],
        address: str,
        login: str,
        *,
        wrong: str,
        exists: bool = True,
        forgives: bool = True,
    ) -> None:
        """One try at something secret: counted, slow and in the end locked when it is wrong.

        Raises ``InputError``: ``wrong`` (with ``tries_left``), ``locked`` (with ``wait_s``).
        """
        turn = self._turns.setdefault(address, asyncio.Lock())
        try:
            async with turn:  # guesses of one address queue up, and nobody else waits for them
                self.refuse_locked(address, login)
                async with self._one_at_a_time:  # all together cost the box one CPU's work
                    right = await is_right()
                if right and exists:
                    if forgives:
                        self._tries.right(address)
                        self._save()
                    return
                self._tries.wrong(address, login, self._seconds())
                self._save()
                await asyncio.sleep(self.WRONG_TAKES_S)
        finally:
            if not turn.locked():
                self._turns.pop(address, None)
        log.warning("%s from %s", wrong, address)
        self.refuse_locked(address, login)
        raise InputError(wrong, tries_left=self.allowance(address, login)[1])

    def allowance(self, address: str, login: str = OWNER.login) -> tuple[int, int]:
        """Seconds of lock left (0 = not locked) and wrong tries left for an address."""
        now = self._seconds()
        wait_s = self._tries.wait_s(address, login, now)
        return wait_s, 0 if wait_s else self._tries.left(address, now)

    def refuse_locked(self, address: str, login: str) -> None:
        """Raises ``InputError("locked")`` while it holds."""
        wait_s, _ = self.allowance(address, login)
        if wait_s:
            raise InputError("locked", wait_s=wait_s)

    def new_session(self, person: Person = OWNER) -> Opened:
        """A fresh session of twelve hours. Raises ``InputError("not-set-up")``."""
        until = datetime.fromtimestamp(int(self._seconds()) + self.SESSION_S, UTC)
        return self.opened(Signed(person=person, id=secrets.token_hex(12), until=until))

    def opened(self, signed: Signed) -> Opened:
        """A session with its cookie. Raises ``InputError("not-set-up")``."""
        person = signed.person
        made = "" if person.made is None else f":{person.made}"
        until = int(signed.until.timestamp())
        payload = f"{person.login}.{person.role}{made}.{person.agent}.{signed.id}.{until}"
        return Opened(cookie=f"{payload}.{self._signature(payload)}", signed=signed)

    def kept(self, person: Person) -> frozenset[str] | None:
        """The rights that the person's owner-made role kept; None for a built-in role."""
        return None if person.made is None else self.roles.kept(person.made)

    def session(self, cookie: str) -> Signed | None:
        """Whose session a cookie bears; None if it isn't ours, is over, or was ended."""
        payload, _, signature = cookie[:300].rpartition(".")
        match = _PAYLOAD.fullmatch(payload)
        if match is None:
            return None
        try:
            wanted = self._signature(payload)
        except InputError:
            return None
        if not hmac.compare_digest(signature.encode(), wanted.encode()):
            return None
        login, role, made, agent, id_ = match.groups()[:5]
        until = int(match[6])
        if until <= self._seconds() or id_ in self._ended:
            return None
        return Signed(
            person=Person(
                login=login, role=Role(role), agent=agent, made=None if made is None else int(made)
            ),
            id=id_,
            until=datetime.fromtimestamp(until, UTC),
        )

    def saw(self, signed: Signed, address: str, device: str) -> None:
        """A session was used: noted for the list of sessions."""
        self._seen[signed.id] = Seen(signed=signed, at=self._now(), address=address, device=device)

    def in_use(self) -> tuple[Seen, ...]:
        """The sessions used since this process began that aren't over; those that are, end."""
        now = self._now()
        for over in [one.signed for one in self._seen.values() if one.signed.until <= now]:
            self.end(over.id)
        return tuple(self._seen.values())

    def end(self, session_id: str, agent: str = "") -> None:
        """Nobody can use this session any more; who watches sessions is told, with the agent."""
        if not session_id or session_id in self._ended:
            return
        seen = self._seen.pop(session_id, None)
        self._ended[session_id] = self._seconds() + self.SESSION_S
        self._save()
        for act in self._when_ended:
            act(session_id, agent or (seen.signed.person.agent if seen else ""))

    def when_ended(self, act: Callable[[str, str], None]) -> None:
        """Have ``act(session's id, staff number or "")`` called at each end. It must not wait."""
        self._when_ended.append(act)

    def _seconds(self) -> float:
        return self._now().timestamp()

    def _signature(self, payload: str) -> str:
        key = self._read("session-key")
        if key is None:
            raise InputError("not-set-up")
        digest = hmac.digest(key.encode(), b"session:" + payload.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def _read(self, name: str) -> str | None:
        return _text(self._secrets / name)

    def _load(self) -> None:
        try:
            kept = json.loads(self._state_file.read_bytes())
            self._ended = {str(id_): float(until) for id_, until in kept["ended"].items()}
            self._tries = Tries.of(kept["tries"])
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("%s can't be read (%s): wrong tries start from 0", self._state_file, error)

    def _save(self) -> None:
        now = self._seconds()
        self._ended = {id_: until for id_, until in self._ended.items() if until > now}
        text = json.dumps({"ended": self._ended, "tries": self._tries.kept()})
        try:
            self._state_file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._state_file, text, lasting=False)
        except OSError as error:
            log.warning("%s can't be written (%s)", self._state_file, error)


def _text(file: Path) -> str | None:
    """A secret's text; read each time (a few µs), so that a new one counts at once."""
    try:
        return file.read_text("utf-8").strip() or None
    except (OSError, ValueError):
        return None

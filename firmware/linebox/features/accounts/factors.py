"""Second factors: an authenticator's codes, passkeys, recovery codes (SEC-1).

The owner's lie in a file of webd's own, so that they count with the database dead; everybody
else's in table ``account_factors``. A code opens once: its use is written before it counts.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from linebox.base import clock
from linebox.base.errors import InputError, Unavailable
from linebox.features.accounts import factors_store, passkeys, totp
from linebox.features.accounts.model import Account, Factor, FactorKind
from linebox.features.accounts.owners_factors import OwnersFactors
from linebox.features.accounts.passkeys import Json
from linebox.features.accounts.secrets import new_code
from linebox.store.pool import Database

#: How long the second step of a log-in, or of setting a factor up, may take.
STEP: Final = timedelta(minutes=10)
RECOVERY_CODES: Final = 10
_MOST: Final = 1000

#: Whose: an account's id, None for the owner.
type Whose = int | None


def whose(account: Account | None) -> Whose:
    """``account`` is None for the owner."""
    return account.id if account else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A log-in whose password was right, or a factor that is being set up."""

    login: str
    until: datetime
    host: str
    state: Json | None = None
    secret: str = ""


class Factors:
    """``secrets_dir`` holds the key that authenticators' keys are sealed with."""

    def __init__(
        self,
        secrets_dir: Path,
        own_dir: Path,
        database: Database,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._secrets = secrets_dir
        self._database = database
        #: The present moment.
        self.now = now
        self._steps: dict[str, Step] = {}
        self.owners = OwnersFactors(own_dir / "owner-factors.json")

    async def of(self, who: Whose) -> tuple[Factor, ...]:
        """All of somebody's, recovery codes too. Raises ``Unavailable``."""
        if who is None:
            return self.owners.read()
        async with self._database.transaction() as connection:
            return await factors_store.of(connection, who)

    async def add(self, who: Whose, factors: Sequence[Factor]) -> None:
        """Raises ``InputError("already-exists")``, ``Unavailable``."""
        if who is None:
            self.owners.add(factors)
            return
        async with self._database.transaction() as connection:
            await factors_store.add(connection, who, factors)

    async def drop(self, who: Whose, ids: Sequence[int]) -> None:
        """Raises ``Unavailable``."""
        if who is None:
            self.owners.drop(ids)
            return
        async with self._database.transaction() as connection:
            await factors_store.drop(connection, who, ids)

    def new(self, kind: FactorKind, secret: str, *, name: str = "", host: str = "") -> Factor:
        """A factor that isn't stored yet. A key of an authenticator is sealed here."""
        return Factor(
            id=0,
            kind=kind,
            name=name,
            host=host,
            secret=self._sealed(secret) if kind is FactorKind.TOTP else secret,
            count=0,
            made_at=self.now(),
            used_at=None,
        )

    async def new_recovery_codes(self, who: Whose) -> tuple[str, ...]:
        """Ten codes in the place of those there were; told in this answer only."""
        old = [one.id for one in await self.of(who) if one.kind is FactorKind.RECOVERY]
        codes = tuple(new_code() for _ in range(RECOVERY_CODES))
        await self.drop(who, old)
        await self.add(who, [self.new(FactorKind.RECOVERY, _hashed(one)) for one in codes])
        return codes

    def begin(self, step: Step) -> str:
        """Keep a step; its ticket opens it once, within ``STEP``."""
        now = self.now()
        for over in [key for key, one in self._steps.items() if one.until <= now]:
            del self._steps[over]
        if len(self._steps) >= _MOST:
            del self._steps[next(iter(self._steps))]
        ticket = secrets.token_hex(16)
        self._steps[ticket] = step
        return ticket

    def until(self) -> datetime:
        """When a step that begins now is over."""
        return self.now() + STEP

    def step(self, ticket: str, login: str | None = None) -> Step:
        """Raises ``InputError("step-over")``."""
        found = self._steps.get(ticket)
        if found is None or found.until <= self.now() or login not in (None, found.login):
            raise InputError("step-over")
        return found

    def done(self, ticket: str) -> None:
        """The ticket opens nothing more."""
        self._steps.pop(ticket, None)

    async def is_code(self, who: Whose, given: str) -> bool:
        """Whether it is the authenticator's code now, or a recovery code; it won't be again."""
        factors = await self.of(who)
        digits = re.sub(r"\s", "", given)
        if re.fullmatch(r"[0-9]{6}", digits):
            for one in factors:
                if one.kind is FactorKind.TOTP:
                    step = totp.step_of(self._unsealed(one.secret), digits, self.now())
                    return step is not None and step > one.count and await self._use(who, one, step)
            return False
        wanted = _hashed(given)
        for one in factors:
            if one.kind is FactorKind.RECOVERY and hmac.compare_digest(one.secret, wanted):
                return await self._use(who, one, 0)
        return False

    async def is_passkey(self, who: Whose, step: Step, answer: Json) -> bool:
        """Whether one of somebody's passkeys signed the challenge of ``step``."""
        known = {one.secret: one for one in passkeys_of(await self.of(who), step.host)}
        if step.state is None or not known:
            return False
        found = passkeys.given(step.host, step.state, list(known), answer)
        return found is not None and await self._use(who, known[found[0]], found[1])

    async def _use(self, who: Whose, factor: Factor, count: int) -> bool:
        if who is None:
            return self.owners.use(factor, count, self.now())
        async with self._database.transaction() as connection:
            return await factors_store.use(connection, factor, count)

    def _key(self) -> bytes:
        """Of the box's own, as the audit's key is; each use has its own derived of it."""
        try:
            key = (self._secrets / "audit-key").read_text("utf-8").strip()
        except (OSError, ValueError) as error:
            raise Unavailable("audit-key-missing") from error
        if not key:
            raise Unavailable("audit-key-missing")
        return base64.urlsafe_b64encode(hmac.digest(key.encode(), b"factors", hashlib.sha256))

    def _sealed(self, secret: str) -> str:
        from cryptography.fernet import Fernet  # 8 MB, for log-ins only

        return Fernet(self._key()).encrypt(secret.encode()).decode()

    def _unsealed(self, sealed: str) -> str:
        from cryptography.fernet import Fernet, InvalidToken

        try:
            return Fernet(self._key()).decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise Unavailable("factor-unreadable") from error


def passkeys_of(factors: Sequence[Factor], host: str) -> list[Factor]:
    """The passkeys that a browser gives at this host."""
    return [one for one in factors if one.kind is FactorKind.PASSKEY and one.host == host]


def counted(factors: Sequence[Factor]) -> list[Factor]:
    """Those that demand a second step: recovery codes alone don't."""
    return [one for one in factors if one.kind is not FactorKind.RECOVERY]


def _hashed(code: str) -> str:
    """A recovery code has 78 random bits: nobody finds it by trying, so a plain hash will do."""
    plain = re.sub(r"[\s-]", "", code).upper()
    return hashlib.sha256(f"recovery:{plain}".encode()).hexdigest()

"""The wall's sessions: signed links, which of them were ended."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from linebox.base import clock
from linebox.base.errors import InputError, LineboxError
from linebox.features.wall import store
from linebox.store.pool import Database

log = logging.getLogger(__name__)

_TOKEN: Final = re.compile(r"([0-9a-f]{24})\.([A-Za-z0-9_-]{43})")
_LOOK_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WallSeat:
    """A wall that may look: its link's id, and until when this session holds."""

    link: str
    until: datetime


class Walls:
    """Which tokens open the wall. Knows of ended ones what the database said last."""

    #: Browsers keep a cookie no longer; the page renews it while it is used.
    SESSION_S: Final = 400 * 86400

    def __init__(
        self, secrets_dir: Path, db: Database, now: Callable[[], datetime] = clock.now
    ) -> None:
        self._key = secrets_dir / "session-key"
        self._db = db
        self._now = now
        self._ended: frozenset[str] = frozenset()
        self._looked_at: datetime | None = None

    def new_token(self) -> tuple[str, str]:
        """A link's id and its token. Raises ``InputError("not-set-up")``."""
        link = secrets.token_hex(12)
        return link, f"{link}.{self._signature(link)}"

    def session(self, token: str) -> WallSeat | None:
        """The session that a token bears; None if it isn't ours or was ended. Doesn't wait."""
        match = _TOKEN.fullmatch(token)
        if match is None or match[1] in self._ended:
            return None
        try:
            wanted = self._signature(match[1])
        except InputError:
            return None
        if not hmac.compare_digest(match[2].encode(), wanted.encode()):
            return None
        return WallSeat(link=match[1], until=self._now() + timedelta(seconds=self.SESSION_S))

    async def look(self, *, at_once: bool = False) -> None:
        """Read which links were ended, at most every 30 s; without the database what was known
        stays."""
        now = self._now()
        age_s = (now - self._looked_at).total_seconds() if self._looked_at else _LOOK_S
        if not at_once and 0 <= age_s < _LOOK_S:
            return
        self._looked_at = now
        try:
            async with self._db.transaction() as connection:
                self._ended = await store.ended(connection)
        except LineboxError as error:
            log.debug("links of the wall: %s", error)

    def _signature(self, link: str) -> str:
        try:
            key = self._key.read_text("utf-8").strip()
        except (OSError, ValueError):
            key = ""
        if not key:
            raise InputError("not-set-up")
        digest = hmac.digest(key.encode(), b"wall:" + link.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

"""The way to hostd (docs/names.md, "Host acts")."""

from __future__ import annotations

from pathlib import Path

from linebox.base.errors import Unavailable
from linebox.base.ipc import Peer


class Hostd:
    """What hostd's acts answer; it leaves when idle, its socket starts it again."""

    def __init__(self, socket: Path) -> None:
        self._peer = Peer("hostd", socket)

    async def get[T](self, kind: type[T], path: str, *, limit_s: float = 10.0) -> T:
        """What hostd tells, as ``kind``. Raises ``Unavailable("hostd-away")``."""
        return await self._peer.told(kind, "GET", path, limit_s=limit_s)

    async def post[T](self, kind: type[T], path: str, body: object, *, limit_s: float = 30.0) -> T:
        """Have an act done. Raises what hostd refuses with, ``peer-timeout``, ``hostd-away``."""
        return await self._peer.told(kind, "POST", path, body, limit_s=limit_s)

    async def file(self, path: str, body: object, *, limit_s: float = 60.0) -> bytes:
        """An act whose answer is a file. Raises as ``post``, and ``answer-too-large``."""
        answer = await self._peer.ask("POST", path, body, limit_s=limit_s)
        if answer.kind == "application/json":
            raise Unavailable("hostd-away", reason="no file came")
        return answer.body

"""The way to hostd (docs/names.md, "Host acts")."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout, UnixConnector

from linebox.base.errors import InputError, LineboxError, Unavailable
from linebox.base.shapes import parse

_LARGEST: Final = 64 * 2**20


class Hostd:
    """A client that keeps nothing open: hostd leaves when idle, its socket starts it again."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    async def get[T](self, kind: type[T], path: str) -> T:
        """What hostd tells, as ``kind``. Raises ``Unavailable("hostd-away")``."""
        return parse(kind, await self._ask("GET", path, None, 10.0))

    async def post[T](self, kind: type[T], path: str, body: object, *, limit_s: float = 30.0) -> T:
        """Have an act done. Raises what hostd refuses with, ``peer-timeout``, ``hostd-away``."""
        return parse(kind, await self._ask("POST", path, body, limit_s))

    async def file(self, path: str, body: object, *, limit_s: float = 60.0) -> bytes:
        """An act whose answer is a file. Raises as ``post``."""
        answer = await self._ask("POST", path, body, limit_s)
        if not isinstance(answer, bytes):
            raise Unavailable("hostd-away", reason="no file came")
        return answer

    async def _ask(self, method: str, path: str, body: object, limit_s: float) -> object:
        try:
            async with (
                ClientSession(
                    connector=UnixConnector(str(self._socket)),
                    timeout=ClientTimeout(total=limit_s, sock_connect=3.0),
                ) as session,
                session.request(method, f"http://hostd{path}", json=body) as response,
            ):
                if response.content_type != "application/json":
                    return await response.content.read(_LARGEST)
                told: object = await response.json()
                if response.status >= 400:
                    raise _refused(response.status, told)
                return told
        except TimeoutError as error:
            raise Unavailable("peer-timeout", peer="hostd") from error
        except (ClientError, OSError, ValueError) as error:
            raise Unavailable("hostd-away", reason=str(error)) from error


def _refused(status: int, told: object) -> LineboxError:
    if not isinstance(told, dict) or not isinstance(told.get("fields"), dict):
        return Unavailable("hostd-away", reason=f"HTTP {status}")
    kind = InputError if status < 500 else Unavailable
    return kind(str(told.get("code")), **told["fields"])

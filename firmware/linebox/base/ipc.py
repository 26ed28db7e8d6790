"""How one process of ours asks another: HTTP on its Unix socket (docs/names.md).

It needs aiohttp: what must stay small (hostd, boardd, guardd) answers, and asks nobody.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, UnixConnector

from linebox.base.errors import InputError, LineboxError, Unavailable
from linebox.base.shapes import parse

log = logging.getLogger(__name__)

#: What a peer may answer at most: the largest is a support bundle.
_LARGEST_MB: Final = 64
_CONNECT_S: Final = 3.0

#: A refusal's HTTP state, code and fields as the error that it is here.
type Refusal = Callable[[int, str, Mapping[str, object]], LineboxError]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a peer answered, whole. ``kind``: its media type."""

    kind: str
    body: bytes

    def json(self) -> object:
        """Raises ``ValueError``; an empty answer is None."""
        return json.loads(self.body) if self.body.strip() else None


def refusal(state: int, code: str, fields: Mapping[str, object]) -> LineboxError:
    """``InputError`` for what is the asker's fault, else ``Unavailable``."""
    return (InputError if state < 500 else Unavailable)(code, **fields)


class Peer:
    """A daemon's client that keeps nothing open: a daemon that leaves when idle may do so."""

    def __init__(
        self,
        name: str,
        socket: Path,
        *,
        refused: Refusal = refusal,
        largest_mb: int = _LARGEST_MB,
    ) -> None:
        self._name = name
        self._socket = socket
        self._refused = refused
        self._largest_mb = largest_mb

    async def ask(self, method: str, path: str, body: object = None, *, limit_s: float) -> Answer:
        """One request; ``body`` is sent as JSON, ``bytes`` as they are.

        Raises what the peer refuses with; ``Unavailable``: ``<name>-away``, ``peer-timeout``,
        ``answer-too-large``.
        """
        sent: dict[str, Any] = {"data": body} if isinstance(body, bytes) else {"json": body}
        try:
            async with (
                ClientSession(
                    connector=UnixConnector(str(self._socket)),
                    timeout=ClientTimeout(total=limit_s, sock_connect=_CONNECT_S),
                ) as session,
                session.request(method, f"http://{self._name}{path}", **sent) as response,
            ):
                told = await self._whole(response)
        except TimeoutError as error:
            raise Unavailable("peer-timeout", peer=self._name) from error
        except (ClientError, OSError) as error:
            raise self._away(str(error)) from error
        if response.status >= 400:
            raise self._refusal(response.status, told)
        return told

    async def json(self, method: str, path: str, body: object = None, *, limit_s: float) -> object:
        """As ``ask``, of an answer that is JSON."""
        answer = await self.ask(method, path, body, limit_s=limit_s)
        try:
            return answer.json()
        except ValueError as error:
            raise self._away("no JSON came") from error

    async def told[T](
        self, kind: type[T], method: str, path: str, body: object = None, *, limit_s: float
    ) -> T:
        """As ``json``, as ``kind``. An answer that isn't one is the peer's fault, not the asker's
        (``<name>-away``)."""
        return self.understood(kind, await self.json(method, path, body, limit_s=limit_s))

    def understood[T](self, kind: type[T], answer: object) -> T:
        """For who needs an answer of ``json`` as it was said, too. Raises as ``told``."""
        try:
            return parse(kind, answer)
        except InputError as error:
            log.exception("%s told no %s: %s", self._name, kind.__name__, error.fields)
            raise self._away(f"no {kind.__name__} came") from error

    async def _whole(self, response: ClientResponse) -> Answer:
        body = bytearray()
        async for piece in response.content.iter_any():
            body += piece
            if len(body) > self._largest_mb * 2**20:
                raise Unavailable("answer-too-large", peer=self._name, max_mb=self._largest_mb)
        return Answer(kind=response.content_type, body=bytes(body))

    def _refusal(self, state: int, answer: Answer) -> LineboxError:
        try:
            told = answer.json()
        except ValueError:
            told = None
        match told:
            case {"code": str(code), "fields": dict(fields)}:
                return self._refused(state, code, {str(k): v for k, v in fields.items()})
            case _:
                return self._away(f"HTTP {state}")

    def _away(self, reason: str) -> Unavailable:
        return Unavailable(f"{self._name}-away", reason=reason)

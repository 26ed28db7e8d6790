"""The way to confd: apply the settings, try out a prompt (docs/names.md, "HTTP on sockets")."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, UnixConnector

from linebox.base.errors import InputError, Unavailable
from linebox.base.shapes import Count, parse
from linebox.features.settings.model import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeRow:
    """A new row's key by its place in the draft, and what is shown of it this one time."""

    change: int
    what: str
    key: str
    told: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What confd says of an apply."""

    generation: int
    changed: bool
    seconds: float
    state: str
    log: Annotated[tuple[int, ...], Count(0, 200_000)] = ()
    act: int | None = None
    made: Annotated[tuple[MadeRow, ...], Count(0, 100_000)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What confd says of a preview; only ``problems`` when the draft can't be carried out."""

    problems: Annotated[tuple[Mapping[str, object], ...], Count(0, 100_000)]
    difference: tuple[Mapping[str, str], ...] = ()
    changes_calls: bool = True
    generation: int = 0
    drops: str = "none"


class Refused(InputError):
    """confd said no: its own error, with the HTTP state it gave (422, 409)."""

    def __init__(self, state: int, code: str, fields: dict[str, object]) -> None:
        super().__init__(code, **fields)
        self.state = state


class Confd:
    """A client that keeps nothing open: confd leaves when idle and its socket starts it again."""

    def __init__(self, socket: Path, *, apply_s: float = 110.0, speak_s: float = 50.0) -> None:
        self._socket = socket
        self._apply_s = apply_s
        self._speak_s = speak_s

    async def apply(
        self,
        *,
        by: str,
        note: str,
        force: bool = False,
        address: str = "",
        changes: Sequence[Change] | None = None,
        undo: Mapping[str, object] | None = None,
    ) -> Done:
        """Make, check and switch to a generation of the settings as they are saved; ``changes``, or
        the log's entries named by ``undo``, are saved with it or not at all.

        Raises ``Refused`` with confd's reason, ``InputError("changed-by-other")``, ``Unavailable``:
        ``confd-away``, ``peer-timeout``.
        """
        body: dict[str, object] = {"by": by, "note": note, "force": force, "address": address}
        if changes is not None:
            body["changes"] = [asdict(one) for one in changes]
        if undo is not None:
            body["undo"] = undo
        return parse(Done, await self._post("/apply", body, self._apply_s, _json))

    async def preview(self, *, by: str, changes: Sequence[Change]) -> Seen:
        """What a draft would bring; nothing is kept. Raises as ``apply``."""
        body: dict[str, object] = {"by": by, "changes": [asdict(one) for one in changes]}
        return parse(Seen, await self._post("/preview", body, self._apply_s, _json))

    async def speak(self, *, lang: str, voice: str, text: str, speed: float) -> bytes:
        """A text as WAV. Raises as ``apply``."""
        body: dict[str, object] = {"lang": lang, "voice": voice, "text": text, "speed": speed}
        return await self._post("/speak", body, self._speak_s, _bytes)

    async def take(self, data: bytes) -> object:
        """A sound file, kept for a prompt: its name and what was measured. Raises as ``apply``."""
        return await self._post("/sounds", data, self._speak_s, _json)

    async def _post[T](
        self,
        path: str,
        body: dict[str, object] | bytes,
        limit_s: float,
        read: Callable[[ClientResponse], Awaitable[T]],
    ) -> T:
        try:
            async with (
                ClientSession(
                    connector=UnixConnector(str(self._socket)),
                    timeout=ClientTimeout(total=limit_s, sock_connect=3.0),
                ) as session,
                session.post(f"http://confd{path}", **_sent(body)) as response,
            ):
                if response.status >= 400:
                    raise await _refused(response)
                return await read(response)
        except TimeoutError as error:
            raise Unavailable("peer-timeout", peer="confd") from error
        except (ClientError, OSError) as error:
            raise Unavailable("confd-away", reason=str(error)) from error


def _sent(body: dict[str, object] | bytes) -> dict[str, Any]:
    return {"data": body} if isinstance(body, bytes) else {"json": body}


async def _json(response: ClientResponse) -> object:
    return await response.json(content_type=None)


async def _bytes(response: ClientResponse) -> bytes:
    return await response.read()


async def _refused(response: ClientResponse) -> InputError | Unavailable:
    try:
        told = await response.json(content_type=None)
        code, fields = told["code"], told.get("fields") or {}
    except (ValueError, TypeError, KeyError, AttributeError):
        return Unavailable("confd-away", reason=f"HTTP {response.status}")
    if response.status == 412:
        return InputError(str(code), **dict(fields))
    if response.status >= 500:
        return Unavailable(str(code), **dict(fields))
    return Refused(response.status, str(code), dict(fields))

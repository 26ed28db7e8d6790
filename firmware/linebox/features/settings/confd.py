"""The way to confd: apply the settings, try out a prompt (docs/names.md, "HTTP on sockets")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from linebox.base.errors import InputError, LineboxError
from linebox.base.ipc import Peer, refusal
from linebox.base.shapes import Count, Length
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDifference:
    """``text``: a unified difference; cut after 200 kB, then it ends in ``…``."""

    file: str
    text: Annotated[str, Length(0, 2**20, lines=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDifference:
    """What generation ``number`` changed in the compiled files of ``before``."""

    number: int
    before: int
    difference: tuple[FileDifference, ...]


class Refused(InputError):
    """confd said no: its own error, with the HTTP state it gave (422, 409)."""

    def __init__(self, state: int, code: str, fields: dict[str, object]) -> None:
        super().__init__(code, **fields)
        self.state = state


class Confd:
    """What confd does when asked; it leaves when idle, its socket starts it again."""

    def __init__(self, socket: Path, *, apply_s: float = 110.0, speak_s: float = 50.0) -> None:
        self._peer = Peer("confd", socket, refused=_refusal)
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
        return await self._peer.told(Done, "POST", "/apply", body, limit_s=self._apply_s)

    async def preview(self, *, by: str, changes: Sequence[Change]) -> Seen:
        """What a draft would bring; nothing is kept. Raises as ``apply``."""
        body: dict[str, object] = {"by": by, "changes": [asdict(one) for one in changes]}
        return await self._peer.told(Seen, "POST", "/preview", body, limit_s=self._apply_s)

    async def past(self, number: int) -> PastDifference:
        """Raises as ``apply``, and ``InputError("generation-gone")``."""
        path = f"/generations/{number}/difference"
        return await self._peer.told(PastDifference, "GET", path, limit_s=self._speak_s)

    async def speak(
        self, *, lang: str, voice: str, text: str, speed: float, readings: Mapping[str, str]
    ) -> bytes:
        """A text as WAV; ``readings``: word → how it is read. Raises as ``apply``."""
        body: dict[str, object] = {"lang": lang, "voice": voice, "text": text, "speed": speed}
        body["readings"] = [{"word": word, "reading": said} for word, said in readings.items()]
        return (await self._peer.ask("POST", "/speak", body, limit_s=self._speak_s)).body

    async def take(self, data: bytes) -> object:
        """A sound file, kept for a prompt: its name and what was measured. Raises as ``apply``."""
        return await self._peer.json("POST", "/sounds", data, limit_s=self._speak_s)


def _refusal(state: int, code: str, fields: Mapping[str, object]) -> LineboxError:
    if state == 412 or state >= 500:
        return refusal(state, code, fields)
    return Refused(state, code, dict(fields))

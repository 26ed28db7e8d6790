"""The live picture: calld's changes handed on with a numbering of our own, and the box's daemons.

Works only while somebody looks (and a little longer, so that a page that lost its connection goes
on where it was): a call costs webd nothing when no page is open. With calld away the last picture
stays, marked ``stale_since``.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout, UnixConnector

from linebox.base import clock, retry
from linebox.base.shapes import render
from linebox.desks import patch
from linebox.web import live_view
from linebox.web.live_view import Viewer

log = logging.getLogger(__name__)

#: The parts that calld tells; null until it has told them.
PARTS: Final = ("asterisk", "generation", "groups", "agents", "calls", "trunks", "journal")
_LINE_MAX: Final = 4 * 2**20
_SILENT_S: Final = 3.0


@dataclass(slots=True)
class Message:
    """One numbered change: its texts for everybody who looks, made when first asked for.

    ``own`` are the calls of the agents whose own calls it changed.
    """

    seq: int
    head: Mapping[str, object]
    told: live_view.Told
    own: Mapping[str, Sequence[live_view.Entry]]
    _whole: str | None = None
    _common: dict[str, dict[str, object]] | None = None
    _common_text: str | None = None

    def text(self, viewer: Viewer) -> str:
        """As ``viewer`` may see it."""
        viewer, masked = live_view.unmasked(viewer)
        if masked:
            return json.dumps(live_view.hide(json.loads(self.text(viewer))), ensure_ascii=False)
        if viewer is None:
            if self._whole is None:
                self._whole = self._json(self.told)
            return self._whole
        if self._common is None:
            self._common = live_view.for_agents(self.told)
        if viewer in self.own or live_view.touches(self.told, viewer):
            return self._json(
                live_view.for_agent(self._common, self.told, viewer, self.own.get(viewer))
            )
        if self._common_text is None:
            self._common_text = self._json(self._common)
        return self._common_text

    def _json(self, told: live_view.Told) -> str:
        return json.dumps({**self.head, **told}, ensure_ascii=False)


class _Away(Exception):
    """calld's connection ended or broke its own numbering."""


class Live:
    """The picture, its numbered changes and who waits for them.

    ``daemons`` gives the units' states, polled while somebody looks. ``kept`` changes are held for
    those who come back; who missed more gets a fresh snapshot.
    """

    def __init__(
        self,
        calld: Path,
        daemons: Callable[[], list[dict[str, object]]],
        *,
        kept: int = 500,
        linger_s: float = 30.0,
        poll_s: float = 0.5,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self.epoch = secrets.token_hex(6)
        self.seq = 0
        self._calld = calld
        self._daemons = daemons
        self._linger_s = linger_s
        self._poll_s = poll_s
        self._now = now
        self._picture: dict[str, object] = {
            **dict.fromkeys(PARTS),
            "daemons": daemons(),
            "stale_since": None,
        }
        self._changes: deque[Message] = deque(maxlen=kept)
        self._own: dict[str, list[live_view.Entry]] = {}
        self._changed = asyncio.Condition()
        self._told_once = asyncio.Event()
        self._lookers = 0
        self._looked = asyncio.Event()

    async def run(self) -> None:
        """Serve until cancelled: follow calld and the units while somebody looks."""
        while True:
            await self._looked.wait()
            async with asyncio.TaskGroup() as group:
                following = group.create_task(self._follow())
                polling = group.create_task(self._poll())
                await self._until_nobody_looks()
                following.cancel()
                polling.cancel()
            self._told_once.clear()

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[None]:
        """Somebody looks: the picture moves meanwhile. Waits up to 1 s for its first state."""
        self._lookers += 1
        self._looked.set()
        try:
            try:
                async with asyncio.timeout(1.0):
                    await self._told_once.wait()
            except TimeoutError:
                pass
            yield
        finally:
            self._lookers -= 1

    async def snapshot_now(self, viewer: Viewer = None) -> str:
        """The whole picture as JSON text, at most 1 s of waiting."""
        async with self.looking():
            return self.snapshot(viewer)

    def snapshot(self, viewer: Viewer = None) -> str:
        """The picture as it stands and ``viewer`` may see it."""
        return json.dumps(self._snapshot(viewer), ensure_ascii=False)

    def first(self, epoch: str, after: int | None, viewer: Viewer = None) -> tuple[int, list[str]]:
        """What a new connection gets, and its last number: the missed changes or a snapshot."""
        if epoch == self.epoch and after is not None:
            missed = self._since(after)
            if missed is not None:
                return self.seq, [message.text(viewer) for message in missed]
        whole = {**self._head(), "snapshot": self._snapshot(viewer)}
        return self.seq, [json.dumps(whole, ensure_ascii=False)]

    async def next(self, after: int, viewer: Viewer = None) -> tuple[int, list[str]]:
        """Waits for changes after ``after``; a snapshot if too many were missed."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.seq > after)
        return self.first(self.epoch, after, viewer)

    def _since(self, after: int) -> list[Message] | None:
        if after > self.seq:
            return None
        if after == self.seq:
            return []
        if not self._changes or self._changes[0].seq > after + 1:
            return None
        return [message for message in self._changes if message.seq > after]

    def _snapshot(self, viewer: Viewer) -> dict[str, object]:
        viewer, masked = live_view.unmasked(viewer)
        seen = self._picture if viewer is None else live_view.cut(self._picture, viewer)
        if masked:
            seen = {name: live_view.hide(part) for name, part in seen.items()}
        return {**self._head(), **seen}

    def _head(self) -> dict[str, object]:
        return {"epoch": self.epoch, "seq": self.seq, "at": render(self._now())}

    async def _publish(self, parts: Mapping[str, object]) -> None:
        """Number and hand on what differs from the picture."""
        changed = {name: part for name, part in parts.items() if self._picture.get(name) != part}
        if not changed:
            return
        async with self._changed:
            told = patch.told_as(self._picture, changed)
            self._picture.update(changed)
            self.seq += 1
            self._changes.append(Message(self.seq, self._head(), told, self._own_changes(changed)))
            self._changed.notify_all()

    def _own_changes(self, changed: Mapping[str, object]) -> dict[str, list[live_view.Entry]]:
        """The agents whose own calls are others than before, and these calls."""
        if not {"calls", "agents"} & set(changed):
            return {}
        before, self._own = self._own, live_view.own_calls(self._picture)
        return {
            agent: self._own.get(agent, [])
            for agent in {**before, **self._own}
            if before.get(agent, []) != self._own.get(agent, [])
        }

    async def _until_nobody_looks(self) -> None:
        loop = asyncio.get_running_loop()
        last = loop.time()
        while loop.time() - last < self._linger_s:
            await asyncio.sleep(min(1.0, self._linger_s / 2))
            if self._lookers:
                last = loop.time()
        self._looked.clear()

    async def _poll(self) -> None:
        while True:
            await self._publish({"daemons": self._daemons()})
            await asyncio.sleep(self._poll_s)

    async def _follow(self) -> None:
        await retry.forever(
            "calld's events",
            self._follow_once,
            retry_on=(_Away,),
            cap_s=1.0,
        )

    async def _follow_once(self) -> None:
        """One connection, until it ends; the picture is stale from then on."""
        why = "ended"
        try:
            await self._read_events()
        except* (_Away, ClientError, OSError, ValueError, TimeoutError) as several:
            why = _first(several)
        finally:
            await self._stale()
        raise _Away(why)

    async def _read_events(self) -> None:
        """The snapshot, then changes whose numbers must have no gap."""
        async with (
            ClientSession(
                connector=UnixConnector(str(self._calld)),
                timeout=ClientTimeout(total=None, sock_connect=2.0),
                read_bufsize=_LINE_MAX,
            ) as session,
            session.get("http://calld/events") as response,
        ):
            if response.status != 200:
                raise _Away(f"HTTP {response.status}")
            async with asyncio.TaskGroup() as group:
                watch = group.create_task(self._ask_health(session))
                seq = 0
                while line := await response.content.readline():
                    seq = await self._take(line, seq)
                watch.cancel()

    async def _take(self, line: bytes, seq: int) -> int:
        said: object = json.loads(line)
        number = said.get("seq") if isinstance(said, dict) else None
        if not isinstance(said, dict) or not isinstance(number, int):
            raise _Away("not an event")
        parts, patches = said.get("set", said), said.get("patch", {})
        if not isinstance(parts, dict) or not isinstance(patches, dict):
            raise _Away("not an event")
        if "set" in said and number != seq + 1:
            raise _Away("a gap in calld's numbering")
        laid = {
            name: patch.lay(name, self._picture.get(name), one) for name, one in patches.items()
        }
        known = {name: part for name, part in {**parts, **laid}.items() if name in PARTS}
        await self._publish({**known, "stale_since": None})
        self._told_once.set()
        return number

    async def _ask_health(self, session: ClientSession) -> None:
        """A calld that hangs keeps its connection open, so it is asked beside."""
        while True:
            await asyncio.sleep(_SILENT_S)
            async with session.get(
                "http://calld/health", timeout=ClientTimeout(total=_SILENT_S)
            ) as response:
                if response.status != 200:
                    raise _Away(f"health: HTTP {response.status}")

    async def _stale(self) -> None:
        self._told_once.set()
        if self._picture["stale_since"] is None:
            await self._publish({"stale_since": render(self._now())})


def _first(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"

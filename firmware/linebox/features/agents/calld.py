"""The way to calld: acts on agents, passwords of browser phones (docs/names.md)."""

from __future__ import annotations

from pathlib import Path

from linebox.base.ipc import Peer
from linebox.features.agents.acts import Act
from linebox.features.agents.phones import Credential

_LIMIT_S = 8.0


class Calld:
    """What calld does when asked."""

    def __init__(self, socket: Path) -> None:
        self._peer = Peer("calld", socket)

    async def act(self, wish: Act) -> None:
        """Raises as ``acts.act``, and ``Unavailable``: ``calld-away``, ``peer-timeout``."""
        await self.ask(
            "POST",
            "/act",
            {
                "do": wish.do.value,
                "agent": wish.agent,
                "by": wish.by,
                "reason": wish.reason,
                "group": wish.group,
                "ext": wish.ext,
            },
        )

    async def renew(self, agent: str) -> Credential:
        """A new password for the browser phone. Raises ``InputError("not-found")``, and as
        ``act`` ``Unavailable``."""
        return await self.told(Credential, "POST", "/phones", {"agent": agent})

    async def revoke(self, agent: str) -> None:
        """The browser phone's password is worth nothing any more. Raises ``Unavailable``."""
        await self.ask("DELETE", f"/phones/{agent}", None)

    async def ask(self, method: str, path: str, body: dict[str, object] | None) -> object:
        """One request as calld speaks it; the answer is its JSON. Raises calld's own refusals."""
        return await self._peer.json(method, path, body, limit_s=_LIMIT_S)

    async def told[T](
        self, kind: type[T], method: str, path: str, body: dict[str, object] | None
    ) -> T:
        """As ``ask``, as ``kind``. Raises ``Unavailable("calld-away")`` for anything else."""
        return await self._peer.told(kind, method, path, body, limit_s=_LIMIT_S)

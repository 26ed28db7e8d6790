"""The way to calld: acts on agents, passwords of browser phones (docs/names.md)."""

from __future__ import annotations

from pathlib import Path

from aiohttp import ClientError, ClientSession, ClientTimeout, UnixConnector

from linebox.base.errors import InputError, Unavailable
from linebox.base.shapes import parse
from linebox.features.agents.acts import Act
from linebox.features.agents.phones import Credential

_LIMIT_S = 8.0


class Calld:
    """A client that keeps nothing open."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

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
        return parse(Credential, await self.ask("POST", "/phones", {"agent": agent}))

    async def revoke(self, agent: str) -> None:
        """The browser phone's password is worth nothing any more. Raises ``Unavailable``."""
        await self.ask("DELETE", f"/phones/{agent}", None)

    async def ask(self, method: str, path: str, body: dict[str, object] | None) -> object:
        """One request as calld speaks it; the answer is its JSON. Raises calld's own refusals."""
        try:
            async with (
                ClientSession(
                    connector=UnixConnector(str(self._socket)),
                    timeout=ClientTimeout(total=_LIMIT_S, sock_connect=2.0),
                ) as session,
                session.request(method, f"http://calld{path}", json=body) as response,
            ):
                told: object = await response.json(content_type=None)
                if response.status >= 400:
                    raise _refused(response.status, told)
                return told
        except TimeoutError as error:
            raise Unavailable("peer-timeout", peer="calld") from error
        except (ClientError, OSError, ValueError) as error:
            raise Unavailable("calld-away", reason=str(error)) from error


def _refused(state: int, told: object) -> InputError | Unavailable:
    match told:
        case {"code": str(code), "fields": dict(fields)}:
            pass
        case _:
            return Unavailable("calld-away", reason=f"HTTP {state}")
    kind = Unavailable if state >= 500 else InputError
    return kind(code, **{str(name): value for name, value in fields.items()})

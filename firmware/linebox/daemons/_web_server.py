"""An aiohttp application on a daemon's Unix socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from linebox.daemons import _sockets


@asynccontextmanager
async def unix_server(
    app: web.Application, path: Path, *, access: int = 0o660
) -> AsyncIterator[None]:
    """Serve ``app`` on a Unix socket: the one systemd passed, else one made at ``path``."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0, handler_cancellation=True)
    await runner.setup()
    try:
        await web.SockSite(runner, _sockets.passed() or _sockets.own(path, access)).start()
        yield
    finally:
        await runner.cleanup()

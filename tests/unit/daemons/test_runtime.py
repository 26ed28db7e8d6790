"""The daemons' runtime: what systemd is told, and the end within 5 s."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from linebox.daemons._runtime import Daemon, Heart
from linebox.daemons._web_server import unix_server

FIRMWARE = Path(__file__).parents[3] / "firmware"


class Systemd:
    """The socket that a unit of type notify tells."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)

    def told(self) -> list[str]:
        said: list[str] = []
        with contextlib.suppress(BlockingIOError):
            while True:
                said.append(self._socket.recv(4096).decode())
        return said

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Systemd]:
    made = Systemd(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "80000")
    yield made
    made.close()


async def lives(heart: Heart) -> None:
    while True:
        await heart.sleep(0.01)


async def hangs(heart: Heart) -> None:
    heart.beat()
    await asyncio.sleep(60)


async def run_for(daemon: Daemon, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await daemon.serve()


async def test_ready_and_fed_while_all_live(systemd: Systemd) -> None:
    daemon = Daemon("test")
    daemon.add("one", lives)
    await run_for(daemon, 0.2)
    told = systemd.told()
    assert told[0] == "READY=1"
    assert told.count("WATCHDOG=1") >= 3


async def test_not_fed_when_one_worker_hangs(systemd: Systemd) -> None:
    daemon = Daemon("test")
    daemon.add("one", lives)
    daemon.add("two", hangs, stuck_after_s=0.05)
    await run_for(daemon, 0.4)
    assert systemd.told().count("WATCHDOG=1") <= 4
    assert daemon.stuck() == ["two"]


async def test_worker_that_fails_or_ends_ends_the_daemon(systemd: Systemd) -> None:
    async def ends(heart: Heart) -> None:
        heart.beat()

    daemon = Daemon("test")
    daemon.add("one", lives)
    daemon.add("two", ends)
    with pytest.raises(ExceptionGroup):
        await daemon.serve()
    assert "READY=1" in systemd.told()


async def test_waiting_for_a_slow_peer_is_progress() -> None:
    heart = Heart("test", 0.06)
    await heart.beating(asyncio.sleep(0.3))
    assert not heart.stuck


async def test_heart_s_wait_ends_by_its_event_or_its_time() -> None:
    heart, event = Heart("test", 1.0), asyncio.Event()
    assert not await heart.wait(event, 0.02)
    asyncio.get_running_loop().call_later(0.02, event.set)
    assert await heart.wait(event, 5.0)


@pytest.mark.parametrize("shutdown", ["quick", "stubborn"])
def test_stops_within_5_s_of_sigterm(shutdown: str) -> None:
    script = """
import asyncio, sys
from linebox.daemons._runtime import Daemon

async def worker(heart):
    heart.beat()
    print("up", flush=True)
    try:
        await asyncio.sleep(60)
    finally:
        if sys.argv[1] == "stubborn":
            await asyncio.sleep(60)

daemon = Daemon("test")
daemon.add("one", worker)
sys.exit(daemon.main())
"""
    child = subprocess.Popen(
        [sys.executable, "-c", script, shutdown],
        env={"PYTHONPATH": str(FIRMWARE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"up\n"
    began = time.monotonic()
    child.send_signal(signal.SIGTERM)
    status = child.wait(timeout=6)
    assert time.monotonic() - began < (2 if shutdown == "quick" else 5.5)
    assert status == (0 if shutdown == "quick" else 1)


async def test_socket_is_the_group_s_only_and_replaces_a_stale_one(tmp_path: Path) -> None:
    async def hello(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    app = web.Application()
    app.router.add_get("/", hello)
    path = tmp_path / "calld/api.sock"
    path.parent.mkdir()
    path.touch()
    async with unix_server(app, path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        connector = aiohttp.UnixConnector(str(path))
        async with (
            aiohttp.ClientSession(connector=connector) as session,
            session.get("http://x/") as answer,
        ):
            assert await answer.text() == "hello"

"""webd as a process: starts with every peer away, is lean, ends quickly, comes back after kill -9."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientError, ClientSession, UnixConnector

from fixtures.webd import HASHED, PASSWORD

FIRMWARE = Path(__file__).resolve().parents[3] / "firmware"


@asynccontextmanager
async def process(root: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    secrets = root / "data/secrets"
    secrets.mkdir(parents=True, exist_ok=True)
    (secrets / "setup-code.scrypt").write_text(HASHED)
    (secrets / "session-key").write_text("k" * 64)
    running = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "linebox.daemons.webd",
        env={
            **os.environ,
            "PYTHONPATH": str(FIRMWARE),
            "LINEBOX_ROOT": str(root),
            "LINEBOX_DB": "host=/nonexistent dbname=none connect_timeout=1",
            "MALLOC_ARENA_MAX": "1",
        },
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()


async def ask(root: Path, method: str, path: str, body: object = None) -> tuple[int, object]:
    """One request as soon as webd listens, within 20 s."""
    async with asyncio.timeout(20):
        while True:
            try:
                async with (
                    ClientSession(
                        connector=UnixConnector(str(root / "run/linebox/webd/api.sock"))
                    ) as session,
                    session.request(method, f"http://box{path}", json=body) as response,
                ):
                    return response.status, await response.json()
            except (ClientError, OSError):
                await asyncio.sleep(0.05)


async def test_it_starts_alone_stops_quickly_and_returns_after_a_kill(tmp_path: Path) -> None:
    async with process(tmp_path) as first:
        assert (await ask(tmp_path, "POST", "/api/session", {"password": PASSWORD}))[0] == 200
        first.send_signal(signal.SIGKILL)
        await first.wait()
    async with process(tmp_path) as second:
        assert (await ask(tmp_path, "GET", "/api/session"))[0] == 200
        second.send_signal(signal.SIGTERM)
        async with asyncio.timeout(5):
            assert await second.wait() == 0


@pytest.mark.req("API-1")
async def test_it_is_lean_after_a_thousand_requests(tmp_path: Path) -> None:
    async with process(tmp_path) as running:
        await ask(tmp_path, "GET", "/api/session")
        connector = UnixConnector(str(tmp_path / "run/linebox/webd/api.sock"))
        async with ClientSession(connector=connector) as session:
            for n in range(1000):
                path = "/api/session" if n % 2 else "/api/health"
                async with session.get(f"http://box{path}") as response:
                    assert response.status == 200
        assert _pss_kb(running.pid) < 70 * 1024


def _pss_kb(pid: int) -> int:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.search(r"^Pss: +(\d+) kB", rollup, re.MULTILINE)
    assert found
    return int(found[1])

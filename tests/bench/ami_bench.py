"""Events a second of three AMI clients on the same bytes of a real Asterisk.

Each client does its ordinary job in a process of its own: it reads a socket, parses what comes and
calls one handler with each event. Counted is the processor time of that process, threads included,
between the first and the last event: other work on the machine doesn't enter, and time in which a
client merely sleeps doesn't count against it. The best of three rounds, taken in turns.
"""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

STREAM = Path(__file__).parents[1] / "fixtures/ami/all-events.bin"
GREETING = b"Asterisk Call Manager/11.0.0\r\n"
#: How often the recorded stream is sent: enough for a second or so of work.
TIMES = {"ours": 100, "panoramisk": 20, "pyst2": 2}
ROUNDS = 3


def stream() -> tuple[bytes, int]:
    """The recorded events, and how many they are."""
    data = STREAM.read_bytes()
    data = data[data.index(b"Event: ") :]
    return data, sum(block.startswith(b"Event: ") for block in data.split(b"\r\n\r\n"))


class Count:
    """Counts events; prints the processor time from the first to the last and ends the process."""

    def __init__(self, expected: int) -> None:
        self.left = expected
        self.began = 0.0
        self.done = threading.Event()

    def one(self, name: str) -> None:
        if not self.began:
            self.began = time.process_time()
        if name:
            self.left -= 1
        if self.left == 0:
            print(time.process_time() - self.began, flush=True)
            self.done.set()


async def ours(port: int, count: Count) -> None:
    from linebox.asterisk.ami import AmiClient

    loop = asyncio.get_running_loop()
    await loop.create_connection(
        lambda: AmiClient(lambda event: count.one(event["Uniqueid"] or event.name)),
        "127.0.0.1",
        port,
    )
    await asyncio.to_thread(count.done.wait)


async def panoramisk(port: int, count: Count) -> None:
    from panoramisk import Manager

    manager = Manager(loop=asyncio.get_running_loop(), host="127.0.0.1", port=port)
    manager.register_event("*", lambda _, event: count.one(event.uniqueid or event.event))
    await manager.connect()
    await asyncio.to_thread(count.done.wait)


def pyst2(port: int, count: Count) -> None:
    from asterisk.manager import Manager

    manager = Manager()
    manager.register_event(
        "*", lambda event, _: count.one(event.get_header("Uniqueid") or event.name)
    )
    manager.connect("127.0.0.1", port)
    count.done.wait()


def client(name: str, port: int, expected: int) -> None:
    """What the child process does."""
    count = Count(expected)
    match name:
        case "ours":
            asyncio.run(ours(port, count))
        case "panoramisk":
            asyncio.run(panoramisk(port, count))
        case "pyst2":
            pyst2(port, count)


def events_per_s(name: str) -> float:
    """One round of one client."""
    data, events = stream()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        child = subprocess.Popen(
            [sys.executable, __file__, name, str(port), str(events * TIMES[name])],
            stdout=subprocess.PIPE,
            text=True,
        )
        connection, _ = server.accept()
        with connection:
            connection.sendall(GREETING)
            time.sleep(0.2)
            threading.Thread(target=_send, args=(connection, data, TIMES[name])).start()
            assert child.stdout is not None
            line = child.stdout.readline()
            child.kill()
            child.wait()
    return events * TIMES[name] / float(line)


def _send(connection: socket.socket, data: bytes, times: int) -> None:
    try:
        for _ in range(times):
            connection.sendall(data)
    except OSError:
        pass  # the child has seen enough


def rows() -> list[dict[str, object]]:
    """The rows of bench.json."""
    best = dict.fromkeys(TIMES, 0.0)
    for _ in range(ROUNDS):
        for name in best:
            best[name] = max(best[name], events_per_s(name))
    return [
        _row("ami-events-per-s", best["ours"], "events/s", None),
        _row("ami-vs-pyst2", best["ours"] / best["pyst2"], "times", 50),
        _row("ami-vs-panoramisk", best["ours"] / best["panoramisk"], "times", 1),
    ]


def _row(name: str, value: float, unit: str, limit: float | None) -> dict[str, object]:
    ok = limit is None or value >= limit
    return {
        "name": name,
        "value": round(value, 1),
        "unit": unit,
        "limit": limit,
        "at_least": True,
        "ok": ok,
    }


if __name__ == "__main__":
    if len(sys.argv) == 4:
        client(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    else:
        for row in rows():
            print(json.dumps(row))

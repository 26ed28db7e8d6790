"""The exchange as a process: a thread for each line, steered over a socket by lines of JSON.

``{"do": "call", "line": 1, "number": "13800138000", "scheme": "fsk"}`` is answered when the call is
over, with what came of it; ``plan`` says what happens to calls that the box makes, ``made`` tells
those, ``lines`` which lines there are. Lines count from 1, in the order of the channels.
"""

from __future__ import annotations

import json
import queue
import socketserver
import threading
from collections import deque
from concurrent.futures import Future
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Final

from linebox.hw.sim.exchange.callerid import Scheme
from linebox.hw.sim.exchange.channel import Channel, Gone
from linebox.hw.sim.exchange.line import (
    Connect,
    Ending,
    Incoming,
    Line,
    Outgoing,
    Through,
    Told,
)

_LOOK_S: Final = 0.2
_REOPEN_S: Final = 0.5
_KEPT: Final = 1000
_CALL_S: Final = 120.0


class Worker(threading.Thread):
    """One line for as long as the process runs; its card may go and come back."""

    def __init__(self, channel: int, connect: Connect) -> None:
        super().__init__(name=f"line-{channel}", daemon=True)
        self.channel = channel
        self.plan = Outgoing()
        self.made: deque[Told] = deque(maxlen=_KEPT)
        self.plugged = False
        self._connect = connect
        self._calls: queue.Queue[tuple[Incoming, Future[Told]]] = queue.Queue()
        self._through: queue.Queue[Through] = queue.Queue()
        self._stopped = threading.Event()

    def call(self, incoming: Incoming) -> Told:
        """Waits for the line, then for the call's end. ``Gone`` when the card is out."""
        told: Future[Told] = Future()
        self._calls.put((incoming, told))
        return told.result(_CALL_S)

    def ring(self, call: Through) -> None:
        """Another line calls this one."""
        self._through.put(call)

    def stop(self) -> None:
        self._stopped.set()

    def run(self) -> None:
        while not self._stopped.is_set():
            try:
                with Channel(self.channel) as channel:
                    self.plugged = True
                    self._serve(Line(channel))
            except (Gone, OSError):
                self.plugged = False
                self._refuse()
                self._stopped.wait(_REOPEN_S)

    def _serve(self, line: Line) -> None:
        while not self._stopped.is_set():
            line.outgoing = self.plan
            if (told := line.serve(self._connect)) is not None:
                self.made.append(told)
                continue
            if not self._through.empty():
                line.rung(self._through.get())
                continue
            try:
                incoming, answer = self._calls.get_nowait()
            except queue.Empty:
                line.wait(_LOOK_S)
                continue
            try:
                answer.set_result(line.call(incoming))
            except (Gone, OSError) as error:
                answer.set_exception(error)
                raise

    def _refuse(self) -> None:
        while not self._through.empty():
            self._through.get().over.set()
        while not self._calls.empty():
            self._calls.get_nowait()[1].set_exception(Gone())


def _incoming(order: dict[str, Any]) -> Incoming:
    _known(order, Incoming)
    changed = dict(order)
    if "scheme" in changed:
        changed["scheme"] = Scheme(changed["scheme"])
    if "ending" in changed:
        changed["ending"] = Ending(changed["ending"])
    return Incoming(**changed)


def _outgoing(order: dict[str, Any]) -> Outgoing:
    _known(order, Outgoing)
    changed = dict(order)
    if "ending" in changed:
        changed["ending"] = Ending(changed["ending"])
    return Outgoing(**changed)


def _known(order: dict[str, Any], kind: type[Incoming | Outgoing]) -> None:
    if unknown := order.keys() - {field.name for field in fields(kind)}:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")


class Exchange:
    """All lines of one process."""

    def __init__(self, channels: range) -> None:
        self.workers = [Worker(channel, self._connect) for channel in channels]

    def start(self) -> None:
        for worker in self.workers:
            worker.start()

    def do(self, order: dict[str, Any]) -> object:
        """``ValueError`` or ``TypeError`` for an order that isn't one."""
        match order:
            case {"do": "lines"}:
                return [
                    {"channel": worker.channel, "plugged": worker.plugged}
                    for worker in self.workers
                ]
            case {"do": "call", "line": int(number), **rest}:
                return asdict(self._worker(number).call(_incoming(rest)))
            case {"do": "plan", "line": int(number), **rest}:
                self._worker(number).plan = _outgoing(rest)
                return None
            case {"do": "made", "line": int(number)}:
                return [asdict(told) for told in self._worker(number).made]
            case _:
                raise ValueError("no such order")

    def _connect(self, line: int, call: Through) -> None:
        self._worker(line).ring(call)

    def _worker(self, number: int) -> Worker:
        if not 1 <= number <= len(self.workers):
            raise ValueError(f"no line {number}")
        return self.workers[number - 1]


class _Handler(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        for text in self.rfile:
            answer: dict[str, object]
            try:
                answer = {"told": self.server.exchange.do(json.loads(text))}
            except (ValueError, TypeError, OSError) as error:
                answer = {"error": str(error)}
            except Gone:
                answer = {"error": "the card is out"}
            self.wfile.write(json.dumps(answer).encode() + b"\n")


class Server(socketserver.ThreadingUnixStreamServer):
    """Serves orders at a socket; one that a dead process left behind is replaced."""

    daemon_threads = True

    def __init__(self, path: Path, exchange: Exchange) -> None:
        path.unlink(missing_ok=True)
        super().__init__(str(path), _Handler)
        self.exchange = exchange

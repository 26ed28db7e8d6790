"""What every daemon is: one TaskGroup of workers, systemd told the truth, a quick end.

``READY`` when every worker has begun, ``WATCHDOG`` only while every worker makes progress, so that
systemd restarts a daemon in which one of them is stuck. A worker that raises ends the daemon, and
systemd starts it again (``Restart=always``). Peers may be away at any time; waiting for them is a
worker's own work. Imports nothing heavy: the way to serve aiohttp is ``_web_server``.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable

import sdnotify

from linebox.base import log as logs
from linebox.base.clock import monotonic_s

log = logging.getLogger(__name__)

#: What isn't done so long after SIGTERM is cut by ourselves; systemd would wait 8 s.
STOP_WITHIN_S = 5.0


class Heart:
    """A worker's sign of life. A worker that may wait for long beats by ``wait``."""

    def __init__(self, name: str, stuck_after_s: float) -> None:
        self.name = name
        self._stuck_after_s = stuck_after_s
        self._last_s = monotonic_s()
        #: Set by the first beat: the worker does its work.
        self.begun = asyncio.Event()

    def beat(self) -> None:
        """Progress was made."""
        self._last_s = monotonic_s()
        self.begun.set()

    @property
    def stuck(self) -> bool:
        return monotonic_s() - self._last_s > self._stuck_after_s

    async def sleep(self, seconds: float) -> None:
        """Wait, beating."""
        await self.wait(asyncio.Event(), seconds)

    async def wait(self, event: asyncio.Event, seconds: float | None = None) -> bool:
        """Wait for ``event``, beating; False when ``seconds`` passed without it."""
        until_s = None if seconds is None else monotonic_s() + seconds
        while True:
            self.beat()
            left_s = self._stuck_after_s / 3
            if until_s is not None:
                left_s = min(left_s, until_s - monotonic_s())
            if event.is_set():
                return True
            if left_s <= 0:
                return False
            try:
                async with asyncio.timeout(left_s):
                    await event.wait()
            except TimeoutError:
                continue

    async def beating[T](self, work: Awaitable[T]) -> T:
        """Wait for ``work`` that has time-outs of its own, beating meanwhile."""
        task = asyncio.ensure_future(work)
        try:
            while not (await asyncio.wait((task,), timeout=self._stuck_after_s / 3))[0]:
                self.beat()
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait((task,))
            raise
        self.beat()
        return task.result()


type Worker = Callable[[Heart], Awaitable[None]]


class Daemon:
    """The workers of one process. ``add`` them, then ``main`` runs until SIGTERM or SIGINT."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._workers: list[tuple[Worker, Heart]] = []
        self._notifier = sdnotify.SystemdNotifier()
        self._status = ""

    def add(self, name: str, worker: Worker, *, stuck_after_s: float = 15.0) -> None:
        """``worker`` runs for ever; without a beat for ``stuck_after_s`` the watchdog starves."""
        self._workers.append((worker, Heart(name, stuck_after_s)))

    def status(self, text: str) -> None:
        """The line that ``systemctl status`` shows."""
        if text != self._status:
            self._status = text
            self._notifier.notify(f"STATUS={text}")

    def stuck(self) -> list[str]:
        """The names of workers that make no progress."""
        return [heart.name for _, heart in self._workers if heart.stuck]

    async def serve(self) -> None:
        """Run the workers until cancelled; raises what a worker raised."""
        async with asyncio.TaskGroup() as group:
            for worker, heart in self._workers:
                group.create_task(self._for_ever(worker, heart), name=heart.name)
            for _, heart in self._workers:
                await heart.begun.wait()
            self._notifier.notify("READY=1")
            await self._watch()

    async def _for_ever(self, worker: Worker, heart: Heart) -> None:
        await worker(heart)
        raise RuntimeError(f"worker {heart.name} ended")

    async def _watch(self) -> None:
        every_s = int(os.environ.get("WATCHDOG_USEC", "20000000")) / 1e6 / 4
        told: list[str] = []
        while True:
            stuck = self.stuck()
            if not stuck:
                self._notifier.notify("WATCHDOG=1")
            elif stuck != told:
                log.error("no progress: %s", ", ".join(stuck))
            told = stuck
            await asyncio.sleep(every_s)

    def main(self) -> int:
        """The process: logging, signals, workers. Returns the exit status."""
        logs.setup()
        try:
            asyncio.run(self._until_stopped())
        except ExceptionGroup:
            log.exception("%s ends by an error", self.name)
            return 1
        return 0

    async def _until_stopped(self) -> None:
        loop = asyncio.get_running_loop()
        work = asyncio.create_task(self.serve())

        def stop() -> None:
            self._notifier.notify("STOPPING=1")
            loop.call_later(STOP_WITHIN_S - 0.5, _cut)
            work.cancel()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
        try:
            await work
        except asyncio.CancelledError:
            log.info("%s stopped", self.name)


def _cut() -> None:
    log.error("not stopped in time: cut")
    logging.shutdown()
    os._exit(1)

"""linebox-exchange.service: the daemon of the exchange container."""

from __future__ import annotations

import asyncio
import signal

import sdnotify
from aiohttp import web

from linebox.base import log
from linebox.base.errors import LineboxError
from linebox.base.retry import forever
from linebox_exchange import customers, paths
from linebox_exchange.api import Api
from linebox_exchange.exchange import Exchange
from linebox_exchange.prepare import read_addresses

PORT = 8088


async def run() -> None:
    """Until SIGTERM. A worker that breaks takes the daemon along; systemd starts it anew."""
    addresses, public = read_addresses(), customers.read(paths.CUSTOMERS)
    exchange = Exchange(addresses.phones)
    exchange.load()
    runner = web.AppRunner(
        Api(exchange, public, addresses).app(), access_log=None, shutdown_timeout=1.0
    )
    await runner.setup()
    await web.TCPSite(runner, addresses.trunk, PORT).start()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    notifier = sdnotify.SystemdNotifier()
    async with asyncio.TaskGroup() as workers:
        tasks = [
            workers.create_task(exchange.follow(lambda: notifier.notify("WATCHDOG=1"))),
            workers.create_task(exchange.note_ringing()),
            workers.create_task(exchange.log_ins()),
            workers.create_task(
                forever("asterisk", exchange.switch.attempt, retry_on=(LineboxError, OSError))
            ),
        ]
        notifier.notify("READY=1")
        await stop.wait()
        for task in tasks:
            task.cancel()
    await runner.cleanup()


def main() -> None:
    """Entry of the unit."""
    log.setup()
    asyncio.run(run())


if __name__ == "__main__":
    main()

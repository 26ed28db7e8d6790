"""The one way to try again: growing pauses with jitter; logs only the first failure."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)


async def forever(
    what: str,
    attempt: Callable[[], Awaitable[None]],
    *,
    retry_on: tuple[type[BaseException], ...],
    first_s: float = 0.2,
    cap_s: float = 5.0,
) -> None:
    """Run ``attempt`` until cancelled; when it ends or raises ``retry_on``, wait and run it again.

    ``attempt`` serves one connection: it returns or raises when the peer is gone. A run that lasted
    longer than ``cap_s`` counts as a success and resets the pause.
    """
    pause_s, failing = first_s, False
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        try:
            await attempt()
            reason = "ended"
        except retry_on as error:
            reason = f"{type(error).__name__}: {error}"
        if loop.time() - began > cap_s:
            pause_s, failing = first_s, False
        if not failing:
            log.warning("%s: %s; trying again", what, reason)
            failing = True
        await asyncio.sleep(pause_s * random.uniform(0.7, 1.3))  # noqa: S311  not a secret
        pause_s = min(pause_s * 2, cap_s)

"""A daemon's Unix socket: the one that systemd passed, or its own."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Final

_FIRST_PASSED_FD: Final = 3  # sd_listen_fds(3)


def passed() -> socket.socket | None:
    """The first socket that systemd opened for this process; None: there is none."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()) or not os.environ.get("LISTEN_FDS"):
        return None
    return socket.socket(fileno=_FIRST_PASSED_FD)


def own(path: Path, access: int) -> socket.socket:
    """Listen at ``path`` with the mode ``access``; what a predecessor left there goes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o777 & ~access)
    try:
        made.bind(str(path))
    finally:
        os.umask(before)
    made.listen(64)
    made.setblocking(False)
    return made

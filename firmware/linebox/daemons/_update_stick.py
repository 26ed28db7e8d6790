"""Bundles on the USB sticks that are plugged in, for one at a time: ``linebox update``, hostd.

systemd mounts (``usb-stick@.service``, read-only): hostd's sandbox can't, and RAUC must see it.
"""

from __future__ import annotations

import fcntl
import json
import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from linebox.base.clock import monotonic_s
from linebox.base.errors import InputError
from linebox.config.paths import Paths
from linebox.daemons import _host_run as run

log = logging.getLogger(__name__)

_DEVICE: Final = re.compile(r"/dev/([a-z0-9]+)")
#: Longer than a look takes; who installs keeps it for minutes.
_WAIT_S: Final = 5.0


@contextmanager
def alone(at: Paths) -> Iterator[None]:
    """Nobody else mounts or unmounts as long as the context lasts.

    Raises ``InputError("update-under-way")`` when somebody else keeps it for 5 s."""
    lock = at.run / "hostd/sticks"
    lock.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    end = monotonic_s() + _WAIT_S
    with lock.open("wb") as held:
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if monotonic_s() > end:
                    raise InputError("update-under-way") from error
                time.sleep(0.1)
        yield


def mount(at: Paths) -> tuple[Path, ...]:
    """The bundles at the top levels of all sticks, which stay mounted until ``unmount``."""
    for name in _sticks():
        if run.status("systemctl", "start", f"usb-stick@{name}.service", limit_s=60):
            log.warning("the stick %s can't be read", name)
    return tuple(file for place in mounted(at) for file in _bundles(place))


def _bundles(place: Path) -> tuple[Path, ...]:
    try:
        return tuple(
            file
            for file in sorted(place.glob("*.raucb"))
            if file.name.isprintable() and file.is_file() and not file.is_symlink()
        )
    except OSError:
        log.exception("%s can't be read", place)
        return ()


def mounted(at: Paths) -> tuple[Path, ...]:
    """Where sticks are mounted."""
    return tuple(place for place in sorted((at.run / "usb").glob("*")) if place.is_mount())


def unmount(at: Paths) -> None:
    for place in mounted(at):
        run.status("systemctl", "stop", f"usb-stick@{place.name}.service", limit_s=60)


@contextmanager
def the_one(at: Paths) -> Iterator[Path]:
    """The one bundle on the sticks, as long as the context lasts.

    Raises ``InputError``: ``update-no-stick``, ``update-many``, ``update-under-way``."""
    with alone(at):
        try:
            found = mount(at)
            if not found:
                raise InputError("update-no-stick")
            if len(found) > 1:
                raise InputError("update-many", files=", ".join(one.name for one in found))
            yield found[0]
        finally:
            unmount(at)


def _sticks() -> Iterator[str]:
    told = json.loads(run.told("lsblk", "-Jpo", "NAME,TRAN,FSTYPE"))
    for disk in told["blockdevices"]:
        if disk.get("tran") == "usb":
            for part in [disk, *disk.get("children", [])]:
                if part.get("fstype") and (found := _DEVICE.fullmatch(part["name"])):
                    yield found[1]

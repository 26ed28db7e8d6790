"""The kernel's word that hardware came or went (pyudev, netlink)."""

from __future__ import annotations

from typing import Final, Protocol

import pyudev

_SUBSYSTEMS: Final = ("dahdi_devices", "dahdi_spans", "pci", "usb")


class Wakes(Protocol):
    """A file that is readable when something came or went."""

    def fileno(self) -> int: ...

    def drain(self) -> None:
        """Take all that waits: what it says is read from the trees."""
        ...


class Udev:
    """Of the kernel itself: udev's rules needn't have run, and a container has no udev."""

    def __init__(self) -> None:
        self._monitor = pyudev.Monitor.from_netlink(pyudev.Context(), source="kernel")
        for one in _SUBSYSTEMS:
            self._monitor.filter_by(one)
        self._monitor.start()

    def fileno(self) -> int:
        return int(self._monitor.fileno())

    def drain(self) -> None:
        while self._monitor.poll(timeout=0) is not None:
            pass

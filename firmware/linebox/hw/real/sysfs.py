"""Reading DAHDI's and the buses' trees under ``/sys`` (dahdi-sysfs.c, dahdi-sysfs-chan.c).

Attributes have two names over the versions: ``spantype`` became ``dahdi_spantype``,
``registration_time`` ``dahdi_registration_time`` with kernels from 4.13 on. A file that vanishes
while it is read is a card being pulled: it reads empty.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from linebox.hw.cards import BusIds

_PAGE: Final = 4096
_DEVICES: Final = "bus/dahdi_devices/devices"
_SPAN: Final = re.compile(r"span-(\d+)$")
#: ``dahdi!chan!001!003``; older ones say ``channels``.
_CHANNEL: Final = re.compile(r"dahdi!chan(?:nels)?!\d+!(\d+)$")
#: A PCI function's or a USB device's place in a path of /sys/devices.
_PCI: Final = re.compile(r"[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$")
_USB: Final = re.compile(r"\d+-\d+(\.\d+)*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """``number`` is DAHDI's, ``position`` within its span, from 1; ``can``: all it could signal."""

    number: int
    position: int
    name: str
    signalling: str
    can: str
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanNode:
    number: int
    local: int
    type: str
    digital: bool
    base: int
    count: int
    name: str
    path: Path
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A DAHDI device. ``types``: of each of its spans by local number, whether or not assigned.
    ``bus_place``: the PCI function or USB device that it is of, empty for a local one."""

    name: str
    hardware_id: str
    location: str
    type: str
    manufacturer: str
    types: dict[int, str]
    bus_place: str
    path: Path
    spans: tuple[SpanNode, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BusDevice:
    """``driver``: the kernel's, bound to it, or empty."""

    bus: str
    place: str
    ids: BusIds
    driver: str


def text(path: Path | str) -> str:
    """An attribute, which is a page at most."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        return os.read(file, _PAGE).decode("ascii", "replace").strip()
    except OSError:
        return ""
    finally:
        os.close(file)


def number(path: Path | str) -> int:
    """0 for what isn't a number, also in ``0x`` form."""
    try:
        return int(text(path) or "0", 0)
    except ValueError:
        return 0


def devices(root: Path) -> Iterator[Device]:
    """DAHDI's devices, by name; without one that comes or goes, whose attributes aren't there."""
    for link in _sorted(root / _DEVICES):
        path = link.resolve()
        if not (path / "hardware_id").exists():
            continue
        said = text(path / "dahdi_spantype") or text(path / "spantype")
        types = {
            int(local): kind
            for local, _, kind in (line.partition(":") for line in said.splitlines())
            if local.isdecimal()
        }
        yield Device(
            name=link.name,
            hardware_id=text(path / "hardware_id"),
            location=text(path / "location"),
            type=text(path / "type"),
            manufacturer=text(path / "manufacturer"),
            types=types,
            bus_place=_place(path),
            path=path,
            spans=tuple(_spans(path)),
        )


def bus_devices(root: Path) -> Iterator[BusDevice]:
    """Every PCI and USB device with its ids; whether it is ours is for others to say."""
    for link in _sorted(root / "bus/pci/devices"):
        path = link.resolve()
        ids = BusIds(
            vendor=_hex(path / "vendor"),
            device=_hex(path / "device"),
            sub_vendor=_hex(path / "subsystem_vendor"),
            sub_device=_hex(path / "subsystem_device"),
            class_=text(path / "class").removeprefix("0x")[:4],
        )
        yield BusDevice(bus="pci", place=link.name, ids=ids, driver=_driver(path))
    for link in _sorted(root / "bus/usb/devices"):
        path = link.resolve()
        ids = BusIds(vendor=text(path / "idVendor"), device=text(path / "idProduct"))
        if ids.vendor:
            yield BusDevice(bus="usb", place=link.name, ids=ids, driver=_driver(path))


def _spans(device: Path) -> Iterator[SpanNode]:
    for path in _sorted(device):
        if found := _SPAN.search(path.name):
            yield SpanNode(
                number=int(found[1]),
                local=number(path / "local_spanno"),
                type=text(path / "spantype"),
                digital=number(path / "is_digital") == 1,
                base=number(path / "basechan"),
                count=number(path / "channels"),
                name=text(path / "name"),
                path=path,
                channels=tuple(sorted(_channels(path), key=lambda one: one.position)),
            )


def _channels(span: Path) -> Iterator[Channel]:
    for name in _names(span):
        if _CHANNEL.search(name):
            at = f"{span}/{name}"  # there are hundreds of them
            yield Channel(
                number=number(f"{at}/channo"),
                position=number(f"{at}/chanpos"),
                name=text(f"{at}/name"),
                signalling=text(f"{at}/sig"),
                can=text(f"{at}/sigcap"),
                path=Path(at),
            )


def _place(path: Path) -> str:
    """The nearest PCI function or USB device above a DAHDI device."""
    for parent in path.parents:
        if _PCI.match(parent.name) or _USB.match(parent.name):
            return parent.name
    return ""


def _driver(path: Path) -> str:
    """Of a USB device the drivers hang on its interfaces, which lie below."""
    for holder in (path, *_sorted(path)):
        link = holder / "driver"
        if link.is_symlink() and link.readlink().name != "usb":
            return link.readlink().name
    return ""


def _hex(path: Path) -> str:
    return text(path).removeprefix("0x")


def _sorted(folder: Path) -> list[Path]:
    return [folder / name for name in _names(folder)]


def _names(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in os.scandir(folder))
    except OSError:
        return []

"""RAUC's acts for ``linebox update``: root, on a box that was started from a slot."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linebox.base.errors import InputError, LineboxError, Unavailable
from linebox.config.paths import Paths
from linebox.daemons import _host_run as run
from linebox.features.upgrade.model import Slot, slots

_BLOCK = "efi/linebox/grubenv"
#: A stick's bundle of 400 MB into a slow disk; a box needs a minute.
_INSTALL_S = 3600.0
#: Of RAUC's words about a bundle, what tells that the signature isn't ours.
_UNTRUSTED = ("signature", "verif", "certificate", "trusted", "CMS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What a file claims to be, its signature held against the box's keyring."""

    version: str
    compatible: str


def look(at: Paths) -> tuple[Slot, ...]:
    """Both slots. Raises ``InputError("update-no-slots")`` on a box without any."""
    block = at.root / _BLOCK
    if not block.exists():
        raise InputError("update-no-slots")
    words = ("rauc", "status", "--detailed", "--output-format=json")
    try:
        told = run.told(*words, limit_s=60)
    except Unavailable:  # D-Bus waits 25 s for a service that had to be started first
        told = run.told(*words, limit_s=60)
    listed = run.told("grub-editenv", str(block), "list")
    return slots(listed, told, _version(at))


def _version(at: Paths) -> str:
    try:
        return (at.root / "usr/share/linebox/version").read_text("ascii").strip()
    except FileNotFoundError:
        return ""


def inspect(file: Path) -> Bundle:
    """Raises ``InputError``: ``update-missing``, ``update-untrusted`` (not signed by whom this box
    trusts, or changed since), ``update-broken`` (no bundle at all)."""
    if not file.exists():
        raise InputError("update-missing", file=str(file))
    done = _rauc("info", "--output-format=json", str(file), limit_s=300)
    if done.returncode:
        raise _refusal(done.stderr, file)
    told = json.loads(done.stdout)
    return Bundle(version=told["version"], compatible=told["compatible"])


def install(file: Path) -> None:
    """Into the slot that doesn't run, which starts next. Minutes; the box serves calls meanwhile.

    Raises ``InputError`` as ``inspect``; the slot that was being written is then no longer good."""
    done = _rauc("install", str(file), limit_s=_INSTALL_S)
    if done.returncode:
        raise _refusal(done.stderr + done.stdout, file)


def back(at: Paths) -> Slot:
    """The other slot starts next. Raises ``InputError("update-no-way-back")`` if it isn't good."""
    other = next(slot for slot in look(at) if not slot.running)
    if other.state != "good":
        raise InputError("update-no-way-back")
    run.told("rauc", "status", "mark-active", "other", limit_s=60)
    return other


def restart() -> None:
    """In order; calls end."""
    run.told("systemctl", "reboot")


@contextmanager
def stick(at: Paths) -> Iterator[Path]:
    """The one bundle on the USB sticks that are plugged in, as long as the context lasts.

    Raises ``InputError``: ``update-no-stick``, ``update-many``."""
    folder = at.run / "usb"
    folder.mkdir(mode=0o700, exist_ok=True)
    mounted: list[Path] = []
    try:
        found: list[Path] = []
        for number, device in enumerate(_sticks()):
            place = folder / str(number)
            place.mkdir(exist_ok=True)
            options = "ro,nodev,nosuid,noexec"
            if run.status("mount", "-o", options, device, str(place), limit_s=60) == 0:
                mounted.append(place)
                found.extend(sorted(place.glob("*.raucb")))
        if not found:
            raise InputError("update-no-stick")
        if len(found) > 1:
            raise InputError("update-many", files=", ".join(one.name for one in found))
        yield found[0]
    finally:
        for place in mounted:
            run.status("umount", str(place), limit_s=60)


def _sticks() -> Iterator[str]:
    told = json.loads(run.told("lsblk", "-Jpo", "NAME,TRAN,FSTYPE"))
    for disk in told["blockdevices"]:
        if disk.get("tran") == "usb":
            for part in [disk, *disk.get("children", [])]:
                if part.get("fstype"):
                    yield part["name"]


def _refusal(said: str, file: Path) -> LineboxError:
    reason = (said.strip().splitlines() or [""])[-1][:200]
    fields: dict[str, Any] = {"file": file.name, "reason": reason}
    if any(word in said for word in _UNTRUSTED):
        return InputError("update-untrusted", **fields)
    return InputError("update-broken", **fields)


def _rauc(*words: str, limit_s: float) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ("rauc", *words),
        capture_output=True,
        text=True,
        errors="replace",
        timeout=limit_s,
        stdin=subprocess.DEVNULL,
        check=False,
    )

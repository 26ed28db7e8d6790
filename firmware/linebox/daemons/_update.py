"""RAUC's acts for ``linebox update`` and hostd: root, on a box that was started from a slot."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from linebox.base.errors import InputError, LineboxError, Unavailable
from linebox.base.files import write_whole
from linebox.base.shapes import fitted
from linebox.config.paths import Paths
from linebox.daemons import _host_run as run
from linebox.features.upgrade import model
from linebox.features.upgrade.model import Slot, SlotState, Work

_BLOCK: Final = "efi/linebox/grubenv"
#: What is installed, for whoever asks later: RAUC forgets a bundle's name.
_RECORD: Final = "hostd/update.json"
#: A stick's bundle of 400 MB into a slow disk; a box needs a minute.
_INSTALL_S: Final = 3600.0
#: Of RAUC's words about a bundle, what tells that the signature isn't ours.
_UNTRUSTED: Final = ("signature", "verif", "certificate", "trusted", "CMS")
#: Of one that is asked while it installs.
_BUSY: Final = "already processing"
_RAUC: Final = ("de.pengutronix.rauc", "/", "de.pengutronix.rauc.Installer")
#: How busctl begins what the peer refused with; its own troubles have other words.
_REFUSED: Final = "Call failed: "


def look(at: Paths) -> tuple[Slot, ...]:
    """Both slots. Raises ``InputError("update-no-slots")`` on a box without any."""
    return slots(at, doing(at))


def slots(at: Paths, now: Work) -> tuple[Slot, ...]:
    """Both slots while RAUC does ``now``. Raises ``Unavailable("host-act-failed")``."""
    listed, version = run.told("grub-editenv", str(_block(at)), "list"), _version(at)
    if now.installing:
        return model.slots_while_installing(listed, now.booted, version)
    told = run.told("rauc", "status", "--detailed", "--output-format=json", limit_s=60)
    return model.slots(listed, told, version)


def doing(at: Paths) -> Work:
    """What RAUC does now. Raises ``InputError("update-no-slots")`` on a box without slots,
    ``Unavailable("host-act-failed")``."""
    _block(at)
    asked = ("Operation", "Progress", "LastError", "BootSlot")
    words = ("busctl", "--json=short", "get-property", *_RAUC, *asked)
    try:
        told = run.told(*words, limit_s=60)
    except Unavailable:  # D-Bus waits 25 s for a service that had to be started first
        told = run.told(*words, limit_s=60)
    return _understood(model.work, told)


def has_slots(at: Paths) -> bool:
    return (at.root / _BLOCK).exists()


def _block(at: Paths) -> Path:
    if not has_slots(at):
        raise InputError("update-no-slots")
    return at.root / _BLOCK


def _version(at: Paths) -> str:
    try:
        return (at.root / "usr/share/linebox/version").read_text("ascii").strip()
    except FileNotFoundError:
        return ""


def may_install(at: Paths) -> None:
    """Raises ``InputError``: ``update-no-slots``, ``update-under-way``, ``update-on-trial`` (the
    other slot holds the only version that was good)."""
    now = doing(at)
    if now.installing:
        raise InputError("update-under-way")
    if any(slot.running and slot.state == SlotState.ON_TRIAL for slot in slots(at, now)):
        raise InputError("update-on-trial")


def inspect(file: Path) -> str:
    """The version of a bundle that this box trusts.

    Raises ``InputError``: ``update-missing``, ``update-untrusted`` (not signed by whom this box
    trusts, or changed since), ``update-broken`` (no bundle at all), ``update-under-way``."""
    if not file.exists():
        raise InputError("update-missing", file=str(file))
    return _understood(model.bundle_version, _called(file, "InspectBundle", 120.0))


def install(at: Paths, file: Path, version: str) -> None:
    """Into the slot that doesn't run, which starts next. Minutes; the box serves calls meanwhile.

    Raises ``InputError`` as ``inspect``; the slot that was being written is then no longer good."""
    _record(at, file, version)
    done = _rauc("install", str(file), limit_s=_INSTALL_S)
    if done.returncode:
        raise refusal(done.stderr + done.stdout, file.name)


def start(at: Paths, file: Path, version: str) -> None:
    """As ``install``, but returns at once: ``doing`` tells how it goes on."""
    _record(at, file, version)
    _called(file, "InstallBundle", 60.0)


def back(at: Paths) -> Slot:
    """The other slot starts next. Raises ``InputError``: ``update-no-way-back`` if it isn't good,
    ``update-under-way``."""
    now = doing(at)
    if now.installing:
        raise InputError("update-under-way")
    other = next(slot for slot in slots(at, now) if not slot.running)
    if other.state != SlotState.GOOD:
        raise InputError("update-no-way-back")
    run.told("rauc", "status", "mark-active", "other", limit_s=60)
    return other


def restart() -> None:
    """In order; calls end. Not ``reboot``, which asks logind for it."""
    words = ("--no-block", "--job-mode=replace-irreversibly", "start", "reboot.target")
    run.told("systemctl", *words)


def recorded(at: Paths) -> tuple[str, str]:
    """Name and version of the bundle that is or was installed last since the box started."""
    try:
        told = json.loads((at.run / _RECORD).read_text("utf-8"))
        return str(told["file"]), str(told["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return "", ""


def _record(at: Paths, file: Path, version: str) -> None:
    record = at.run / _RECORD
    record.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    write_whole(record, json.dumps({"file": file.name, "version": version}), lasting=False)


def refusal(said: str, name: str) -> LineboxError:
    """What RAUC ``said`` of the bundle ``name``, as an error of ours."""
    reason = fitted((said.strip().splitlines() or [""])[-1].removeprefix(_REFUSED), 200)
    fields: dict[str, Any] = {"file": name, "reason": reason}
    if _BUSY in said:
        return InputError("update-under-way")
    if any(word in said for word in _UNTRUSTED):
        return InputError("update-untrusted", **fields)
    return InputError("update-broken", **fields)


def _called(file: Path, method: str, limit_s: float) -> str:
    """What RAUC answers to a method that takes a bundle and no options."""
    words = ("busctl", "--json=short", f"--timeout={limit_s:.0f}", "call", *_RAUC, method)
    try:
        return run.told(*words, "sa{sv}", str(file), "0", limit_s=limit_s + 10)
    except Unavailable as error:
        reason = str(error.fields.get("reason", ""))
        if not reason.startswith(_REFUSED) or "timed out" in reason:
            raise
        raise refusal(reason, file.name) from error


def _understood[T](read: Callable[[str], T], told: str) -> T:
    try:
        return read(told)
    except ValueError as error:
        raise Unavailable("host-act-failed", act="rauc", reason=str(error)[:200]) from error


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

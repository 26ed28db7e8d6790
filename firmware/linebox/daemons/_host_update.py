"""Updates as pages see and do them (SET-5).

What goes on is RAUC's to tell, so a successor of a killed hostd tells the same; the stick stays
mounted while RAUC installs, and is unmounted by whoever tends after that.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from linebox.base.errors import InputError, LineboxError
from linebox.base.messages import sentence
from linebox.config.paths import Paths
from linebox.daemons import _host_run as run
from linebox.daemons import _update as rauc
from linebox.daemons import _update_stick as stick
from linebox.features.upgrade.model import (
    BoxRestarting,
    BoxRestartWish,
    FoundBundle,
    InstallWish,
    Update,
    UpdateFault,
)

log = logging.getLogger(__name__)

#: Of a stick's bundles so many are shown.
_SHOWN: Final = 20


class Updates:
    """The acts on the slots. ``calls``: how many a restart would end."""

    def __init__(self, at: Paths, calls: Callable[[], int]) -> None:
        self._at = at
        self._calls = calls

    def look(self, *, sticks: bool = True) -> Update:
        """Without slots on a box that has none; ``sticks``: with what is on them.

        Raises ``Unavailable("host-act-failed")``."""
        if not rauc.has_slots(self._at):
            return _update_without_slots(self._calls())
        file, version = rauc.recorded(self._at)
        now = rauc.doing(self._at)
        return Update(
            slots=rauc.slots(self._at, now),
            doing="installing" if now.installing else "idle",
            percent=now.percent,
            step=now.step,
            file=file,
            version=version,
            fault=_fault(rauc.refusal(now.error, file)) if now.error else None,
            bundles=self._bundles() if sticks and not now.installing else (),
            calls=self._calls(),
        )

    def install(self, wish: InstallWish) -> Update:
        """Returns when RAUC has begun.

        Raises ``InputError``: ``update-no-slots``, ``update-under-way``, ``update-on-trial``,
        ``update-no-stick``, ``update-missing``, ``update-many``, ``update-untrusted``,
        ``update-broken``."""
        rauc.may_install(self._at)
        with stick.alone(self._at):
            try:
                file = _named(wish.file, stick.mount(self._at))
                version = rauc.inspect(file)
                rauc.start(self._at, file, version)
            except LineboxError:
                stick.unmount(self._at)
                raise
        log.warning("installing %s from %s", version, file.name)
        return self.look()

    def back(self) -> Update:
        """Raises ``InputError``: ``update-no-slots``, ``update-no-way-back``,
        ``update-under-way``."""
        slot = rauc.back(self._at)
        log.warning("slot %s (%s) starts next", slot.name, slot.version)
        return self.look()

    def restart(self, wish: BoxRestartWish) -> BoxRestarting:
        """Raises ``InputError``: ``update-no-slots``, ``update-under-way``,
        ``update-cuts-calls``."""
        if rauc.doing(self._at).installing:
            raise InputError("update-under-way")
        calls = self._calls()
        if calls and not wish.cut_calls:
            raise InputError("update-cuts-calls", calls=calls)
        log.warning("restarting the box")
        run.after_the_answer(rauc.restart)
        return BoxRestarting(calls=calls)

    def waits(self) -> bool:
        """Whether a stick has to be unmounted yet."""
        return bool(stick.mounted(self._at))

    def tend(self) -> None:
        """Unmounts what RAUC no longer reads."""
        if not self.waits():
            return
        try:
            with stick.alone(self._at):
                if not rauc.doing(self._at).installing:
                    stick.unmount(self._at)
        except InputError:
            return  # whoever works there unmounts

    def _bundles(self) -> tuple[FoundBundle, ...]:
        try:
            with stick.alone(self._at):
                if rauc.doing(self._at).installing:
                    return ()
                try:
                    return tuple(_found(file) for file in stick.mount(self._at)[:_SHOWN])
                finally:
                    stick.unmount(self._at)
        except LineboxError as error:  # somebody installs from it; or the slots alone are told
            log.warning("no stick is looked at: %s", error)
            return ()


def _named(name: str, found: tuple[Path, ...]) -> Path:
    """Compared, never made a path of."""
    if not found:
        raise InputError("update-no-stick")
    same = [file for file in found if file.name == name]
    if not same:
        raise InputError("update-missing", file=name)
    if len(same) > 1:
        raise InputError("update-many", files=", ".join(str(file) for file in same))
    return same[0]


def _found(file: Path) -> FoundBundle:
    version, fault = "", None
    try:
        version = rauc.inspect(file)
    except LineboxError as error:
        fault = _fault(error)
    return FoundBundle(name=file.name, size_bytes=_size(file), version=version, fault=fault)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0  # pulled out a moment ago


def _fault(error: LineboxError) -> UpdateFault:
    zh, en = sentence(error.code, error.fields)
    return UpdateFault(code=error.code, zh=zh, en=en)


def _update_without_slots(calls: int) -> Update:
    return Update(
        slots=(),
        doing="idle",
        percent=0,
        step="",
        file="",
        version="",
        fault=None,
        bundles=(),
        calls=calls,
    )

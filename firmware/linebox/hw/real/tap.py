"""A DAHDI channel taken in hand: hook, events, linear sound (dahdi/user.h).

Asterisk must have let go of it: what one process has open another can't open.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import struct
import time
from array import array
from contextlib import suppress
from pathlib import Path
from typing import Final

from linebox.base.errors import DeviceError
from linebox.hw.measure import Sound
from linebox.hw.real.control import SET_ECHOTUNE, UNKNOWN, request, tuned
from linebox.hw.taps import BLOCK, Heard, Hook, Sign

_BYTES: Final = 2 * BLOCK
#: Heard sound may wait for so many blocks: a busy machine loses none.
_BLOCKS: Final = 32
#: Silence ahead of what is played, so that none of it is late.
_AHEAD: Final = 4
_OPEN_WITHIN_S: Final = 3.0
#: A block that doesn't come for so long: the card is gone.
_LOST_S: Final = 3.0
_WRITE, _READ = 1, 2
_EVENT_WAITS: Final = 500  # ELAST

_SET_HOOK: Final = request(_WRITE, 7, 4)
_GET_EVENT: Final = request(_READ, 8, 4)
_SET_BUFFERS: Final = request(_WRITE, 27, 24)
_SPECIFY: Final = request(_WRITE, 38, 4)
_SET_LINEAR: Final = request(_WRITE, 40, 4)
#: user.h: ``DAHDI_ONHOOK``, ``DAHDI_OFFHOOK``, ``DAHDI_RING``.
_HOOKS: Final = {Hook.ON: 0, Hook.OFF: 1, Hook.RING: 5}
#: user.h, ``DAHDI_EVENT_*``: by what the port faces.
_FROM_EXCHANGE: Final = {1: Sign.DROP, 2: Sign.RING, 17: Sign.REVERSAL, 18: Sign.RING}
_FROM_PHONE: Final = {1: Sign.DROP, 2: Sign.LIFT}
_REMOVED: Final = 20


class DahdiTap:
    """Open from its making on. Raises ``DeviceError("line-taken")`` when another process keeps the
    channel, ``DeviceError("line-lost")`` when there is none any more."""

    def __init__(
        self, channel: int, *, fxs: bool, device: Path = Path("/dev/dahdi/channel")
    ) -> None:
        self._channel = channel
        self._signs = _FROM_PHONE if fxs else _FROM_EXCHANGE
        self._file = self._opened(device)
        self._out = bytearray(_BYTES * _AHEAD)
        self._in = bytearray()
        self._told: list[Sign] = []

    def hook(self, state: Hook) -> None:
        """An exchange's drop of the battery takes a port of ours a second to forget."""
        until_s = time.monotonic() + _OPEN_WITHIN_S
        while True:
            try:
                fcntl.ioctl(self._file, _SET_HOOK, struct.pack("i", _HOOKS[state]))
                return
            except OSError as error:
                if error.errno == errno.EINPROGRESS:
                    return
                if error.errno != errno.EBUSY or time.monotonic() > until_s:
                    raise self._lost(error) from error
            time.sleep(0.05)

    def turn(self, play: Sound) -> Heard:
        self._out += play.tobytes()
        until_s = time.monotonic() + _LOST_S
        while True:
            self._write()
            self._read()
            if len(self._in) >= _BYTES:
                break
            if time.monotonic() > until_s:
                raise DeviceError("line-lost", channel=self._channel, reason="no sound")
            poll = select.poll()
            poll.register(self._file, select.POLLIN | select.POLLPRI)
            poll.poll(100)
        sound = array("h")
        sound.frombytes(bytes(self._in[:_BYTES]))
        del self._in[:_BYTES]
        told, self._told = tuple(self._told), []
        return Heard(sound, told)

    def tune(self, acim: int) -> bool:
        try:
            fcntl.ioctl(self._file, SET_ECHOTUNE, tuned(acim))
        except OSError as error:
            if error.errno in UNKNOWN:
                return False
            raise self._lost(error) from error
        return True

    def close(self) -> None:
        with suppress(OSError):  # its card is gone
            fcntl.ioctl(self._file, _SET_HOOK, struct.pack("i", _HOOKS[Hook.ON]))
        os.close(self._file)

    def _opened(self, device: Path) -> int:
        """Asterisk needs a moment to let go."""
        until_s = time.monotonic() + _OPEN_WITHIN_S
        while True:
            file = os.open(device, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                fcntl.ioctl(file, _SPECIFY, struct.pack("i", self._channel))
                buffers = struct.pack("6i", 0, 0, _BLOCKS, BLOCK, 0, 0)
                fcntl.ioctl(file, _SET_BUFFERS, buffers)
                fcntl.ioctl(file, _SET_LINEAR, struct.pack("i", 1))
                return file
            except OSError as error:
                os.close(file)
                if error.errno != errno.EBUSY:
                    raise self._lost(error) from error
                if time.monotonic() > until_s:
                    raise DeviceError("line-taken", channel=self._channel) from error
            time.sleep(0.1)

    def _write(self) -> None:
        while len(self._out) >= _BYTES:
            try:
                os.write(self._file, self._out[:_BYTES])
            except OSError as error:
                if error.errno == _EVENT_WAITS:
                    self._events()
                    continue
                if error.errno == errno.EAGAIN:
                    return
                raise self._lost(error) from error
            del self._out[:_BYTES]

    def _read(self) -> None:
        try:
            self._in += os.read(self._file, _BYTES)
        except OSError as error:
            if error.errno == _EVENT_WAITS:
                self._events()
            elif error.errno != errno.EAGAIN:
                raise self._lost(error) from error

    def _events(self) -> None:
        while True:
            try:
                (code,) = struct.unpack("i", fcntl.ioctl(self._file, _GET_EVENT, bytes(4)))
            except OSError as error:
                raise self._lost(error) from error
            if code == 0:
                return
            if code == _REMOVED:
                raise DeviceError("line-lost", channel=self._channel, reason="removed")
            if code in self._signs:
                self._told.append(self._signs[code])

    def _lost(self, error: OSError) -> DeviceError:
        return DeviceError("line-lost", channel=self._channel, reason=error.strerror or "")

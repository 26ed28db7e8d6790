"""One DAHDI channel, by its ioctls: hook, events, polarity, sound.

Numbers and structures are DAHDI's user.h. A process owns a channel: what Asterisk has open can't be
opened (``EBUSY``), and the other way round.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import struct
from enum import IntEnum
from types import TracebackType
from typing import Final, Self

#: Sound goes in blocks of 128 ms, four seconds ahead at most (DAHDI_MAX_BUF_SPACE): a busy machine
#: leaves no gap in a caller's number.
BLOCK: Final = 1024
_BLOCKS: Final = 32
_CODE: Final = 0xDA
_CHANNEL: Final = "/dev/dahdi/channel"
_IMMEDIATE: Final = 0


def _command(number: int, size: int, *, writes: bool, reads: bool = False) -> int:
    """An ioctl's number, asm-generic/ioctl.h."""
    return (writes << 30) | (reads << 31) | (size << 16) | (_CODE << 8) | number


_FLUSH: Final = _command(3, 4, writes=True)
_HOOK: Final = _command(7, 4, writes=True)
_GET_EVENT: Final = _command(8, 4, writes=False, reads=True)
_MUX: Final = _command(9, 4, writes=True, reads=True)
_SET_BUFFERS: Final = _command(27, 24, writes=True)
_SPECIFY: Final = _command(38, 4, writes=True)
_SET_POLARITY: Final = _command(92, 4, writes=True)
_GET_STATS: Final = _command(60, 12, writes=False, reads=True)
#: ``DAHDI_FLUSH_*`` and ``DAHDI_IOMUX_*``.
_HEARD, _TO_PLAY = 1, 2
_ALL_PLAYED, _NO_WAIT = 4, 0x100


class Hook(IntEnum):
    """What an FXS port does (``DAHDI_ONHOOK`` …). ``ON`` of a line that is still in use drops the
    battery for half a second, which is how an exchange says that the call is over."""

    ON = 0
    OFF = 1
    RING = 5


class Event(IntEnum):
    """What the line did (``DAHDI_EVENT_*``); others are passed over."""

    ON_HOOK = 1
    OFF_HOOK = 2
    FLASH = 3
    ALARM = 4
    NO_ALARM = 5
    RING_ENDS = 11
    REMOVED = 20


class Gone(Exception):
    """The card was pulled out."""


class Channel:
    """Open for as long as the object lives, or a ``with`` block. Raises ``OSError`` when another
    process has the channel, ``Gone`` from any call once its card is out."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._file = os.open(_CHANNEL, os.O_RDWR | os.O_NONBLOCK)
        try:
            self._set(_SPECIFY, number)
            buffers = struct.pack("6i", _IMMEDIATE, _IMMEDIATE, _BLOCKS, BLOCK, 0, 0)
            fcntl.ioctl(self._file, _SET_BUFFERS, buffers)
        except OSError:
            os.close(self._file)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        os.close(self._file)

    def fileno(self) -> int:
        return self._file

    def hook(self, state: Hook) -> None:
        """``BlockingIOError`` is the kernel's ``EBUSY``: the last battery drop isn't over yet."""
        try:
            self._set(_HOOK, state)
        except OSError as error:
            match error.errno:
                case errno.EINPROGRESS:  # ringing has begun
                    pass
                case errno.EBUSY:
                    raise BlockingIOError(*error.args) from error
                case _:
                    raise

    def polarity(self, *, reverse: bool) -> None:
        self._set(_SET_POLARITY, int(reverse))

    def voltages(self) -> tuple[int, int, int]:
        """Tip, ring and battery, mV."""
        tip, ring, battery = struct.unpack("3i", fcntl.ioctl(self._file, _GET_STATS, bytes(12)))
        return tip, ring, battery

    def event(self) -> Event | None:
        """The next event that waits; None when none does."""
        while True:
            try:
                (code,) = struct.unpack("i", fcntl.ioctl(self._file, _GET_EVENT, bytes(4)))
            except OSError as error:
                raise self._gone(error) from error
            if code == 0:
                return None
            if code in Event:
                return Event(code)

    def wait(self, timeout_s: float, *, to_write: bool = False, to_read: bool = False) -> int:
        """Waits for an event, and for room or sound where asked; ``select.POLL*`` bits."""
        poll = select.poll()
        wanted = select.POLLPRI | (to_write and select.POLLOUT) | (to_read and select.POLLIN)
        poll.register(self._file, wanted)
        for _, bits in poll.poll(max(timeout_s, 0) * 1000):
            if bits & (select.POLLERR | select.POLLHUP | select.POLLNVAL):
                raise Gone
            return bits
        return 0

    def write(self, sound: bytes) -> bool:
        """At most a block; False when there is no room for it, or an event waits."""
        try:
            os.write(self._file, sound)
        except OSError as error:
            if error.errno in {errno.EAGAIN, 500}:  # 500: DAHDI's ELAST, an event waits
                return False
            raise self._gone(error) from error
        return True

    def read(self) -> bytes:
        """At most a block; empty when none is there, or an event waits."""
        try:
            return os.read(self._file, BLOCK)
        except OSError as error:
            if error.errno in {errno.EAGAIN, 500}:
                return b""
            raise self._gone(error) from error

    def flush(self) -> None:
        """What is still to be played isn't; what was heard and not read is forgotten."""
        self._set(_FLUSH, _TO_PLAY | _HEARD)

    def played(self) -> bool:
        """All that was written has been played."""
        asked = struct.pack("i", _ALL_PLAYED | _NO_WAIT)
        try:
            (answer,) = struct.unpack("i", fcntl.ioctl(self._file, _MUX, asked))
        except OSError as error:
            raise self._gone(error) from error
        return bool(answer & _ALL_PLAYED)

    def _set(self, command: int, value: int) -> None:
        try:
            fcntl.ioctl(self._file, command, struct.pack("i", value))
        except OSError as error:
            raise self._gone(error) from error

    @staticmethod
    def _gone(error: OSError) -> Exception:
        return Gone() if error.errno == errno.ENODEV else error

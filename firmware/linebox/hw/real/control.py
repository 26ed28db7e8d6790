"""DAHDI's master device: what a span and a channel do right now, by ioctl (dahdi/user.h).

``/dev/dahdi/ctl`` answers for every channel, also for those that Asterisk holds open, so nothing
has to be taken from a call to be looked at.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final, Protocol

_CONFIGURE_S: Final = 20.0
#: What dahdi_cfg locks itself by (sem_open(3)).
_LOCK: Final = Path("/dev/shm/sem.dahdi_cfg")  # noqa: S108  not a file for data
_CODE: Final = 0xDA  # user.h, DAHDI_CODE
_READ, _WRITE = 2, 1  # asm-generic/ioctl.h


def request(direction: int, number: int, size: int) -> int:
    """``_IOC`` of asm-generic/ioctl.h, which x86-64 and arm64 share."""
    return (direction << 30) | (size << 16) | (_CODE << 8) | number


class _Params(ctypes.Structure):
    """``struct dahdi_params``."""

    _fields_ = (
        *((name, ctypes.c_int) for name in ("channo", "spanno", "chanpos", "sigtype", "sigcap")),
        *((name, ctypes.c_int) for name in ("rxisoffhook", "rxbits", "txbits", "txhooksig")),
        *((name, ctypes.c_int) for name in ("rxhooksig", "curlaw", "idlebits")),
        ("name", ctypes.c_char * 40),
        ("times", ctypes.c_int * 11),
        ("chan_alarms", ctypes.c_uint32),
    )


class _SpanInfo(ctypes.Structure):
    """``struct dahdi_spaninfo``, packed."""

    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (
        ("spanno", ctypes.c_int),
        ("name", ctypes.c_char * 20),
        ("desc", ctypes.c_char * 40),
        *((name, ctypes.c_int) for name in ("alarms", "txlevel", "rxlevel")),
        *((name, ctypes.c_int) for name in ("bpvcount", "crc4count", "ebitcount", "fascount")),
        *((name, ctypes.c_uint32) for name in ("fecount", "cvcount", "becount", "prbs", "errsec")),
        *((name, ctypes.c_int) for name in ("irqmisses", "syncsrc", "numchans", "totalchans")),
        *((name, ctypes.c_int) for name in ("totalspans", "lbo", "lineconfig")),
        ("lboname", ctypes.c_char * 40),
        ("location", ctypes.c_char * 40),
        ("manufacturer", ctypes.c_char * 40),
        ("devicetype", ctypes.c_char * 40),
        ("irq", ctypes.c_int),
        ("linecompat", ctypes.c_int),
        ("spantype", ctypes.c_char * 6),
    )


class _Maintenance(ctypes.Structure):
    """``struct dahdi_maintinfo``."""

    _fields_ = (("spanno", ctypes.c_int), ("command", ctypes.c_int))


class _Indirect(ctypes.Structure):
    """``struct dahdi_indirect_data``: an ioctl on a channel by way of the master device."""

    _fields_ = (("chan", ctypes.c_int), ("op", ctypes.c_int), ("data", ctypes.c_void_p))


class _Volts(ctypes.Structure):
    """``struct wctdm_stats`` (wctdm_user.h): millivolts."""

    _fields_ = (("tip", ctypes.c_int), ("ring", ctypes.c_int), ("battery", ctypes.c_int))


GET_PARAMS: Final = request(_READ | _WRITE, 5, ctypes.sizeof(_Params))
SPANSTAT: Final = request(_READ | _WRITE, 10, ctypes.sizeof(_SpanInfo))
MAINT: Final = request(_WRITE, 11, ctypes.sizeof(_Maintenance))
INDIRECT: Final = request(_READ | _WRITE, 56, ctypes.sizeof(_Indirect))
GET_STATS: Final = request(_READ, 60, ctypes.sizeof(_Volts))
#: ``struct wctdm_echo_coefs``: ACIM, eight coefficients of the chip's digital hybrid, a byte each.
SET_ECHOTUNE: Final = request(_WRITE, 63, 9)
#: What a driver answers that doesn't know a request.
UNKNOWN: Final = frozenset({errno.ENOTTY, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})


def tuned(acim: int) -> bytes:
    """What ``SET_ECHOTUNE`` takes: that impedance, the hybrid off."""
    return bytes((acim, *bytes(8)))


class Hook(IntEnum):
    """What a channel is told (kernel.h, ``enum dahdi_rxsig``) and tells (``dahdi_txsig``).

    Of an FXO port: receiving ``OFFHOOK`` is battery, ``ONHOOK`` none, ``RING`` the exchange rings.
    Of an FXS port: receiving ``OFFHOOK`` is a lifted telephone; telling ``START`` rings it.
    """

    NONE = -1
    ONHOOK = 0
    OFFHOOK = 1
    START = 2
    RING = 3
    INITIAL = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelStat:
    """``alarms``: bits of user.h (``DAHDI_ALARM_*``)."""

    receives: int
    tells: int
    alarms: int
    configured: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanStat:
    """``config``: bits of user.h (``DAHDI_CONFIG_*``); ``source``: the span whose clock counts;
    ``pattern``: that of a bit-error test comes, with so many ``bit_errors``."""

    alarms: int
    config: int
    source: int
    bpv: int
    crc4: int
    ebit: int
    fas: int
    pattern: bool = False
    bit_errors: int = 0


class Control(Protocol):
    """The master device; None where it can't tell."""

    def span(self, number: int) -> SpanStat | None: ...

    def channel(self, number: int) -> ChannelStat | None: ...

    def battery_mv(self, channel: int) -> int | None: ...

    def tune(self, channel: int, acim: int) -> None:
        """Raises ``OSError``: one of ``UNKNOWN`` where the card has no such thing."""
        ...

    def maintain(self, span: int, command: int) -> None:
        """Raises ``OSError``: ``ENOSYS`` where the card has no such thing."""
        ...

    def write(self, attribute: Path, said: str) -> None:
        """Say something to a file of ``/sys``. Raises ``OSError``."""
        ...

    def dahdi_cfg(self, words: Sequence[str]) -> str:
        """Run DAHDI's configuration program. Raises ``OSError`` with what it said."""
        ...


class Master:
    """The device itself, opened when it is there and anew when it went."""

    def __init__(self, path: Path = Path("/dev/dahdi/ctl")) -> None:
        self._path = path
        self._fd: int | None = None
        #: Channels whose driver has no voltages: asked once.
        self._mute: set[int] = set()

    def span(self, number: int) -> SpanStat | None:
        info = _SpanInfo(spanno=number)
        if not self._ask(SPANSTAT, info):
            return None
        return SpanStat(
            alarms=info.alarms,
            config=info.lineconfig,
            source=info.syncsrc,
            bpv=info.bpvcount,
            crc4=info.crc4count,
            ebit=info.ebitcount,
            fas=info.fascount,
            pattern=bool(info.prbs),
            bit_errors=info.becount,
        )

    def channel(self, number: int) -> ChannelStat | None:
        params = _Params(channo=number)
        if not self._ask(GET_PARAMS, params):
            return None
        return ChannelStat(
            receives=params.rxhooksig,
            tells=params.txhooksig,
            alarms=params.chan_alarms,
            configured=params.sigtype != 0,
        )

    def battery_mv(self, channel: int) -> int | None:
        if channel in self._mute:
            return None
        volts = _Volts()
        wish = _Indirect(
            chan=channel,
            op=ctypes.c_int(GET_STATS).value,
            data=ctypes.cast(ctypes.pointer(volts), ctypes.c_void_p),
        )
        if not self._ask(INDIRECT, wish):
            self._mute.add(channel)
            return None
        return int(volts.battery)

    def tune(self, channel: int, acim: int) -> None:
        data = ctypes.create_string_buffer(tuned(acim), len(tuned(acim)))
        wish = _Indirect(
            chan=channel,
            op=ctypes.c_int(SET_ECHOTUNE).value,
            data=ctypes.cast(data, ctypes.c_void_p),
        )
        with self._path.open("rb+", buffering=0) as device:
            fcntl.ioctl(device, INDIRECT, wish)

    def maintain(self, span: int, command: int) -> None:
        with self._path.open("rb+", buffering=0) as device:
            fcntl.ioctl(device, MAINT, bytes(_Maintenance(spanno=span, command=command)))

    def write(self, attribute: Path, said: str) -> None:
        attribute.write_text(said, "ascii")

    def dahdi_cfg(self, words: Sequence[str]) -> str:
        self._mute.clear()
        _LOCK.unlink(missing_ok=True)  # of one that was killed: nobody else runs it
        try:
            done = subprocess.run(
                ["dahdi_cfg", *words],
                capture_output=True,
                text=True,
                timeout=_CONFIGURE_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise OSError(errno.ETIMEDOUT, "dahdi_cfg doesn't end") from error
        if done.returncode:
            said = done.stderr.strip() or f"dahdi_cfg: {done.returncode}"
            raise OSError(errno.EINVAL, said.splitlines()[0])
        return done.stdout

    def _ask(self, request: int, about: ctypes.Structure) -> bool:
        if self._fd is None and not self._open():
            return False
        assert self._fd is not None
        try:
            fcntl.ioctl(self._fd, request, about)
        except OSError as error:
            if error.errno == errno.ENODEV:
                os.close(self._fd)
                self._fd = None
            return False
        return True

    def _open(self) -> bool:
        try:
            self._fd = os.open(self._path, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return False
        return True

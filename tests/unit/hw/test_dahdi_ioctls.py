"""The master device's ioctls, as a C compiler has them from dahdi/user.h 3.4 (x86-64, arm64)."""

from __future__ import annotations

from pathlib import Path

import pytest

from linebox.hw.real import control
from linebox.hw.real.control import Master


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_numbers_are_those_of_the_header() -> None:
    assert [
        control.GET_PARAMS,
        control.SPANSTAT,
        control.MAINT,
        control.INDIRECT,
        control.GET_STATS,
        control.SET_ECHOTUNE,
    ] == [0xC088DA05, 0xC13ADA0A, 0x4008DA0B, 0xC010DA38, 0x800CDA3C, 0x4009DA3F]
    assert control.tuned(3) == bytes([3, 0, 0, 0, 0, 0, 0, 0, 0])


def test_without_the_device_nothing_is_known(tmp_path: Path) -> None:
    master = Master(tmp_path / "ctl")
    assert master.span(1) is None
    assert master.channel(1) is None
    assert master.battery_mv(1) is None


def test_a_device_that_knows_no_such_thing_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "ctl").touch()
    before = open_files()
    master = Master(tmp_path / "ctl")
    for _ in range(3):
        assert master.span(1) is None
        with pytest.raises(OSError) as refused:
            master.tune(1, 3)
        assert refused.value.errno in control.UNKNOWN
    assert open_files() == before + 1

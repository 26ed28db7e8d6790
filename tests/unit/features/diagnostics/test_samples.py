"""A minute of the box: the most of what was seen, the CPU between its ends (SET-9)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from linebox.desks.home.ceilings import Measured
from linebox.features.diagnostics.samples import Look, Minute, Needs, Sample, Sampler, needs

AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def needed(cpu_ms: int | None) -> Needs:
    return Needs(cpu_ms=cpu_ms, asterisk_ms=cpu_ms, memory_mb=500, disk_free_mb=1000, disk_mb=4000)


@pytest.mark.req("SET-9")
def test_a_minute_has_the_most_of_its_looks_and_the_time_of_its_calls() -> None:
    minute = Minute(100.0, needed(5_000))
    for at_s, calls, waiting in ((105.0, 2, 0), (110.0, 4, 3), (120.0, 1, 1)):
        minute.look(at_s, Look(calls=calls, waiting=waiting, trunk_capacity=30))
    row = minute.row(AT, needed(6_500))
    assert (row.calls, row.waiting, row.trunk_capacity) == (4, 3, 30)
    assert row.call_s == 2 * 5 + 4 * 5 + 1 * 10
    assert (row.seconds, row.cpu_ms) == (20.0, 1_500)


def test_cpu_is_not_told_for_a_minute_in_which_the_count_began_anew() -> None:
    minute = Minute(0.0, needed(5_000))
    minute.look(60.0, Look())
    assert minute.row(AT, needed(20)).cpu_ms is None
    assert minute.row(AT, needed(None)).cpu_ms is None


async def test_a_row_a_minute_and_a_lost_one_does_not_stop_the_next() -> None:
    rows: list[Sample] = []

    async def needs_now() -> Needs:
        return needed(0)

    async def file(row: Sample) -> None:
        rows.append(row)
        if len(rows) == 1:
            raise TimeoutError

    sampler = Sampler(lambda: Look(calls=1), needs_now, file)
    for step in range(26):
        try:
            await sampler.tick(step * 5.0, AT)
        except TimeoutError:
            assert step == 12
    assert [row.seconds for row in rows] == [60.0, 60.0]


def test_needs_come_from_the_control_groups(tmp_path: Path) -> None:
    (tmp_path / "asterisk.service").mkdir()
    (tmp_path / "cpu.stat").write_text("usage_usec 7654321\nuser_usec 1\n")
    (tmp_path / "asterisk.service/cpu.stat").write_text("usage_usec 1234567\n")
    (tmp_path / "memory.current").write_text(str(700 * 2**20))
    (tmp_path / "memory.stat").write_text(f"anon 1\ninactive_file {200 * 2**20}\n")
    found = needs(tmp_path, tmp_path)
    assert (found.cpu_ms, found.asterisk_ms, found.memory_mb) == (7654, 1234, 500)
    assert 0 < found.disk_free_mb <= found.disk_mb
    assert needs(tmp_path, tmp_path / "nothing").cpu_ms is None


@pytest.mark.req("SET-9")
@pytest.mark.parametrize(
    ("call_min", "ms", "ceiling"),
    [(500.0, 1_200.0, 80), (500.0, 2_400.0, 40), (29.0, 1_200.0, None), (0.0, None, None)],
)
def test_the_ceiling_is_what_the_processors_carry_once_enough_was_measured(
    call_min: float, ms: float | None, ceiling: int | None
) -> None:
    assert Measured(call_min=call_min, ms_per_call_min=ms).calls(2) == ceiling

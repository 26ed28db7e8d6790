"""The table of regions: the longest prefix tells; a site's own table replaces the shipped one."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from linebox.features.customers.regions import Regions, national

HEAD = "# source: a test\n# date: 2026-11-22\nprefix,zh,en\n"


def table(path: Path, rows: str) -> Path:
    path.write_text(HEAD + rows, encoding="utf-8")
    return path


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    return table(
        tmp_path / "shipped.csv",
        '010,北京市,Beijing\n0571,浙江省杭州市,"Hangzhou, Zhejiang"\n057188,西湖区,West Lake\n'
        "1390000,新疆乌鲁木齐市,Urumchi\n13901,北京市,Beijing\n",
    )


@pytest.mark.req("AGT-3")
@pytest.mark.parametrize(
    ("number", "zh"),
    [
        ("13900001111", "新疆乌鲁木齐市"),
        ("+8613900001111", "新疆乌鲁木齐市"),
        ("013901234567", "北京市"),
        ("057188001234", "西湖区"),
        ("057187001234", "浙江省杭州市"),
        ("+8657187001234", "浙江省杭州市"),
        ("8601012345678", "北京市"),
        ("01012345678", "北京市"),
        ("13900011111", None),
        ("19900011111", None),
        ("+12125551234", None),
        ("4008001234", None),
        ("anonymous", None),
        ("invalid", None),
        ("", None),
    ],
)
def test_the_longest_prefix_tells_the_region(shipped: Path, number: str, zh: str | None) -> None:
    found = Regions(shipped, shipped.with_name("none.csv")).find(number)
    assert (found.zh if found else None) == zh


def test_a_name_with_a_comma_is_read_whole(shipped: Path) -> None:
    found = Regions(shipped, shipped.with_name("none.csv")).find("057187001234")
    assert found is not None
    assert found.en == "Hangzhou, Zhejiang"


def test_any_table_gives_what_reading_it_line_by_line_gives(tmp_path: Path) -> None:
    dice = random.Random(7)
    prefixes = {"1" + str(dice.randrange(3, 10)) for _ in range(3)}
    while len(prefixes) < 800:
        prefixes.add(f"1{dice.randrange(3 * 10**5, 10**6)}"[: dice.randrange(3, 8)])
    rows = "".join(f"{one},地{one},p{one}\n" for one in sorted(prefixes))
    regions = Regions(table(tmp_path / "r.csv", rows), tmp_path / "none.csv")
    for _ in range(3000):
        number = f"1{dice.randrange(3 * 10**9, 10**10)}"
        fits = [number[:n] for n in range(2, 12) if number[:n] in prefixes]
        found = regions.find(number)
        assert (found.en if found else None) == (f"p{fits[-1]}" if fits else None), number


def test_the_sites_own_table_is_used_when_it_comes_and_left_when_it_goes(shipped: Path) -> None:
    own = shipped.with_name("own.csv")
    regions = Regions(shipped, own)
    assert str(regions.find("13900001111")).count("乌鲁木齐")
    table(own, "139,甲地,A\r\n")
    assert regions.find("13900001111") == ("甲地", "A")
    table(own, "139,乙地,B long\n")
    assert regions.find("13900001111") == ("乙地", "B long")
    own.unlink()
    assert str(regions.find("13900001111")).count("乌鲁木齐")


@pytest.mark.parametrize(
    "rows", ["139,甲,A\n138,乙,B\n", "139,甲\n", "13x,甲,A\n", "139,甲,A\n139,乙,B\n"]
)
def test_a_wrong_table_of_the_sites_is_told_and_not_used(
    shipped: Path, rows: str, caplog: pytest.LogCaptureFixture
) -> None:
    own = table(shipped.with_name("own.csv"), rows)
    regions = Regions(shipped, own)
    assert str(regions.find("13900001111")).count("乌鲁木齐")
    assert regions.find("010") is None
    assert [record.getMessage().count(str(own)) for record in caplog.records] == [1]


def test_no_table_at_all_knows_nothing(tmp_path: Path) -> None:
    assert Regions(tmp_path / "a.csv", tmp_path / "b.csv").find("13900001111") is None


def test_look_ups_leave_no_file_open_behind(shipped: Path) -> None:
    own = shipped.with_name("own.csv")
    regions = Regions(shipped, own)
    regions.find("13900001111")
    before = len([*Path("/proc/self/fd").iterdir()])
    for n in range(5):
        table(own, f"139,甲{n},A{'x' * n}\n")
        regions.find("13900001111")
    assert len([*Path("/proc/self/fd").iterdir()]) <= before + 1


def test_numbers_are_read_as_dialled_inside_china() -> None:
    assert national("008613900001111") == "13900001111"
    assert national("95588") == ""
    assert national("+861012345678") == "01012345678"

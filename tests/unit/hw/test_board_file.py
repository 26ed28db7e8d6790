"""The board file: read strictly, mistakes told by file and line (architecture, section 8)."""

from __future__ import annotations

from pathlib import Path

import pytest

from linebox.base.errors import ConfigError
from linebox.base.messages import told_error
from linebox.hw import board
from linebox.hw.board import Board, Driver
from linebox.hw.protocols import SpanType

BOARDS = Path(__file__).parents[3] / "board"
GOOD = """model = "pc"
zh = "机"
en = "box"

[telephony]
driver = "dahdi"

[[telephony.local]]
hardware_id = "a"
kind = "e1"

[[telephony.local]]
hardware_id = "b"
kind = "fxo"
"""


def read(folder: Path, text: str) -> Board:
    path = folder / "board.toml"
    path.write_text(text, "utf-8")
    return board.read(path)


def test_our_own_boards_are_right() -> None:
    found = {path.parent.name: board.read(path) for path in BOARDS.glob("*/board.toml")}
    assert set(found) == {"sim", "vm", "pc", "rpi5"}
    for name, one in found.items():
        assert one.model == name
        assert one.telephony.driver is (Driver.SIM if name == "sim" else Driver.DAHDI)


def test_a_good_file_is_read(tmp_path: Path) -> None:
    read_ = read(tmp_path, GOOD)
    assert [one.kind for one in read_.telephony.local] == [SpanType.E1, SpanType.FXO]


@pytest.mark.parametrize(
    ("before", "after", "line", "field"),
    [
        ('driver = "dahdi"', 'driver = "wanpipe"', 6, "telephony.driver"),
        ('driver = "dahdi"', 'drivers = "dahdi"', 6, "telephony.drivers"),
        ('driver = "dahdi"\n', "", 5, "telephony.driver"),
        ('kind = "fxo"', 'kind = "isdn"', 14, "telephony.local.1.kind"),
        ('kind = "fxo"', 'kind = "fxo"\nbaud = 1', 15, "telephony.local.1.baud"),
        ('kind = "fxo"\n', "", 12, "telephony.local.1.kind"),
        ('en = "box"', "en = 3", 3, "en"),
        ('driver = "dahdi"', 'driver = "dahdi"\nignore = ["x", 5]', 7, "telephony.ignore.1"),
        ('zh = "机"\n', "", 1, "zh"),
    ],
)
def test_a_wrong_field_is_told_with_its_line(
    tmp_path: Path, before: str, after: str, line: int, field: str
) -> None:
    assert before in GOOD
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, GOOD.replace(before, after))
    error = caught.value
    assert (error.code, error.fields["line"], error.fields["field"]) == ("toml-wrong", line, field)
    said = told_error(error)
    for language in ("zh", "en"):
        assert f"{line}" in str(said[language])
        assert "board.toml" in str(said[language])
        assert "?" not in str(said[language])


def test_what_is_no_toml_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, GOOD.replace('en = "box"', "en = box"))
    assert (caught.value.code, caught.value.fields["line"]) == ("toml-unreadable", 3)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="toml-missing"):
        board.read(tmp_path / "board.toml")


@pytest.mark.parametrize(
    ("kernel", "file", "container", "model"),
    [
        ("quiet linebox.board=vm ro", "rpi5", True, "vm"),
        ("quiet", "rpi5\n", True, "rpi5"),
        ("quiet", "", True, "sim"),
        ("quiet", "", False, "pc"),
        ("linebox.board=../../etc", "", False, "pc"),
    ],
)
def test_the_model_is_the_kernels_word_then_the_files_then_the_place(
    tmp_path: Path, kernel: str, file: str, container: bool, model: str
) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cmdline").write_text(kernel)
    if file:
        (tmp_path / "etc/linebox").mkdir(parents=True)
        (tmp_path / "etc/linebox/board").write_text(file)
    if container:
        (tmp_path / "run/systemd").mkdir(parents=True)
        (tmp_path / "run/systemd/container").write_text("systemd-nspawn")
    assert board.model(tmp_path) == model

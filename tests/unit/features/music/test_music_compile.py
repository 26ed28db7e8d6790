"""Music → musiconhold.conf."""

from __future__ import annotations

import pytest

from linebox.asterisk.confwriter import Writer, sections
from linebox.features.music.compile import classes
from linebox.features.music.model import Music, Piece

pytestmark = pytest.mark.req("ACD-5")
OWN = Music(
    id=4,
    name="own",
    pieces=(Piece(file="a" * 32, name="one"), Piece(file="b" * 32, name="two")),
)


def made(default: int | None, of_groups: dict[int, int | None]) -> dict[str, str]:
    out = Writer()
    classes(out, (OWN,), default=default, of_groups=of_groups)
    return sections(out.text())


def test_without_own_music_all_hear_what_the_box_came_with() -> None:
    found = made(None, {1: None, 2: None})
    assert list(found) == ["default"]
    assert "directory = moh" in found["default"]


def test_a_group_plays_its_pieces_in_their_order_and_others_the_boxs() -> None:
    found = made(None, {1: None, 2: 4})
    assert list(found) == ["default", "g2"]
    entries = [line for line in found["g2"].splitlines() if line.startswith("entry")]
    assert entries == [f"entry = /data/prompts/files/{digit * 32}" for digit in "ab"]
    assert "entry" not in found["default"]


def test_the_boxs_music_may_be_own() -> None:
    assert "mode = playlist" in made(4, {})["default"]

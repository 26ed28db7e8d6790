"""The way to hostd: its file arrives whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.peer import answering, head, whole
from linebox.base.errors import Unavailable
from linebox.features.host.client import Hostd


async def test_big_file_that_comes_in_pieces_arrives_whole(tmp_path: Path) -> None:
    pieces = [bytes([n]) * 300_000 for n in range(8)]
    socket = tmp_path / "api.sock"

    async with answering(socket, head(2_400_000, "application/zip"), *pieces):
        got = await Hostd(socket).file("/bundle", {})

    assert got == b"".join(pieces)


async def test_words_in_the_place_of_a_file_are_no_file(tmp_path: Path) -> None:
    socket = tmp_path / "api.sock"

    async with answering(socket, whole(b"{}")):
        with pytest.raises(Unavailable, match="hostd-away"):
            await Hostd(socket).file("/bundle", {})

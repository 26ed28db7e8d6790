"""Asterisk is told what is new, and all of it when it has started anew."""

from __future__ import annotations

import pytest

from linebox.base.errors import Unavailable
from linebox.features.voicemail.waiting import Lamps


class Asterisk:
    def __init__(self) -> None:
        self.told: list[tuple[str, int]] = []
        self.away = False

    async def tell(self, mailbox: str, waiting: int) -> None:
        if self.away:
            raise Unavailable("asterisk-away", reason="test")
        self.told.append((mailbox, waiting))


def alive() -> None:
    pass


@pytest.mark.req("TEL-2", "TEL-5")
async def test_only_what_changed_is_told() -> None:
    asterisk, lamps = Asterisk(), Lamps()
    await lamps.show(asterisk, "s1", {"8001": 0, "8002": 2}, alive)
    assert asterisk.told == [("8001@phones", 0), ("8002@phones", 2)]
    await lamps.show(asterisk, "s1", {"8001": 0, "8002": 1}, alive)
    assert asterisk.told[2:] == [("8002@phones", 1)]


@pytest.mark.req("TEL-2", "TEL-5")
async def test_a_new_start_is_told_everything() -> None:
    asterisk, lamps = Asterisk(), Lamps()
    await lamps.show(asterisk, "s1", {"8001": 1}, alive)
    await lamps.show(asterisk, "s2", {"8001": 1}, alive)
    assert asterisk.told == [("8001@phones", 1)] * 2


@pytest.mark.req("TEL-5")
async def test_what_was_not_taken_is_told_again() -> None:
    asterisk, lamps = Asterisk(), Lamps()
    asterisk.away = True
    with pytest.raises(Unavailable):
        await lamps.show(asterisk, "s1", {"8001": 1}, alive)
    asterisk.away = False
    await lamps.show(asterisk, "s1", {"8001": 1}, alive)
    assert asterisk.told == [("8001@phones", 1)]

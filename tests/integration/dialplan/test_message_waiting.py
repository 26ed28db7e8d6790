"""Asterisk takes from calld how many messages wait, and tells the telephones (TEL-2, TEL-5)."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from fixtures.dialplan_house import SECRETS
from fixtures.dialplan_line import Line
from fixtures.handset import Handset
from fixtures.rig import BOX, PHONES

_TELL = """
import asyncio, sys
from linebox.asterisk.mwi import Mwi
async def main():
    async with Mwi(sys.argv[1]) as mwi:
        await mwi.tell(sys.argv[2], int(sys.argv[3]))
asyncio.run(main())
"""


def tell(line: Line, extension: str, waiting: int, *, secret: str = "practice") -> str:
    return line.rig.sh(
        sys.executable, "-c", _TELL, secret, f"{extension}@phones", str(waiting), check=False
    )


@pytest.fixture
def phone(line: Line) -> Iterator[Handset]:
    line.rig.asterisk("database deltree registrar")
    made = Handset(line.rig.holder, PHONES, BOX, "8001", secret=SECRETS["8001"])
    made.register()
    line.reachable("8001")
    yield made
    made.end()


@pytest.mark.req("TEL-2", "TEL-5")
def test_lamp_of_a_registered_telephone_follows_what_is_told(line: Line, phone: Handset) -> None:
    assert tell(line, "8001", 2) == ""
    phone.until("lamp on", lambda: phone.lamp is True, 3)
    assert "Voice-Message: 2/0" in phone.summaries[-1]
    assert tell(line, "8001", 0) == ""
    phone.until("lamp out", lambda: phone.lamp is False, 3)


@pytest.mark.req("TEL-2", "TEL-5")
def test_telephone_that_registers_later_is_told_at_once(line: Line, phone: Handset) -> None:
    assert tell(line, "8001", 1) == ""
    phone.end()
    line.rig.asterisk("database deltree registrar")
    line.reload()
    again = Handset(line.rig.holder, PHONES, BOX, "8001", secret=SECRETS["8001"])
    try:
        again.register()
        again.until("lamp on", lambda: again.lamp is True, 5)
        tell(line, "8001", 0)
        again.until("lamp out", lambda: again.lamp is False, 5)
    finally:
        again.end()


@pytest.mark.req("TEL-5", "SEC-2")
def test_who_does_not_know_the_secret_lights_no_lamp(line: Line, phone: Handset) -> None:
    assert tell(line, "8001", 0) == ""
    assert "401" in tell(line, "8001", 3, secret="guessed")
    assert tell(line, "8001", 0) == ""
    assert all("yes" not in told for told in phone.summaries)

"""boardd's own scenario: what is played is told when the answer comes (DIA-6)."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from linebox.config.paths import Paths
from linebox.daemons.boardd import BlockWish, Boardd, PlayWish

REPO = Path(__file__).parents[3]
SCENARIO = """
[[card]]
key = "E1"
kind = "te220"
spans = ["e1", "e1"]

[[card]]
key = "LINES"
kind = "a8b"
spans = ["fxo:4+fxs:4"]

[[event]]
at_s = 0
do = "alarm"
key = "E1/1"
alarm = "los"
"""


@pytest.fixture
def boardd(tmp_path: Path) -> Boardd:
    (tmp_path / "etc/linebox").mkdir(parents=True)
    (tmp_path / "etc/linebox/board").write_text("sim\n")
    (tmp_path / "run/linebox/boardd").mkdir(parents=True)
    shutil.copytree(REPO / "board/sim", tmp_path / "usr/share/linebox/board/sim")
    return Boardd(Paths(root=tmp_path))


def play(boardd: Boardd, scenario: str) -> None:
    assert boardd.play(PlayWish(scenario=scenario)) == {}


@pytest.mark.req("DIA-6", "TEL-1")
def test_cards_are_told_with_their_ports_when_play_returns(boardd: Boardd) -> None:
    play(boardd, SCENARIO)
    told = {card.key: card for card in boardd.hardware().cards}
    assert {key: [len(span.ports) for span in card.spans] for key, card in told.items()} == {
        "E1": [31, 31],
        "LINES": [8],
    }
    assert boardd.block("LINES/1/3", BlockWish(blocked=True)) == {}
    play(boardd, "")
    assert boardd.hardware().cards == ()


@pytest.mark.req("DIA-6")
def test_a_scenario_may_change_while_others_look(boardd: Boardd) -> None:
    """Each thread of the daemon looks when it likes; no event meets another scenario's cards."""
    over = threading.Event()
    failed: list[Exception] = []

    def look() -> None:
        while not over.is_set():
            try:
                boardd.telephony.look()
            except Exception as error:
                failed.append(error)
                return

    looking = [threading.Thread(target=look) for _ in range(3)]
    for one in looking:
        one.start()
    for _ in range(30):
        play(boardd, SCENARIO)
        play(boardd, "")
    over.set()
    for one in looking:
        one.join()
    assert failed == []

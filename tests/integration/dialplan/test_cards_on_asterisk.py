"""What the dialplan makes of telephones and lines on cards, on a real Asterisk without any: there Dial finds no channel."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from fixtures.card_house import eight_lines
from fixtures.dialplan_line import Line, line_of

#: The telephone 8005 is on channel 5; channels 1 to 4 are the lines of a trunk.
PHONE, LINES = "8005", "1-2-3-4"


@pytest.fixture(scope="module")
def cards() -> Iterator[Line]:
    with line_of(eight_lines()) as made:
        made.rig.asterisk("module load res_clioriginate.so")  # which has `channel originate`
        made.announced = ["SQLConnect", "func_odbc", "getaddrinfo"]
        yield made


def run(line: Line, *steps: str) -> None:
    """A channel of its own goes through them, for five seconds at most."""
    conf = line.rig.folder / "etc/extensions.conf"
    kept = conf.read_text().partition("[test]")[0]
    rows = "\n same => n,".join([*steps, "Hangup()"]).replace("-%H%", f"-{line.generation.hash}")
    conf.write_text(f"{kept}[test]\nexten => test,1,{rows}\n")
    line.rig.asterisk("dialplan reload")
    line.rig.asterisk("channel originate Local/test@test/n application Wait 5")


def told(line: Line, *steps: str, result: str) -> str:
    """What ``result`` is after them."""
    line.rig.asterisk("database del test result")
    run(line, *steps, f"Set(DB(test/result)=<{result}>)")
    line.rig.until(
        "they have run", lambda: "Value:" in line.rig.asterisk("database get test result")
    )
    line.rig.asterisk("channel request hangup all")
    line.quiet()
    said = line.rig.asterisk("database get test result").partition("Value:")[2].strip()
    return said.removeprefix("<").removesuffix(">")


def used(line: Line, *counts: int) -> None:
    """Points of the lines 1, 2, … today."""
    today = time.strftime("%Y%m%d", time.gmtime(time.time() + 8 * 3600))
    line.rig.asterisk("database deltree lb-used")
    for channel, count in enumerate(counts, 1):
        line.rig.asterisk(f"database put lb-used {channel} {today}-{count}")


def least(line: Line) -> str:
    return told(
        line,
        f"MSet(LB_W_CARD=g1,LB_W_LINES={LINES})",
        "Gosub(lb-least-%H%,s,1)",
        result="${LB_W_CARD} of ${LB_W_GROUP}",
    )


@pytest.mark.req("TEL-14")
@pytest.mark.parametrize(
    ("counts", "chosen"),
    [((), "1"), ((9, 3, 4, 3), "2"), ((1, 1, 1), "4"), ((100, 20, 30, 7), "4")],
)
def test_the_line_used_least_today_is_taken(
    cards: Line, counts: tuple[int, ...], chosen: str
) -> None:
    used(cards, *counts)
    assert least(cards) == f"{chosen} of g1"


@pytest.mark.req("TEL-14")
def test_yesterdays_use_doesnt_count(cards: Line) -> None:
    used(cards, 5, 5, 5, 5)
    cards.rig.asterisk("database put lb-used 3 20200101-900")
    assert least(cards) == "3 of g1"


@pytest.mark.req("TEL-14")
def test_a_call_out_counts_by_its_seconds(cards: Line) -> None:
    used(cards, 7)
    points = told(
        cards,
        "Set(LB_UP=$[${EPOCH} - 30])",
        "Gosub(lb-used-%H%,s,1(1))",
        "Gosub(lb-today-%H%,s,1(1))",
        result="${GOSUB_RETVAL}",
    )
    assert 38 <= int(points) <= 41


@pytest.mark.req("TEL-14")
def test_a_line_that_is_gone_gives_way_to_any_of_the_trunk(cards: Line) -> None:
    """None is there: each way is tried, and the call ends by itself."""
    used(cards)
    said = told(
        cards, "Gosub(lb-out-%H%,s,1(13900001111,,))", result="${GOSUB_RETVAL} ${LB_W_LINES}."
    )
    assert said == "failed ."


@pytest.mark.req("TEL-2", "AGT-2")
def test_who_transferred_on_a_card_is_known_by_number(cards: Line) -> None:
    """8005 isn't there to take the call back either: the transferred is not lost, but with the mailbox."""
    cards.rig.asterisk(f"database put lb-who {PHONE} 1003")
    cards.mark()
    run(cards, "MSet(BLINDTRANSFER=DAHDI/5-1,LB_TO=7777)", "Goto(lb-moved-%H%,s,1)")
    cards.rig.until("it is told", lambda: "LB_TRANSFER" in dict(cards.notes()))
    assert dict(cards.notes())["LB_TRANSFER"] == {
        "by": "1003",
        "ext": PHONE,
        "to": "7777",
        "kind": "back",
    }
    cards.rig.until("the mailbox has it", lambda: cards.where("lb-voicemail"))
    cards.rig.asterisk("channel request hangup all")
    cards.rig.asterisk("database deltree lb-who")
    cards.quiet()


@pytest.mark.req("TEL-2")
def test_a_channel_without_a_telephone_has_no_number(cards: Line) -> None:
    assert told(cards, "Gosub(lb-card-%H%,6,1)", result="${GOSUB_RETVAL}.") == "."


@pytest.mark.req("TEL-2", "AGT-1")
def test_an_agent_at_a_telephone_on_a_card_is_called_by_the_queue(cards: Line) -> None:
    """As ``*11`` and a screen do it: the member is the card's channel."""
    said = told(
        cards,
        f"MSet(LB_EXT={PHONE},LB_AGENT=1003,LB_A_GROUPS=g1:0)",
        "Gosub(lb-seat-%H%,s,1)",
        result="${DB(lb-at/1003)} ${QUEUE_MEMBER(g1,count)}",
    )
    assert said == f"{PHONE} 1"
    assert any(member.split()[1] == "DAHDI/5" for member in cards.members("g1"))
    told(cards, f"Gosub(lb-agent-off-%H%,s,1(1003,{PHONE},key))", result="x")
    assert cards.members("g1") == []

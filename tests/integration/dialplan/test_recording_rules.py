"""What is recorded, by rule, on a real Asterisk (REC-1): no daemon, no database."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from fixtures.dialplan_house import DID, SECRETS, SHORT, to
from fixtures.dialplan_line import CARRIER_PORT, Line
from fixtures.handset import Handset, Leg
from fixtures.rig import BOX, CARRIER, PHONES
from linebox.compiler.snapshot import Snapshot
from linebox.features.recordings.model import RecordingRules


def ruled(before: Snapshot) -> Snapshot:
    """The tests' house with groups 1 → 2 → 3 by waiting too long, the second isn't recorded, neither
    are calls out."""
    first, second, third = before.groups
    return replace(
        before,
        groups=(
            replace(first, max_wait_s=2, overflow=to("group", 2)),
            replace(second, max_wait_s=2, overflow=to("group", 3), records=False),
            replace(third, max_wait_s=2),
        ),
        recording=RecordingRules(calls_out=False),
    )


@pytest.fixture(scope="module")
def ruled_line(shared_line: Line) -> Line:
    shared_line.write(ruled(shared_line.snapshot))
    shared_line.reload()
    number = shared_line.generation.number
    shared_line.rig.until(
        "the generation",
        lambda: f"NoOp({number} " in shared_line.rig.asterisk("dialplan show s@lb-generation"),
    )
    return shared_line


def recorded(line: Line) -> list[tuple[str, str]]:
    return [(said["do"], said["why"]) for name, said in line.notes() if name == "LB_REC"]


def sounds(line: Line) -> dict[str, int]:
    """Files of recordings and their sizes."""
    folder = line.rig.data / "recordings"
    return {str(p.relative_to(folder)): p.stat().st_size for p in folder.glob("*/*")}


@pytest.mark.req("REC-1")
def test_a_group_that_isnt_recorded_is_never_and_who_moves_on_is_again(
    ruled_line: Line, line: Line
) -> None:
    before = sounds(line)
    call = line.telephones.call(SHORT, [9000])
    line.rig.until("group 2", lambda: line.where("lb-queue"))
    time.sleep(0.5)
    assert recorded(line) == [("stop", "rule")]
    assert sounds(line) == before
    line.rig.until("group 3", lambda: recorded(line)[1:])
    line.quiet()
    call.end()
    assert recorded(line)[1] == ("start", "moved")
    assert len(sounds(line)) == len(before) + 1


@pytest.mark.req("REC-1")
def test_a_call_that_moves_to_a_group_that_isnt_recorded_stops(
    ruled_line: Line, line: Line
) -> None:
    before = sounds(line)
    call = line.telephones.call(DID, [1200, "1", 9000])
    line.rig.until("the rule's stop", lambda: ("stop", "rule") in recorded(line))
    time.sleep(0.3)
    (first,) = sounds(line).keys() - before.keys()
    size = sounds(line)[first]
    time.sleep(0.8)
    assert sounds(line)[first] == size, "it goes on"
    assert size / 32000 > 2, "greeting, menu and the first group's waiting"
    line.quiet()
    call.end()
    assert recorded(line)[:3] == [("start", "all"), ("stop", "rule"), ("start", "moved")]
    assert sounds(line)[first] == size, "a second recording has a file of its own"
    assert len(sounds(line)) == len(before) + 2


def answering(leg: Leg) -> None:
    threading.Timer(0.2, leg.answer).start()


@pytest.fixture
def phone(ruled_line: Line, line: Line) -> Iterator[Handset]:
    """A phone; the carrier takes what it calls."""
    line.rig.asterisk("database deltree registrar")
    made = Handset(line.rig.holder, PHONES, BOX, "8001", secret=SECRETS["8001"])
    carrier = Handset(
        line.rig.holder, CARRIER, BOX, "carrier", port=CARRIER_PORT, on_invite=answering
    )
    made.register()
    line.rig.asterisk("pjsip qualify trunk-exchange")
    for name in ("8001", "trunk-exchange"):
        line.reachable(name)
    line.mark()
    yield made
    line.rig.asterisk("channel request hangup all")
    for one in (made, carrier):
        one.end()


@pytest.mark.req("REC-1")
def test_calls_out_are_recorded_only_if_the_rules_say_so(line: Line, phone: Handset) -> None:
    before = sounds(line)
    leg = phone.dial("13700002222").reached("up")
    time.sleep(1)
    leg.hang_up()
    line.quiet()
    assert recorded(line) == [("stop", "rule")]
    assert sounds(line) == before


@pytest.mark.req("REC-1")
def test_a_group_dialled_from_inside_follows_its_own_rule(line: Line, phone: Handset) -> None:
    for number, notes in (("*22", [("stop", "rule")]), ("*21", [("start", "all")])):
        line.mark()
        leg = phone.dial(number).reached("up")
        line.rig.until("in the group", lambda: line.where("lb-queue"))
        time.sleep(0.3)
        assert recorded(line) == notes
        leg.hang_up()
        line.quiet()

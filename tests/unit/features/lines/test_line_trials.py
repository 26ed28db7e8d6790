"""A line tried by a call: what becomes of it, by what Asterisk says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from linebox.asterisk.ami import Handler, Message
from linebox.base.errors import InputError, Unavailable
from linebox.features.lines import trial as trials
from linebox.features.lines.trial import Trials, Verdict, verdict

pytestmark = pytest.mark.req("SET-1")


@pytest.mark.parametrize(
    ("result", "cause", "rang", "said"),
    [
        ("ANSWER", 16, True, Verdict.ANSWERED),
        ("BUSY", 17, False, Verdict.BUSY),
        ("NOANSWER", 0, True, Verdict.RINGS),
        ("NOANSWER", 0, False, Verdict.SILENT),
        ("CHANUNAVAIL", 1, False, Verdict.VACANT),
        ("CHANUNAVAIL", 20, False, Verdict.AWAY),
        ("BUSY", 21, True, Verdict.DECLINED),
        ("CHANUNAVAIL", 21, False, Verdict.REFUSED),
        ("CONGESTION", 34, False, Verdict.CONGESTED),
        ("CHANUNAVAIL", 0, False, Verdict.UNREACHABLE),
        ("", 0, False, Verdict.UNREACHABLE),
        ("DENIED", 0, False, Verdict.DENIED),
        ("CANCEL", 0, False, Verdict.FAILED),
    ],
)
def test_verdict_is_plain(result: str, cause: int, rang: bool, said: Verdict) -> None:
    assert verdict(result, cause, rang=rang) is said


class Line:
    """Asterisk, as far as a trial asks it."""

    def __init__(self) -> None:
        self.heard: Handler | None = None
        self.rings = False
        self.asked: dict[str, str | Sequence[str]] = {}
        self.away = False

    @asynccontextmanager
    async def connect(self, on_event: Handler) -> AsyncIterator[Line]:
        if self.away:
            raise Unavailable("asterisk-away", reason="gone")
        self.heard = on_event
        yield self

    async def action(self, name: str, /, **headers: object) -> Message:
        self.asked = {"Action": name, **headers}  # type: ignore[dict-item]
        return Message("Success", {}, "", is_event=False)

    async def listing(self, name: str, /, **_: object) -> list[Message]:
        if name == "PJSIPShowEndpoint":
            contact = {"Status": "Reachable", "RoundtripUsec": "1500"}
            return [Message("ContactStatusDetail", contact, "", is_event=True)]
        assert name == "Status"
        leg = {
            "Channel": "PJSIP/trunk-exchange-0000001a",
            "ChannelState": "5" if self.rings else "0",
            "CallerIDNum": "13800000002",
        }
        return [Message("Status", leg, "", is_event=True)]

    async def command(self, line: str, /, **_: object) -> list[str]:
        raise AssertionError(f"a trial asked Asterisk's console: {line}")

    def tell(self, trunk: str, result: str, cause: int) -> None:
        assert self.heard is not None
        fields = {"UserEvent": "LB_TRIAL", "Trial": trunk, "Result": result, "Cause": str(cause)}
        self.heard(Message("UserEvent", fields, "", is_event=True))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "_LOOK_EVERY_S", 0.01)


async def comes_to(made: Trials, id_: int, wanted: Verdict) -> None:
    async with asyncio.timeout(5):
        while made.trial(id_).verdict is not wanted:  # noqa: ASYNC110  as a page asks
            await asyncio.sleep(0.005)


async def test_a_call_that_rings_and_is_answered_is_told_step_by_step() -> None:
    line = Line()
    made = Trials(line.connect)
    id_ = made.start("exchange", "13800000002", "abc").id
    await comes_to(made, id_, Verdict.DIALLING)
    line.rings = True
    await comes_to(made, id_, Verdict.RINGING)
    line.tell("another", "BUSY", 17)
    assert made.trial(id_).verdict is Verdict.RINGING
    line.tell("exchange", "ANSWER", 16)
    line.tell("exchange", "NOANSWER", 0)  # what comes after the verdict changes nothing
    done = made.trial(id_)
    assert done.verdict is Verdict.ANSWERED
    assert done.rang_s is not None
    assert done.ended_s is not None
    assert line.asked["Channel"] == "Local/13800000002@lb-desk-trial-abc/n"


async def test_one_at_a_time_and_an_asterisk_that_is_away_is_no_verdict_on_the_line() -> None:
    line = Line()
    made = Trials(line.connect)
    first = made.start("exchange", "13800000002", "abc").id
    with pytest.raises(InputError, match="trial-running"):
        made.start("exchange", "13800000002", "abc")
    await comes_to(made, first, Verdict.DIALLING)
    while line.heard is None:  # noqa: ASYNC110  until it has connected
        await asyncio.sleep(0)
    line.tell("exchange", "CHANUNAVAIL", 0)
    await comes_to(made, first, Verdict.UNREACHABLE)
    await asyncio.sleep(0.05)
    line.away = True
    second = made.start("exchange", "13800000002", "abc").id
    await comes_to(made, second, Verdict.FAILED)
    with pytest.raises(InputError, match="not-found"):
        made.trial(99)


@pytest.mark.req("TEL-10")
async def test_a_channel_of_a_card_is_tried_where_one_is_named() -> None:
    line = Line()
    made = Trials(line.connect)
    id_ = made.start("exchange", "13800000002", "abc", 17).id
    await comes_to(made, id_, Verdict.DIALLING)
    async with asyncio.timeout(5):
        while "Variable" not in line.asked:  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.005)
    assert "__LB_TRIAL_CH=17" in line.asked["Variable"]
    line.tell("exchange", "ANSWER", 16)

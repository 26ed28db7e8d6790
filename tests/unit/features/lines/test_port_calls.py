"""Which call is on which channel of a card, as Asterisk tells."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from linebox.asterisk.ami import AmiRefused, Message
from linebox.features.calls.live import Call, Calls, Stage
from linebox.features.lines.ports_calls import PortCall, on_ports

pytestmark = pytest.mark.req("TEL-2")

AT = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
CALLS = Calls(
    {
        "s1-1.1": Call(
            id="s1-1.1",
            from_number="13900010001",
            did="4008001234",
            trunk="telecom",
            since=AT,
            stage=Stage.TALKING,
            stage_since=AT,
            channels=frozenset({"s1-1.1", "s1-1.2"}),
            agent="1001",
        )
    },
    {"s1-1.1": "s1-1.1", "s1-1.2": "s1-1.1"},
)


@dataclass
class Asterisk:
    """``rows``: channel and unique id; None: chan_dahdi isn't loaded."""

    rows: list[tuple[str, str]] | None
    asked: list[str] = field(default_factory=list)

    async def listing(self, name: str, /, **_: object) -> list[Message]:
        self.asked.append(name)
        if self.rows is None:
            raise AmiRefused("ami-refused", action=name, message="Invalid/unknown command")
        said = "DAHDIShowChannels"
        return [
            Message(said, {"DAHDIChannel": channel, "Uniqueid": id_}, "", is_event=True)
            for channel, id_ in self.rows
        ]


def on(rows: list[tuple[str, str]] | None, calls: Calls) -> tuple[list[PortCall], list[str]]:
    asterisk = Asterisk(rows)
    told = asyncio.run(on_ports(asterisk, calls))  # type: ignore[arg-type]
    return list(told.items), asterisk.asked


def test_a_channel_in_a_call_tells_who_talks_with_whom() -> None:
    found, _ = on([("pseudo", ""), ("1", ""), ("65", "s1-1.1"), ("66", "s1-9.9")], CALLS)
    assert found == [
        PortCall(
            channel=65,
            id="s1-1.1",
            number="13900010001",
            agent="1001",
            stage=Stage.TALKING,
            since=AT,
        )
    ]


def test_a_box_without_chan_dahdi_has_no_ports() -> None:
    assert on(None, CALLS) == ([], ["DAHDIShowChannels"])


def test_where_nobody_talks_asterisk_is_not_asked() -> None:
    assert on([("65", "s1-1.1")], Calls()) == ([], [])

"""The AMI client: framing that text of callers can't break, actions, lists, time-outs."""

from __future__ import annotations

import asyncio
import itertools
from pathlib import Path
from typing import override

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linebox.asterisk import ami
from linebox.asterisk.ami import AmiClient, AmiRefused, Message, Parser
from linebox.base.errors import InputError, Unavailable

RECORDED = Path(__file__).parents[2] / "fixtures/ami"


class Wire(asyncio.Transport):
    """A transport that keeps what was written and answers by ``answers``, action → text."""

    def __init__(self, client: AmiClient, answers: dict[str, str] | None = None) -> None:
        super().__init__()
        self.client = client
        self.answers = answers or {}
        self.written: list[str] = []
        self.aborted = False
        self.reads = True
        client.connection_made(self)

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        text = bytes(data).decode()
        self.written.append(text)
        headers = dict(line.split(": ", 1) for line in text.strip().split("\r\n"))
        if answer := self.answers.get(headers["Action"]):
            said = answer.replace("\n", "\r\n").replace("%ID%", headers["ActionID"])
            asyncio.get_running_loop().call_soon(self.client.data_received, said.encode())

    @override
    def pause_reading(self) -> None:
        self.reads = False

    @override
    def resume_reading(self) -> None:
        self.reads = True

    @override
    def abort(self) -> None:
        self.aborted = True


def parsed(data: bytes, *cuts: int) -> list[Message]:
    """What a parser makes of ``data``, fed in pieces cut at ``cuts``."""
    parser = Parser()
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [
        message
        for begin, end in itertools.pairwise(edges)
        for message in parser.feed(data[begin:end])
    ]


def shown(messages: list[Message]) -> list[tuple[str, dict[str, str]]]:
    return [(message.name, message.headers) for message in messages]


def test_recorded_call_is_read_whole() -> None:
    messages = parsed((RECORDED / "one-call.bin").read_bytes())
    assert messages[0].name == "Success"
    assert not messages[0].is_event
    names = [message.name for message in messages if message.is_event]
    assert names.count("Hangup") == 2
    assert names.index("QueueCallerJoin") < names.index("AgentConnect") < names.index("Hangup")
    connect = next(message for message in messages if message.name == "AgentConnect")
    assert connect["MemberName"] == "agent-1002"
    assert connect["AccountCode"] == ""
    assert connect["NoSuchHeader"] == ""


@given(cuts=st.lists(st.integers(0, 60_000), max_size=30))
def test_pieces_don_t_matter(cuts: list[int]) -> None:
    data = (RECORDED / "one-call.bin").read_bytes()
    assert shown(parsed(data, *cuts)) == shown(parsed(data))


@pytest.mark.req("SEC-2")
def test_filtered_stream_has_no_forged_event() -> None:
    forged = [m for m in parsed((RECORDED / "hostile-all.bin").read_bytes()) if _is_forged(m)]
    assert forged, "the recording without the filter holds the forged event"
    filtered = parsed((RECORDED / "hostile-filtered.bin").read_bytes())
    assert not [message for message in filtered if _is_forged(message)]
    assert [message.name for message in filtered].count("QueueCallerJoin") == 3


def _is_forged(message: Message) -> bool:
    return message.name == "QueueMemberRemoved"


@pytest.mark.req("SEC-2")
def test_header_inside_a_value_doesn_t_override_the_real_one() -> None:
    messages = parsed((RECORDED / "hostile-all.bin").read_bytes())
    hostile = [message for message in messages if message["CallerIDNum"] == "1\nUniqueid: x"]
    assert {message.name for message in hostile} >= {"Newchannel"}
    assert all(message["Uniqueid"].startswith("1795352") for message in hostile)
    assert all(message["Linkedid"].startswith("1795352") for message in hostile)


def test_value_of_four_kilobytes_and_bytes_that_aren_t_utf8() -> None:
    long = "W" * 4096
    data = b"Event: X\r\nName: " + long.encode() + b"\r\nNum: a\xff\xfeb\r\nLast: z\r\n\r\n"
    (message,) = parsed(data)
    assert message["Name"] == long
    assert message["Num"] == "a\ufffd\ufffdb"
    assert message["Last"] == "z"


def test_line_break_in_a_value_stays_in_the_value() -> None:
    (message,) = parsed(b"Event: X\r\nNum: 12\r\n34 no header\r\nUniqueid: 7\r\n\r\n")
    assert message["Num"] == "12\n34 no header"
    assert message["Uniqueid"] == "7"


def test_what_a_message_is_is_said_by_its_first_line() -> None:
    (message,) = parsed(b"Event: Hangup\r\nNum: 1\r\nEvent: FullyBooted\r\nUniqueid: 7\r\n\r\n")
    assert message.name == "Hangup"


@given(st.binary(max_size=400))
def test_no_bytes_break_the_parser(data: bytes) -> None:
    whole = b"Event: Good\r\nKey: value\r\n\r\n"
    messages = parsed(data + b"\r\n\r\n" + whole)
    assert shown(messages)[-1] == ("Good", {"Event": "Good", "Key": "value"})


def test_message_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ami, "MAX_MESSAGE_BYTES", 1000)
    parser = Parser()
    with pytest.raises(Unavailable, match="ami-message-without-end"):
        for _ in range(100):
            list(parser.feed(b"x" * 100))


async def test_answer_goes_to_its_action_and_events_to_the_handler() -> None:
    seen: list[Message] = []
    client = AmiClient(seen.append)
    Wire(
        client,
        {
            "QueueAdd": "Event: Hangup\nUniqueid: 7\n\n"
            "Response: Success\nActionID: %ID%\nMessage: Added\n\n"
        },
    )
    answer = await client.action("QueueAdd", Queue="g1", Interface="PJSIP/8001")
    assert answer["Message"] == "Added"
    assert [event.name for event in seen] == ["Hangup"]


async def test_list_is_gathered_between_events() -> None:
    seen: list[Message] = []
    client = AmiClient(seen.append)
    Wire(
        client,
        {
            "Status": "Response: Success\nActionID: %ID%\nEventList: start\n\n"
            "Event: Status\nActionID: %ID%\nUniqueid: 1\nVariable: LB_DID=1\nVariable: B=2\n\n"
            "Event: Hangup\nUniqueid: 9\n\n"
            "Event: Status\nActionID: %ID%\nUniqueid: 2\n\n"
            "Event: StatusComplete\nActionID: %ID%\nEventList: Complete\nItems: 2\n\n"
        },
    )
    rows = await client.listing("Status", Variables="LB_DID,B")
    assert [row["Uniqueid"] for row in rows] == ["1", "2"]
    assert rows[0].all("Variable") == ["LB_DID=1", "B=2"]
    assert [event.name for event in seen] == ["Hangup"]


async def test_forged_answer_without_the_token_is_an_event_or_nothing() -> None:
    client = AmiClient()
    wire = Wire(client)
    asking = asyncio.ensure_future(client.action("Ping", timeout_s=0.05))
    await asyncio.sleep(0)
    client.data_received(b"Response: Success\r\nActionID: 1\r\n\r\n")
    with pytest.raises(Unavailable, match="asterisk-slow"):
        await asking
    assert len(wire.written) == 1


async def test_error_is_raised_with_asterisk_s_words() -> None:
    client = AmiClient()
    Wire(client, {"QueueAdd": "Response: Error\nActionID: %ID%\nMessage: No such queue\n\n"})
    with pytest.raises(AmiRefused) as caught:
        await client.action("QueueAdd", Queue="g9")
    assert caught.value.fields == {"action": "QueueAdd", "message": "No such queue"}


async def test_command_gives_its_lines() -> None:
    client = AmiClient()
    answer = "Response: Success\nActionID: %ID%\nMessage: x\nOutput: a: b\nOutput: \nOutput: c\n\n"
    Wire(client, {"Command": answer})
    assert await client.command("core show uptime") == ["a: b", "", "c"]


async def test_line_break_in_an_argument_is_refused_before_it_is_sent() -> None:
    client = AmiClient()
    wire = Wire(client)
    with pytest.raises(InputError, match="ami-line-break"):
        await client.action("QueueAdd", Queue="g1\r\nAction: Originate")
    assert wire.written == []


async def test_lost_connection_ends_what_waits() -> None:
    client = AmiClient()
    Wire(client)
    asking = asyncio.ensure_future(client.action("Ping"))
    await asyncio.sleep(0)
    client.connection_lost(None)
    with pytest.raises(Unavailable, match="asterisk-away"):
        await asking
    with pytest.raises(Unavailable, match="asterisk-away"):
        await client.action("Ping")
    with pytest.raises(Unavailable, match="asterisk-away"):
        await client.stay()


async def test_asterisk_that_hangs_is_found_by_the_ping() -> None:
    client = AmiClient()
    Wire(client)
    with pytest.raises(Unavailable, match="asterisk-slow"):
        await client.stay(every_s=0.01, timeout_s=0.02)


async def test_stay_pings_and_returns_after_its_time() -> None:
    client = AmiClient()
    wire = Wire(client, {"Ping": "Response: Success\nActionID: %ID%\nPing: Pong\n\n"})
    await client.stay(0.1, every_s=0.02)
    assert len(wire.written) >= 2


async def test_nobody_listening_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="asterisk-away"):
        async with ami.connected("calld", "x", port=1):
            pass


async def test_gathering_leaves_the_socket_alone_but_never_an_action() -> None:
    client = AmiClient(lambda _: None)
    wire = Wire(client, {"Ping": "Response: Success\nActionID: %ID%\nPing: Pong\n\n"})
    client.gather_s = 0.02
    client.data_received(b"Event: Hangup\r\nUniqueid: 7\r\n\r\n")
    assert not wire.reads
    await client.action("Ping", timeout_s=1.0)
    assert wire.reads
    client.data_received(b"Event: Hangup\r\nUniqueid: 8\r\n\r\n")
    assert not wire.reads
    await asyncio.sleep(0.05)
    assert wire.reads

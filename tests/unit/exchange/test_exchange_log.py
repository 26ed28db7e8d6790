"""The exchange's log survives what kills its daemon."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from linebox_exchange.events import Event, What, from_cel
from linebox_exchange.log import Log, Position, read_cel

pytestmark = pytest.mark.req("DIA-6")

# Recorded from the exchange's Asterisk 22.10.
ANSWER = (
    b'{"eventtype":"ANSWER","eventtime":"1795351936.133346","exten":"s","context":"from-box",'
    b'"channame":"PJSIP/box-00000000","uniqueid":"c1795351936126-1-3006","eventextra":""}'
)
KEY = (
    b'{"eventtype":"KEY","eventtime":"1795351938.136110","exten":"key","context":"steps",'
    b'"channame":"PJSIP/box-00000000","uniqueid":"c1795351936126-1-3006",'
    b'"eventextra":"{\\"extra\\":\\"1\\"}"}'
)
HANGUP = (
    b'{"eventtype":"HANGUP","eventtime":"1795351944.271104","exten":"key","context":"steps",'
    b'"channame":"PJSIP/box-00000000","uniqueid":"c1795351936126-1-3006",'
    b'"eventextra":"{\\"hangupcause\\":16,\\"hangupsource\\":\\"PJSIP/box-00000000\\",'
    b'\\"dialstatus\\":\\"\\"}"}'
)


def test_cel_lines_become_events() -> None:
    call = "c1795351936126-1-3006"
    assert [from_cel(line) for line in (ANSWER, KEY, HANGUP)] == [
        Event(call=call, what=What.ANSWER, at=1795351936.133346),
        Event(call=call, what=What.KEY, at=1795351938.136110, text="1"),
        Event(call=call, what=What.END, at=1795351944.271104, text="16;peer"),
    ]


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b'{"eventtype":"ANSWER"}', KEY[:60]])
def test_torn_or_foreign_line_tells_nothing(line: bytes) -> None:
    assert from_cel(line) is None


def test_line_without_its_end_waits(tmp_path: Path) -> None:
    cel = tmp_path / "exchange.json"
    cel.write_bytes(ANSWER + b"\n" + KEY)
    events, position = read_cel(cel, Position(0, 0))
    assert [event.what for event in events] == [What.ANSWER]
    cel.write_bytes(ANSWER + b"\n" + KEY + b"\n")
    again, _ = read_cel(cel, position)
    assert [event.what for event in again] == [What.KEY]


async def test_killed_daemon_goes_on_where_its_log_ends(tmp_path: Path) -> None:
    cel, path = tmp_path / "exchange.json", tmp_path / "log.jsonl"
    cel.write_bytes(ANSWER + b"\n")
    first = Log(path)
    assert list(first.load()) == []
    await first.append(*read_cel(cel, first.position))
    path.write_bytes(path.read_bytes() + b'{"at": 1.0, "call": "c9", "what": "pla')  # killed here
    cel.write_bytes(ANSWER + b"\n" + KEY + b"\n" + HANGUP + b"\n")

    second = Log(path)
    assert [event.what for event in second.load()] == [What.ANSWER]
    await second.append(*read_cel(cel, second.position))

    whats = [json.loads(line)["what"] for line in path.read_text().splitlines()]
    assert whats == ["answer", "key", "end"]


def test_fresh_cel_file_is_read_from_its_start(tmp_path: Path) -> None:
    cel = tmp_path / "exchange.json"
    cel.write_bytes(ANSWER + b"\n")
    events, _ = read_cel(cel, Position(1, 4096))
    assert [event.what for event in events] == [What.ANSWER]


def test_missing_cel_file_is_no_news(tmp_path: Path) -> None:
    assert read_cel(tmp_path / "none.json", Position(1, 2)) == ([], Position(1, 2))


async def test_a_file_that_a_power_cut_left_shorter_is_followed_from_its_end(
    tmp_path: Path,
) -> None:
    cel, path = tmp_path / "exchange.json", tmp_path / "log.jsonl"
    cel.write_bytes(ANSWER + b"\n" + KEY + b"\n")
    log = Log(path)
    await log.append(*read_cel(cel, log.position))
    cel.write_bytes(ANSWER + b"\n" + b"\0" * 20)  # the cut: the last record never reached the disk
    await log.append(*read_cel(cel, log.position))
    with cel.open("ab") as file:
        file.write(HANGUP + b"\n")
    events, _ = read_cel(cel, log.position)
    assert [event.what for event in events] == [What.END]

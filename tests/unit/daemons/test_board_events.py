"""boardd's events: numbered, kept, streamed to who listens; and its border's lines."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from linebox.base.clock import monotonic_s
from linebox.daemons import _sockets
from linebox.daemons._board_events import Events
from linebox.daemons._board_picture import Change
from linebox.daemons._light_http import Server

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)


def change(n: int) -> Change:
    return Change(at=AT, what="port", key=f"L/1/{n}", was="idle", is_="ringing")


def read(lines: Iterator[bytes], count: int) -> list[dict[str, object]]:
    return [json.loads(line) for line in islice(lines, count)]


def test_events_are_numbered_and_told_to_who_comes_later() -> None:
    events = Events(AT)
    events.tell([change(1), change(2)])
    start, one, two = read(events.lines(0), 3)
    assert (start["start"], start["last"]) == ("2026-11-22T08:00:00.000Z", 2)
    assert one == {
        "n": 1, "at": "2026-11-22T08:00:00.000Z", "what": "port", "key": "L/1/1",
        "was": "idle", "is": "ringing",
    }  # fmt: skip
    assert two["n"] == 2
    assert [one["n"] for one in read(events.lines(1), 2)[1:]] == [2]


def test_two_starts_are_told_apart_even_at_the_same_moment() -> None:
    assert read(Events(AT).lines(0), 1) != read(Events(AT).lines(0), 1)


def test_a_killed_ones_successor_goes_on_with_its_numbers_and_words(tmp_path: Path) -> None:
    before = Events(AT, tmp_path)
    before.tell([change(1), change(2)], {"L/1/1": "ringing", "L/1/2": "ringing"})
    after = Events(AT, tmp_path)
    assert after.words == {"L/1/1": "ringing", "L/1/2": "ringing"}
    after.tell([change(3)], {})
    start, again = read(before.lines(0), 1)[0], read(after.lines(0), 1)[0]
    assert (again["start"], again["id"]) == (start["start"], start["id"])
    assert [one["n"] for one in read(after.lines(0), 4)[1:]] == [1, 2, 3]
    assert read(Events(AT, tmp_path).lines(0), 4) == read(after.lines(0), 4)


def test_what_was_told_just_before_the_kill_counts_and_a_torn_event_does_not(
    tmp_path: Path,
) -> None:
    Events(AT, tmp_path).tell([change(1)], {"L/1/1": "idle"})
    words = (tmp_path / "told.json").read_text()
    Events(AT, tmp_path).tell([change(2)], {"L/1/1": "idle", "L/1/2": "ringing"})
    (tmp_path / "told.json").write_text(words)  # killed before it was written
    with (tmp_path / "events.jsonl").open("ab") as file:
        file.write(b'{"n": 3, "at"')
    after = Events(AT, tmp_path)
    assert (after.last, after.words) == (2, {"L/1/1": "idle", "L/1/2": "ringing"})
    after.tell([change(4)])
    assert [one["n"] for one in read(Events(AT, tmp_path).lines(0), 4)[1:]] == [1, 2, 3]


def test_what_cannot_be_understood_is_begun_anew(tmp_path: Path) -> None:
    Events(AT, tmp_path).tell([change(1)], {})
    (tmp_path / "told.json").write_text("{")
    assert Events(AT, tmp_path).last == 0 and Events(AT, tmp_path).words == {}


def test_events_are_kept_within_bounds_on_the_disk_too(tmp_path: Path) -> None:
    events = Events(AT, tmp_path)
    for n in range(60):
        events.tell([change(n)] * 100)
    assert (tmp_path / "events.jsonl").read_bytes().count(b"\n") <= 4100
    assert Events(AT, tmp_path).last == 6000
    assert read(Events(AT, tmp_path).lines(0), 2)[1]["n"] == 4001


def test_who_knows_the_newest_waits_for_the_next_and_who_doesnt_not_at_all() -> None:
    events = Events(AT)
    events.tell([change(1)])
    began_s = monotonic_s()
    events.wait(0, 5.0)
    events.wait(7, 5.0)  # of an earlier start
    assert monotonic_s() - began_s < 1
    events.wait(1, 0.1)
    assert monotonic_s() - began_s >= 0.1
    threading.Timer(0.05, lambda: events.tell([change(2)])).start()
    events.wait(1, 5.0)
    assert events.last == 2 and monotonic_s() - began_s < 2


def test_who_listens_hears_at_once() -> None:
    events = Events(AT)
    lines = events.lines(0)
    next(lines)
    threading.Timer(0.05, lambda: events.tell([change(7)])).start()
    assert json.loads(next(lines))["key"] == "L/1/7"


def test_what_is_too_old_is_a_gap_in_the_numbers() -> None:
    events = Events(AT)
    for n in range(2100):
        events.tell([change(n)])
    assert read(events.lines(0), 2)[1]["n"] == 101


def test_the_border_streams_lines_and_reads_a_query(tmp_path: Path) -> None:
    events = Events(AT)
    events.tell([change(1), change(2)])
    path = tmp_path / "api.sock"
    listening = _sockets.own(path, 0o660)
    listening.setblocking(True)
    acts = {("GET", "/events"): lambda _body, words: events.lines(int(words["after"]))}
    server = Server(listening, acts, name="boardd")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(5)
        line.connect(str(path))
        line.sendall(b"GET /events?after=1 HTTP/1.1\r\nHost: boardd\r\n\r\n")
        answer = line.makefile("rb")
        while answer.readline() not in (b"\r\n", b""):
            pass
        assert json.loads(answer.readline())["last"] == 2
        assert json.loads(answer.readline())["n"] == 2
        events.tell([change(3)])
        assert json.loads(answer.readline())["key"] == "L/1/3"
    server.shutdown()

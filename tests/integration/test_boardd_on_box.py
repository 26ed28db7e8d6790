"""boardd in a booted box: finds what a scenario plays, tells it in time, and may die at any moment."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from fixtures.boxes import Box, until
from fixtures.site import Site

SCENARIO = """
[[card]]
key = "BOX-E1"
kind = "te220"
spans = ["e1", "e1"]

[[card]]
key = "BOX-LINES"
kind = "a8b"
spans = ["fxo:4+fxs:4"]

[[event]]
at_s = 9
do = "alarm"
key = "BOX-E1/2"
alarm = "los"
"""
_ASK = """
import http.client, json, socket, sys
class Line(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX); self.sock.connect("/run/linebox/boardd/api.sock")
line = Line("boardd", timeout=20)
line.request(sys.argv[1], sys.argv[2], sys.argv[3])
answer = line.getresponse()
print(json.dumps([answer.status, json.loads(answer.read())]))
"""


_TOLD = """
import itertools, json, socket, sys
line = socket.socket(socket.AF_UNIX); line.connect("/run/linebox/boardd/api.sock"); line.settimeout(20)
line.sendall(b"GET /events?after=0 HTTP/1.0\\r\\n\\r\\n")
answer = line.makefile("rb")
while answer.readline().strip(): pass
print(json.dumps([json.loads(row) for row in itertools.islice(filter(bytes.strip, answer), int(sys.argv[1]))]))
"""


def ask(box: Box, method: str, path: str, body: object = None) -> tuple[int, Any]:
    said = "" if body is None else json.dumps(body)
    state, told = json.loads(box.sh("python3", "-c", _ASK, method, path, said))
    return state, told


def cards(box: Box) -> dict[str, Any]:
    return {card["key"]: card for card in ask(box, "GET", "/hardware")[1]["cards"]}


def whole(box: Box) -> bool:
    """After boardd's start: a span has its ports once it has its number again."""
    found = cards(box)
    ports = [len(span["ports"]) for card in found.values() for span in card["spans"]]
    return all(card["present"] for card in found.values()) and ports == [31, 31, 8]


@pytest.fixture(scope="module")
def box(site: Site) -> Iterator[Box]:
    state, told = ask(site.box, "POST", "/play", {"scenario": SCENARIO})
    assert state == 200, told
    yield site.box
    ask(site.box, "POST", "/play", {"scenario": ""})


@pytest.mark.req("DIA-6")
def test_what_is_played_is_there_when_play_returns(box: Box) -> None:
    for _ in range(5):
        assert ask(box, "POST", "/play", {"scenario": ""}) == (200, {})
        assert cards(box) == {}
        assert ask(box, "POST", "/play", {"scenario": SCENARIO}) == (200, {})
        assert set(cards(box)) == {"BOX-E1", "BOX-LINES"}
        free = ask(box, "POST", "/ports/BOX-LINES%2F1%2F3/block", {"blocked": False})
        assert free == (200, {})


@pytest.mark.req("TEL-2")
def test_an_alarm_is_told_within_two_seconds(box: Box) -> None:
    ask(box, "POST", "/play", {"scenario": SCENARIO})
    began_s = time.monotonic()

    def told() -> list[str]:
        alarms: list[str] = cards(box)["BOX-E1"]["spans"][1]["alarms"]
        return alarms

    assert until("the alarm", told, within_s=20, every_s=0.1) == ["los"]
    assert time.monotonic() - began_s < 9 + 2
    port = cards(box)["BOX-E1"]["spans"][1]["ports"][0]
    assert (port["state"], port["alarm"]) == ("alarm", "los")  # it worked before


def told(box: Box) -> list[dict[str, Any]]:
    """boardd's start, then all events that it has."""
    first = json.loads(box.sh("python3", "-c", _TOLD, "1"))[0]
    found: list[dict[str, Any]] = json.loads(box.sh("python3", "-c", _TOLD, str(1 + first["last"])))
    return found


@pytest.mark.req("TEL-1")
def test_killed_at_any_moment_it_is_back_with_what_it_knew(box: Box) -> None:
    assert ask(box, "POST", "/ports/BOX-LINES%2F1%2F3/block", {"blocked": True})[0] == 200
    until("its cards", lambda: whole(box), within_s=10)
    before = told(box)
    for n in range(50):
        box.kill9("linebox-boardd")
        until("boardd", lambda: box.systemctl("is-active", "linebox-boardd", check=False).strip() == "active",
              within_s=15, every_s=0.1)  # fmt: skip
        time.sleep(0.05 * (n % 10))

    until("its cards", lambda: whole(box), within_s=10)
    states = {p["key"]: p["state"] for p in cards(box)["BOX-LINES"]["spans"][0]["ports"]}
    assert states["BOX-LINES/1/3"] == "blocked"
    # Filed by calld meanwhile or not yet.
    assert set(states.values()) <= {"blocked", "idle", "unused"}
    start, *events = told(box)
    assert start["id"] == before[0]["id"]
    assert [one["n"] for one in events] == list(range(1, len(events) + 1))
    assert events[: len(before) - 1] == before[1:]
    assert [one for one in events[len(before) - 1 :] if one["what"] == "card"] == []
    ask(box, "POST", "/ports/BOX-LINES%2F1%2F3/block", {"blocked": False})


def test_it_works_on_with_everything_else_dead(site: Site, box: Box) -> None:
    try:
        site.box.stop("asterisk", "postgresql", "pgbouncer", "linebox-calld", "linebox-webd")
        assert ask(box, "POST", "/apply", {})[0] == 200
        assert set(cards(box)) == {"BOX-E1", "BOX-LINES"}
    finally:
        site.box.systemctl(
            "start", "postgresql", "pgbouncer", "asterisk", "linebox-calld", "linebox-webd"
        )
        until("healthy again", site.healthy, within_s=60, every_s=0.5)


@pytest.mark.req("TEL-1")
def test_a_bad_board_file_is_told_with_its_line_and_nothing_falls(box: Box) -> None:
    at = "/usr/share/linebox/board/sim/board.toml"
    box.sh("cp", at, "/tmp/board.toml")
    try:
        box.sh("sh", "-c", f"sed -i 's/driver = .*/driver = \"none\"/' {at}")
        box.systemctl("restart", "linebox-boardd")
        hardware = ask(box, "GET", "/hardware")[1]
        assert (hardware["fault"]["code"], hardware["cards"]) == ("toml-wrong", [])
        assert "line 6" in hardware["fault"]["en"]
        assert "第 6 行" in hardware["fault"]["zh"]
        assert "line 6" in box.systemctl("show", "-p", "StatusText", "linebox-boardd")
    finally:
        box.sh("cp", "/tmp/board.toml", at)
        box.systemctl("restart", "linebox-boardd")
    assert ask(box, "GET", "/hardware")[1]["fault"] is None
    until("its cards", lambda: whole(box), within_s=10)


def test_refusals_are_told_in_words(box: Box) -> None:
    for path, body, code in (
        ("/spans/nowhere%2F1/loopback", {"kind": "local"}, "not-found"),
        ("/spans/BOX-LINES%2F1/loopback", {"kind": "local"}, "no-loopback"),
        ("/ports/BOX-E1%2F1%2F3/block", {"blocked": True}, "block-in-settings"),
        ("/cards/BOX-E1/forget", {}, "card-present"),
        (
            "/play",
            {"scenario": "[[event]]\nat_s = 1\ndo = 'ring'\nkey = 'x/1/1'\n"},
            "scenario-key",
        ),
        ("/ports/BOX-LINES%2F1%2F1/block", {"blocked": "yes"}, "invalid-input"),
    ):
        state, told = ask(box, "POST", path, body)
        assert (told["code"], state >= 400) == (code, True), path
        assert told["zh"]
        assert told["en"]


@pytest.mark.req("TEL-2")
def test_the_command_shows_the_lines(box: Box) -> None:
    said = box.sh("linebox", "lines")
    assert "BOX-LINES/1  mixed" in said
    assert "Digium A8B" in said

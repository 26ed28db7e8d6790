"""A line's impedance in a booted box: found by a call of its own, set by the settings, back after each start (TEL-12)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from fixtures.boxes import Box, until
from fixtures.site import Site

#: 270 Ω + (750 Ω ∥ 150 nF) fits these lines.
SCENARIO = """
[[card]]
key = "BOX-TUNED"
kind = "a8b"
spans = ["fxo:2"]
exchange = {numbers = ["62340001", "62340002"], reversal = true, ends = "reversal", balance = 2}
"""
_ASK = """
import http.client, socket, sys
class Line(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX); self.sock.connect("/run/linebox/boardd/api.sock")
line = Line("boardd", timeout=20)
line.request(sys.argv[1], sys.argv[2], sys.argv[3])
print(line.getresponse().read().decode())
"""
_LINES = (
    "SELECT p.id FROM ports p JOIN spans s ON s.id = p.span_id"
    " JOIN cards c ON c.id = s.card_id WHERE c.key = 'BOX-TUNED' ORDER BY p.line"
)


def ask(box: Box, method: str, path: str, body: object = None) -> Any:
    said = "" if body is None else json.dumps(body)
    return json.loads(box.sh("python3", "-c", _ASK, method, path, said))


@pytest.fixture
def lines(site: Site) -> Iterator[list[int]]:
    """Two lines, filed and in the compiled settings."""
    box = site.box
    ask(box, "POST", "/play", {"scenario": SCENARIO})
    rows = until(
        "the lines are filed",
        lambda: found if len(found := box.rows(_LINES)) == 2 else None,
        within_s=60,
        every_s=1,
    )
    assert rows
    ids = [row["id"] for row in rows]
    box.sh("linebox", "apply")
    yield ids
    box.rows("UPDATE ports SET impedance = NULL WHERE id = ANY(%s) RETURNING 1", ids)
    box.sh("linebox", "apply")
    ask(box, "POST", "/play", {"scenario": ""})


def line_test(box: Box, place: int, **wish: object) -> dict[str, Any]:
    """What boardd's test of that line tells."""
    key = f"BOX-TUNED/1/{place}"

    def free() -> bool:
        cards = ask(box, "GET", "/hardware")["cards"]
        ports = [p for card in cards for span in card["spans"] for p in span["ports"]]
        return any((p["key"], p["state"]) == (key, "idle") for p in ports)

    until("the line is there", free, within_s=30, every_s=0.5)
    job = ask(box, "POST", "/lab", {"kind": "call", "key": key, **wish})
    done = until(
        "the test is over",
        lambda: told if (told := ask(box, "GET", f"/lab/{job['id']}"))["step"] == "done" else None,
        within_s=90,
        every_s=0.5,
    )
    assert done["fault"] is None, done
    return dict(done["results"][0])


def echo_db(box: Box, place: int) -> float:
    """What comes back of a tone on that line now."""
    return float(line_test(box, place)["measured"]["echo_db"])


@pytest.mark.req("TEL-12")
@pytest.mark.timeout(400)
def test_an_impedance_is_found_set_and_there_again_after_each_start(
    site: Site, lines: list[int]
) -> None:
    box = site.box
    assert echo_db(box, 1) == pytest.approx(6, abs=1)  # China's doesn't fit it
    told = line_test(box, 1, kind="learn", other="BOX-TUNED/1/2", number="62340002")
    found = told["learnt"]["impedance"]
    assert (found["acim"], found["country"]) == (2, 15)
    assert "270 Ω + (750 Ω ∥ 150 nF)" in told["said"][1]["zh"]
    assert echo_db(box, 1) == pytest.approx(6, abs=1)  # found, not yet taken over
    box.rows("UPDATE ports SET impedance = 2 WHERE id = %s RETURNING 1", lines[0])
    box.sh("linebox", "apply")
    until("it is set", lambda: echo_db(box, 1) > 30, within_s=60, every_s=2)
    assert echo_db(box, 2) == pytest.approx(6, abs=1)
    box.systemctl("restart", "linebox-boardd")
    until("it is set again", lambda: echo_db(box, 1) > 30, within_s=60, every_s=2)
    tunes = box.sh("cat", "/data/generations/current/dahdi/fxotune.conf")
    assert tunes.partition("=")[2] == "2,0,0,0,0,0,0,0,0\n"

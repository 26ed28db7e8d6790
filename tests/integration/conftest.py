"""The site of the integration tests: one box, one exchange, practice agents; booted once, kept healthy."""

from __future__ import annotations

import itertools
import json
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from fixtures.boxes import Box, box, exchange_box, until

DID = "4008001234"
BASE_ERRORS = ("ERROR", "CRITICAL")


class Exchange:
    """The exchange's HTTP API (docs/names.md, "Exchange")."""

    def __init__(self, address: str) -> None:
        self._base = f"http://{address}:8088"

    def ask(self, method: str, path: str, body: object = None, *, timeout_s: float = 75) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self._base + path, data, {"Content-Type": "application/json"}, method=method
        )
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def place(self, caller: str, called: str = DID, **more: object) -> str:
        """The call's id; see exchange/README.md for keys, talk_s, with_agent_s, rating."""
        return str(self.ask("POST", "/calls", {"from": caller, "to": called, **more})["id"])

    def record(self, call: str, *, wait_s: float = 0) -> dict[str, Any]:
        """What the exchange knows of a call; ``wait_s``: at most so long until it has ended."""
        end = time.monotonic() + wait_s
        while True:
            left = max(0.0, end - time.monotonic())
            record = self.ask("GET", f"/calls/{call}?wait_s={min(left, 50):.1f}")
            if record["ended_at"] is not None or left <= 0:
                return dict(record)

    def ended(self, calls: list[str], *, within_s: float = 240) -> list[dict[str, Any]]:
        """The records of calls that have all ended."""
        end = time.monotonic() + within_s
        records = [self.record(call, wait_s=max(1, end - time.monotonic())) for call in calls]
        open_ones = [r["id"] for r in records if r["ended_at"] is None]
        assert not open_ones, f"still open after {within_s} s: {open_ones}"
        return records

    def agents(self) -> list[dict[str, Any]]:
        return list(self.ask("GET", "/agents"))


@dataclass
class Site:
    """Box, exchange, and what tests ask of both."""

    box: Box
    exchange_box: Box
    exchange: Exchange
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _prefix: str = field(default_factory=lambda: f"{int(time.time()) % 10000:04d}")

    def caller(self) -> str:
        """A mobile number that no other call of this session has."""
        return f"139{self._prefix}{next(self._numbers):04d}"

    def quiet(self, *, within_s: float = 60) -> None:
        """No channel left in the box."""
        until("no channel left", lambda: self.box.channels() == 0, within_s=within_s, every_s=0.3)

    def filed(self, callers: list[str], *, within_s: float = 40) -> dict[str, dict[str, Any]]:
        """Each caller's one call, by number, once all are filed and closed."""

        def look() -> dict[str, dict[str, Any]] | None:
            rows = self.box.rows("SELECT * FROM calls WHERE from_number = ANY(%s)", callers)
            by_number = {row["from_number"]: row for row in rows}
            done = len(by_number) == len(set(callers)) and all(r["result"] != "open" for r in rows)
            return by_number if done else None

        try:
            found = until("every call filed", look, within_s=within_s, every_s=0.3)
        except AssertionError as error:
            rows = self.box.rows(
                "SELECT from_number, result FROM calls WHERE from_number = ANY(%s)", callers
            )
            missing = sorted(set(callers) - {row["from_number"] for row in rows})
            still = [row["from_number"] for row in rows if row["result"] == "open"]
            raise AssertionError(f"not filed: {missing}; still open: {still}") from error
        count = self.box.value("SELECT count(*) FROM calls WHERE from_number = ANY(%s)", callers)
        assert count == len(set(callers)), "a call was filed twice"
        return found

    def log_in_all(self) -> None:
        """The exchange's phones register and log in as the practice agents; until all are ready."""
        self.exchange.ask("POST", "/agents", self.box.practice)
        wanted = len(self.box.practice["phones"])
        until("agents logged in", lambda: self.members() >= wanted, within_s=60, every_s=0.5)

    def members(self) -> int:
        """Agents logged in, as app_queue says."""
        shown = self.box.asterisk("queue show")
        return len({word for word in shown.split() if word.startswith("agent-")} or _agents(shown))

    def healthy(self) -> bool:
        """Everything that should run runs, nothing waits to be filed."""
        wanted = ("asterisk", "postgresql", "pgbouncer", "nginx", "linebox-calld", "linebox-webd")
        states = self.box.systemctl("is-active", *wanted, check=False).split()
        return states == ["active"] * len(wanted) and self.box.booted()


def _agents(shown: str) -> set[str]:
    return {line.split()[0] for line in shown.splitlines() if "(PJSIP/" in line}


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    one, other = box(), exchange_box()
    for each in (one, other):
        each.down()
        each.reset()
    one.up()
    other.up()
    made = Site(one, other, Exchange(other.address))
    until("the box is healthy", made.healthy, within_s=120, every_s=0.5)
    until("the exchange answers", lambda: made.exchange.ask("GET", "/health"), within_s=60)
    made.log_in_all()
    yield made
    for each in (other, one):
        each.down()


@pytest.fixture(autouse=True)
def _left_as_found(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test with the site: healthy, no channel, no ERROR of Asterisk's that wasn't announced."""
    if "site" not in request.fixturenames:
        yield
        return
    site: Site = request.getfixturevalue("site")
    until("healthy before the test", site.healthy, within_s=60, every_s=0.5)
    began = site.box.sh("date", "+%s").strip()
    yield
    until("healthy after the test", site.healthy, within_s=90, every_s=0.5)
    site.quiet()
    errors = [
        line
        for line in site.box.sh(
            "journalctl",
            "-u",
            "asterisk",
            "--since",
            f"@{began}",
            "-o",
            "cat",
            "-p",
            "err",
            "--no-pager",
        ).splitlines()
        if line and "-- No entries --" not in line
    ]
    announced = [mark.args[0] for mark in request.node.iter_markers("expects_errors")]
    unannounced = [e for e in errors if not any(a in e for a in announced)]
    assert not unannounced, f"ERROR in Asterisk's log: {unannounced[:5]}"

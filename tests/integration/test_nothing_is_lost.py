"""Kills, a dead database, dead daemons: the box's rows equal the exchange's own log (issue 2, section 5)."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from fixtures.boxes import DAEMONS, until
from fixtures.site import Site
from fixtures.truth import compare

#: What a day brings, in miniature: what the caller does, and so what the box must know.
KINDS: tuple[dict[str, Any], ...] = (
    {"keys": ["1"], "with_agent_s": 3, "rating": "5"},
    {"keys": ["1"], "rating": "3"},  # the agent hangs up
    {"keys": ["1"], "talk_s": 2},  # gives up while waiting, or just connected
    {"keys": ["2"], "talk_s": 6},
    {"keys": ["9"], "talk_s": 9},
    {"keys": [], "talk_s": 3},
)


def place_many(site: Site, count: int, *, at_once: int = 14, seed: int = 1) -> Iterator[str]:
    """Place ``count`` mixed calls, never more than ``at_once`` open; yields each id once placed."""
    chance = random.Random(seed)
    open_calls: list[str] = []
    for n in range(count):
        while len(open_calls) >= at_once:
            open_calls = [c for c in open_calls if site.exchange.call(c)["ended_at"] is None]
            if len(open_calls) >= at_once:
                time.sleep(0.3)
        kind = KINDS[n % 2] if chance.random() < 0.6 else chance.choice(KINDS)
        call = site.place(site.caller(), **kind)
        open_calls.append(call)
        yield call


@pytest.mark.req("ACD-7")
def test_without_python(site: Site) -> None:
    """Every Linebox daemon dead: 50 calls are answered, queued, talked, recorded; later all is filed, once."""
    site.box.stop(*DAEMONS, "linebox-confd.socket")
    assert not [line for line in site.box.sh("ps", "-eo", "comm").split() if "python" in line]
    try:
        calls = list(place_many(site, 50))
        records = site.ended(calls)
    finally:
        site.box.systemctl(
            "start", "linebox-confd.socket", *(d for d in DAEMONS if d != "linebox-confd")
        )
    answered = [r for r in records if r["answered_at"]]
    assert len(answered) == 50
    assert sum(bool(r["agents"]) for r in records) >= 20
    compare(site, records)


@pytest.mark.req("ACD-7", "ACD-3", "IVR-3")
@pytest.mark.parametrize("fault", ["stopped", "frozen"])
def test_without_database(site: Site, fault: str) -> None:
    """PostgreSQL away or frozen: the same; look-ups take their defaults in time, the black list holds."""
    black = site.box.value("SELECT number FROM number_lists WHERE list = 'black' LIMIT 1")
    customer = site.box.value("SELECT phone FROM orders LIMIT 1")
    began = site.box.value("SELECT now()")
    if fault == "stopped":
        site.box.stop("postgresql")
    else:
        site.box.systemctl("kill", "-s", "STOP", "postgresql.service")
    try:
        calls = list(place_many(site, 12))
        asked = site.place(customer, keys=["2"], talk_s=8)
        blocked = site.place(black)
        records = site.ended(calls)
        assert site.exchange.ended(blocked, within_s=20)["cause"] == 17
        assert site.exchange.ended(asked, within_s=60)["answered_at"] is not None
    finally:
        if fault == "stopped":
            site.box.systemctl("start", "postgresql")
        else:
            site.box.systemctl("kill", "-s", "CONT", "postgresql.service")
    assert all(r["answered_at"] for r in records)
    compare(site, records)
    looked_up = until(
        "the look-ups are filed",
        lambda: site.box.rows(
            "SELECT fields FROM call_events WHERE kind = 'LB_LOOKUP' AND at >= %s AND fields->>'outcome' = 'default'",
            began,
        ),
        within_s=30,
    )
    assert {e["fields"]["name"] for e in looked_up} >= {"LB_ORDER"}
    slow = [e["fields"]["ms"] for e in looked_up if int(e["fields"]["ms"]) > 1000]
    assert not slow, f"look-ups took longer than 1 s: {slow} ms"


KILLED = (
    "linebox-calld",
    "linebox-webd",
    "linebox-guardd",
    "postgresql",
    "pgbouncer",
    "nginx",
    "asterisk",
)


def kill_anywhere(site: Site, kills: int, calls: int, *, seed: int) -> None:
    """``kill -9`` of several daemons at a time at random moments while calls are placed."""
    chance = random.Random(seed)
    placed: list[str] = []
    source = place_many(site, calls, seed=seed)
    done, exhausted = 0, False
    while done < kills or not exhausted:
        if (call := next(source, None)) is not None:
            placed.append(call)
        else:
            exhausted = True
        if done < kills:
            # Asterisk dies seldom, or no call would ever last.
            units = chance.sample(KILLED[:-1], chance.randint(1, 3))
            if chance.random() < 0.06:
                units.append("asterisk")
            site.box.kill9(*units)
            done += len(units)
            time.sleep(chance.uniform(0.05, 0.8))
    records = site.ended(placed)
    until("healthy again", site.healthy, within_s=60, every_s=0.5)
    compare(site, records, cut_allowed=True)
    rejects = site.box.value("SELECT count(*) FROM journal_rejects WHERE reason <> 'torn'")
    assert rejects == 0


@pytest.mark.req("ACD-7")
@pytest.mark.expects_errors("")
def test_kill_anywhere(site: Site) -> None:
    kill_anywhere(site, kills=100, calls=40, seed=int(os.environ.get("SEED", "7")))


@pytest.mark.soak
@pytest.mark.req("ACD-7")
@pytest.mark.expects_errors("")
@pytest.mark.parametrize("round_", range(int(os.environ.get("KILLS", "2000")) // 200))
def test_kill_anywhere_for_hours(site: Site, round_: int) -> None:
    kill_anywhere(site, kills=200, calls=80, seed=1000 + round_)

"""Kills, a dead database, dead daemons: the box's rows equal the exchange's own log (issue 2, section 5)."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

from fixtures.boxes import DAEMONS, until
from fixtures.site import Site
from fixtures.truth import Death, both_sides, compare, nothing_else
from linebox.features.agents.service import hash_pin

#: What a day brings, in miniature: what the caller does, and so what the box must know.
KINDS: tuple[dict[str, Any], ...] = (
    {"keys": ["1"], "with_agent_s": 9},
    {"keys": ["1"], "rating": "3"},  # the agent hangs up
    {"keys": ["1"], "talk_s": 2},  # gives up while waiting, or just connected
    {"keys": ["2"], "talk_s": 6},
    {"keys": ["9"], "talk_s": 9},
    {"keys": [], "talk_s": 3},
)
#: Agents beside the practice ones, so that many calls are talked at once.
MORE = [(f"10{n}", f"80{n}") for n in range(11, 19)]
#: What starts daemons that are stopped.
WAKERS = (
    "linebox-confd.socket",
    "linebox-hostd.socket",
    "linebox-hostd.path",
    "linebox-hostd.timer",
)
#: What Asterisk may say of a look-up while PostgreSQL or pgbouncer is away.
NO_DATABASE = pytest.mark.expects_errors("odbc")


@pytest.fixture(scope="module", autouse=True)
def crew(site: Site) -> Iterator[None]:
    """Twelve agents at twelve phones for this module; afterwards the practice ones alone."""
    pin = "246813"
    secrets = {}
    for agent, ext in MORE:
        salt, hash_ = hash_pin(pin)
        secrets[ext] = f"secret-of-{ext}-{salt}"
        site.box.rows("INSERT INTO extensions (number, name, secret) VALUES (%s, %s, %s) RETURNING 1", ext, ext, secrets[ext])  # fmt: skip
        site.box.rows("INSERT INTO agents (number, name, pin_salt, pin_hash) VALUES (%s, %s, %s, %s) RETURNING 1", agent, agent, salt, hash_)  # fmt: skip
        site.box.rows(
            "INSERT INTO group_agents (group_id, agent) VALUES (1, %s) RETURNING 1", agent
        )
    site.box.sh("linebox", "apply")
    phones = [phone | {"talk_s": 12} for phone in site.box.practice["phones"]]
    # Four at a time: the box lets an address send eight REGISTERs at once.
    for first in range(0, len(MORE), 4):
        phones += [
            {"ext": ext, "secret": secrets[ext], "agent": agent, "pin": pin, "talk_s": 12}
            for agent, ext in MORE[first : first + 4]
        ]
        site.exchange.set_agents(phones)
        everybody_in(site, len(phones))
    yield
    with ThreadPoolExecutor(len(MORE)) as pool:
        list(pool.map(lambda one: site.exchange.dial(one[1], "*12"), MORE))
    site.log_in_all()
    for table, column, names in (
        ("group_agents", "agent", [agent for agent, _ in MORE]),
        ("agents", "number", [agent for agent, _ in MORE]),
        ("extensions", "number", [ext for _, ext in MORE]),
    ):
        site.box.rows(f"DELETE FROM {table} WHERE {column} = ANY(%s) RETURNING 1", names)
    site.box.sh("linebox", "apply")


def everybody_in(site: Site, count: int) -> None:
    """Every phone registered at the box, every agent a member."""
    site.exchange.agents_ready(within_s=90)
    until("agents logged in", lambda: site.members() == count, within_s=60, every_s=0.5)


@pytest.fixture
def since(site: Site) -> datetime:
    """From now on, by the box's clock."""
    now: datetime = site.box.value("SELECT clock_timestamp()")
    return now


class Callers:
    """Mixed calls, never more than ``at_once`` open; ``count`` in all."""

    def __init__(self, site: Site, count: int, *, at_once: int = 14, seed: int = 1) -> None:
        self.placed: list[str] = []
        self._site, self._count, self._at_once = site, count, at_once
        self._chance = random.Random(seed)
        self._open: set[str] = set()

    def call(self) -> bool:
        """Place what may be placed now; False when all ``count`` are."""
        ended = {one["id"] for one in self._site.exchange.calls() if one["ended_at"] is not None}
        self._open -= ended
        while len(self._open) < self._at_once and len(self.placed) < self._count:
            kind = KINDS[len(self.placed) % 2]
            if self._chance.random() < 0.4:
                kind = self._chance.choice(KINDS)
            call = self._site.place(self._site.caller(), **kind)
            self.placed.append(call)
            self._open.add(call)
        return len(self.placed) < self._count

    def all(self) -> list[dict[str, Any]]:
        """Place all of them; the exchange's records, once they have ended."""
        while self.call():
            time.sleep(0.3)
        return self._site.ended(self.placed)


@pytest.mark.req("ACD-7", "REC-1")
def test_without_python(site: Site, since: datetime) -> None:
    """Every Linebox daemon dead: 50 calls are answered, queued, talked, recorded; later all is filed, once."""
    site.box.kill9(*DAEMONS)
    site.box.stop(*WAKERS, *DAEMONS, "linebox-hostd")  # and they stay so
    try:
        records = Callers(site, 50).all()
        assert not [line for line in site.box.sh("ps", "-eo", "comm").split() if "python" in line]
    finally:
        site.box.systemctl("start", *WAKERS, *(d for d in DAEMONS if d != "linebox-confd"))
    assert all(record["answered_at"] for record in records)
    found = compare(site, records)
    assert found.calls == 50 and found.talks >= 20 and found.ratings >= 10, found
    nothing_else(site, records, since)
    assert both_sides(site, records, most=12) == 12
    print(found)


@NO_DATABASE
@pytest.mark.req("ACD-7", "ACD-3", "IVR-3")
@pytest.mark.parametrize("fault", ["stopped", "frozen"])
def test_without_database(site: Site, since: datetime, fault: str) -> None:
    """PostgreSQL away or frozen: the same; look-ups take their defaults in time, the black list holds."""
    black = site.box.value("SELECT number FROM number_lists WHERE list = 'black' LIMIT 1")
    customer = site.box.value("SELECT phone FROM orders LIMIT 1")
    if fault == "stopped":
        site.box.stop("postgresql")
    else:
        site.box.systemctl("kill", "-s", "STOP", "postgresql.service")
    try:
        asked = site.place(customer, keys=["2"], with_agent_s=None, talk_s=30)
        blocked = site.place(black)
        records = Callers(site, 20).all()
        records += site.ended([asked, blocked])
    finally:
        if fault == "stopped":
            site.box.systemctl("start", "postgresql")
        else:
            site.box.systemctl("kill", "-s", "CONT", "postgresql.service")
    assert records[-1]["cause"] == 17
    assert all(record["answered_at"] for record in records[:-1])
    found = compare(site, records, since=since)
    assert found.calls == 22 and found.talks >= 6 and found.results["blocked"] == 1, found
    nothing_else(site, records, since)
    lookups = site.box.rows(
        "SELECT fields FROM call_events JOIN calls ON id = call_id"
        " WHERE kind = 'lookup' AND started_at >= %s",
        since,
    )
    asked_for = [event["fields"]["name"] for event in lookups]
    assert asked_for.count("LB_LEVEL") == 21 and "LB_ORDER" in asked_for
    assert {event["fields"]["outcome"] for event in lookups} == {"default"}
    slow = [event["fields"] for event in lookups if int(event["fields"]["ms"]) > 1000]
    assert not slow, f"look-ups took longer than 1 s: {slow}"
    print(found)


KILLED = (*DAEMONS, "postgresql", "pgbouncer", "nginx")


def kill_anywhere(site: Site, kills: int, *, seed: int) -> None:
    """``kill -9`` of several daemons at a time at random moments while calls are placed.

    Asterisk dies once in 33, seldom enough that calls last between.
    """
    began: datetime = site.box.value("SELECT clock_timestamp()")
    starts = len(site.box.rows("SELECT 1 FROM journal_starts"))
    chance = random.Random(seed)
    callers = Callers(site, 10_000, seed=seed)
    deaths: list[Death] = []
    done = 0
    while done < kills:
        callers.call()
        units = chance.sample(KILLED, chance.randint(2, 4))
        if done >= kills * (len(deaths) + 0.5) / max(1, kills // 33):
            units.append("asterisk")
        before = time.time()
        killed = site.box.kill9(*units)
        if "asterisk" in killed:
            deaths.append(Death(before, time.time()))
        done += len(killed)
        time.sleep(chance.uniform(0.1, 6.0))
    records = site.ended(callers.placed)
    until("healthy again", site.healthy, within_s=60, every_s=0.5)
    found = compare(site, records, deaths=deaths)
    nothing_else(site, records, began)
    print(f"{done} kills, {len(deaths)} of Asterisk: {found}")
    assert found.cut >= 5 and found.calls - found.cut >= kills // 5, found
    assert found.absent <= len(deaths) and found.talks >= 5, found
    assert len(site.box.rows("SELECT 1 FROM journal_starts")) == starts + len(deaths)
    rejects = site.box.rows("SELECT * FROM journal_rejects WHERE reason <> 'torn'")
    assert not rejects
    everybody_in(site, len(site.exchange.agents()))


@NO_DATABASE
@pytest.mark.req("ACD-7", "REC-1")
def test_kill_anywhere(site: Site) -> None:
    kill_anywhere(site, kills=100, seed=int(os.environ.get("SEED", "7")))


@NO_DATABASE
@pytest.mark.soak
@pytest.mark.req("ACD-7", "REC-1")
@pytest.mark.parametrize("round_", range(max(1, int(os.environ.get("KILLS", "2000")) // 200)))
def test_kill_anywhere_for_hours(site: Site, round_: int) -> None:
    kill_anywhere(site, kills=200, seed=1000 + round_)

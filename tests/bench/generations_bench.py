"""How long a change of settings takes on a large box, and whether any call notices."""

from __future__ import annotations

import time

from bench.rows import Row
from fixtures.house import House, housed
from fixtures.postgres import Pg, database, running

EXTENSIONS, GROUPS, CALLS = 500, 30, 20
#: One of each kind: menus, queues, telephones, lines, names.
CHANGES = (
    "UPDATE menus SET timeout_s = timeout_s % 9 + 1",
    "UPDATE groups SET ring_s = ring_s + 1",
    "INSERT INTO extensions SELECT max(number)::int + 1, 'x', repeat('x', 20) FROM extensions",
    "UPDATE trunks SET max_calls = max_calls + 1",
    "UPDATE agents SET name = name || '!'",
)
ROUNDS = 3
TALK_MS = 45_000


def rows() -> list[Row]:
    """The slowest of all switches; the calls that did not end as they should."""
    with (
        running() as server,
        database(server.dsn("postgres"), "bench"),
        housed(Pg(server, "bench")) as house,
    ):
        seconds, disturbed = _measured(house)
    seconds.sort()
    note = f"median {seconds[len(seconds) // 2]:.2f} of {len(seconds)}; {EXTENSIONS} extensions, {GROUPS} groups"
    return [
        Row(name="generation-switch-s", value=seconds[-1], unit="s", limit=2, note=note),
        Row(name="generation-switch-disturbed", value=disturbed, unit="calls", limit=0, note=f"of {CALLS}"),
    ]  # fmt: skip


def _measured(house: House) -> tuple[list[float], int]:
    house.grow(extensions=EXTENSIONS, groups=GROUPS)
    house.pg.rows("UPDATE dids SET kind = 'group', target = 1 WHERE number = '4008001234'")
    house.rig.apply()
    for number, phone in enumerate(house.practice["phones"], 1):
        house.phones.phone(phone["ext"], phone["secret"])
        house.log_in(number, 1)
    calls = [
        house.phones.call("4008001234", [TALK_MS], caller=f"1390000{n:04}", hangs_up=True)
        for n in range(CALLS)
    ]
    talking = len(house.practice["phones"])
    house.rig.until("all are in", lambda: house.channels() == CALLS + talking)
    seconds = []
    for _ in range(ROUNDS):
        for change in CHANGES:
            house.pg.rows(change)
            began = time.monotonic()
            assert house.rig.apply().changed
            seconds.append(time.monotonic() - began)
    lost = CALLS + talking - house.channels()
    return seconds, lost + sum(not call.succeeded(TALK_MS / 1000 + 30) for call in calls)

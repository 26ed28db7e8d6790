"""Figures of the fuzzing: ``schemathesis-500s``, answers that were a fault of ours, none allowed.

More examples than the tests have, and others each time; ``SEED`` repeats a run.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import psycopg

from bench.rows import Row
from fixtures.fuzz import Findings, by_hand, by_schema, serving
from fixtures.postgres import database, running

EXAMPLES = 10


def main() -> int:
    seeded = int(os.environ.get("SEED") or secrets.randbelow(2**31))
    found = Findings()
    with (
        running() as server,
        database(server.dsn("postgres"), "fuzz") as dsn,
        tempfile.TemporaryDirectory() as folder,
    ):
        with psycopg.connect(dsn) as connection:
            connection.execute("INSERT INTO company (name_zh, name_en) VALUES ('公司', 'Firm')")
        with serving(Path(folder), lambda: psycopg.AsyncConnection.connect(dsn)) as target:
            by_schema(target, found, examples=EXAMPLES, seeded=seeded)
            by_hand(target, found)
    for fault in found.faults[:20]:
        print(fault, file=sys.stderr)
    note = f"{len(found.operations)} operations, {found.asked} requests, SEED={seeded}"
    row = Row(name="schemathesis-500s", value=len(found.faults), unit="", limit=0, note=note)
    print(json.dumps(asdict(row)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

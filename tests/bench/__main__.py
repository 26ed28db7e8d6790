"""make bench: every figure of the product, a table, build/bench.json. BENCH=calls,ami runs some."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from types import ModuleType

from bench.rows import Row, table, write
from fixtures.boxes import REPO

#: Benches on boxes, in this process; and those that print their rows as JSON.
HERE = ("calls", "desks", "generations", "prompts", "settings", "setup")
PRINTING = ("ami", "journal", "search", "board", "rights", "fuzz", "exposure", "boardd")


def printed(name: str) -> list[Row]:
    done = subprocess.run(
        [sys.executable, "-m", f"bench.{name}_bench"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"bench {name} failed:\n{done.stdout}\n{done.stderr}")
    fields = set(Row.__dataclass_fields__)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return [Row(**{k: v for k, v in line.items() if k in fields}) for line in lines]


def module(name: str) -> ModuleType:
    return importlib.import_module(f"bench.{name}_bench")


def main() -> int:
    wanted = [w for w in os.environ.get("BENCH", "").split(",") if w] or [*PRINTING, *HERE]
    rows: list[Row] = []
    for name in wanted:
        print(f"bench {name} …", file=sys.stderr, flush=True)
        source = printed(name) if name in PRINTING else module(name).rows()
        for row in source:
            rows.append(row)
            print(table([row]), flush=True)
    write(rows, REPO / "build/bench.json")
    print(f"\n{sum(r.ok for r in rows)} of {len(rows)} rows within their limits; build/bench.json")
    return 0 if all(r.ok for r in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())

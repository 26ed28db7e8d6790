"""Figures of the sandboxes in a booted box: ``exposure-worst`` of our units, and each engine's.

As ``systemd-analyze security`` reckons it: 0 is shut, 10 open.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict

from bench.rows import Row
from fixtures.boxes import Box, box

WORST = 2.5
ENGINES = ("asterisk", "nginx", "postgresql", "pgbouncer")


def exposures(one: Box) -> dict[str, float]:
    """Every unit that is loaded, by its name without ``.service``."""
    loaded = one.systemctl("list-unit-files", "linebox-*.service", "--no-legend", "--plain")
    ours = [line.split()[0] for line in loaded.splitlines()]
    units = [*ours, *(f"{name}.service" for name in ENGINES)]
    found = {}
    for unit in units:
        said = one.sh("systemd-analyze", "security", "--no-pager", unit)
        level = re.search(r"Overall exposure level for \S+: ([\d.]+)", said)
        assert level, said[-300:]
        found[unit.removesuffix(".service")] = float(level[1])
    return found


def main() -> int:
    one = box()
    one.down()
    one.up()
    try:
        found = exposures(one)
    finally:
        one.down()
    ours = {name: value for name, value in found.items() if name not in ENGINES}
    worst = max(ours, key=lambda name: ours[name])
    rows = [Row(name="exposure-worst", value=ours[worst], unit="", limit=WORST, note=worst)]
    rows += [Row(name=f"exposure-{name}", value=found[name], unit="") for name in ENGINES]
    for row in rows:
        print(json.dumps(asdict(row)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""What boardd costs with 4 E1 and 24 analog ports of ``hw/sim`` (issue 5, section 4). JSON rows.

The daemon itself, natively, as its unit starts it: its processor time over a minute and a half in
which lines ring, talk and fall into alarm, with one who follows its events and asks for the whole
picture every 10 s, as calld does. Memory is its proportional share (PSS) at the end.

``boardd-alarm-ms``: from the scenario's alarm to the event, the worst of those seen.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from bench.rows import Row
from fixtures.boxes import REPO

CPU_PERCENT, MEMORY_MB, ALARM_MS = 2.0, 45.0, 2000.0
SETTLE_S, MEASURED_S = 8.0, 90.0
ALARMS_EVERY_S, CLEARED_AFTER_S = 11.0, 5.0

CARDS = """
[[card]]
key = "E"
kind = "te420"
spans = ["e1", "e1", "e1", "e1"]

[[card]]
key = "A"
kind = "tdm2400"
spans = ["fxo:12+fxs:12"]
"""


def scenario() -> str:
    """Every line rings, talks and hangs up each 20 s; one span's alarm comes and goes."""
    parts = [CARDS]
    for n in range(1, 25):
        for at_s, do in ((0.5, "ring"), (4.5, "talk"), (14.5, "hangup")):
            at_s += n * 0.7
            parts.append(
                f'[[event]]\nat_s = {at_s:.1f}\nevery_s = 20\ndo = "{do}"\nkey = "A/1/{n}"\n'
            )
    for at_s, do in ((SETTLE_S, "alarm"), (SETTLE_S + CLEARED_AFTER_S, "clear")):
        parts.append(
            f'[[event]]\nat_s = {at_s}\nevery_s = {ALARMS_EVERY_S}\ndo = "{do}"\nkey = "E/2"\n'
        )
    return "\n".join(parts)


def compiled(folder: Path) -> None:
    """A generation in which every port is in use."""
    folder.mkdir(parents=True)
    spans = [(f"E/{n}", n, 31 * (n - 1) + 1, 31 * n) for n in range(1, 5)]
    analog = [("A/1", 5, channel, channel) for channel in range(125, 149)]
    units = [
        {"span": s, "number": n, "first": f, "last": la, "dahdi": "a", "asterisk": None}
        for s, n, f, la in (*spans, *analog)
    ]
    (folder / "units.json").write_text(json.dumps({"units": units}))
    (folder / "assigned-spans.conf").write_text("E 1:1:1 2:2:32 3:3:63 4:4:94\nA 1:5:125\n")
    lines = [f"bchan={f}-{f + 14},{f + 16}-{la}\ndchan={f + 15}\n" for _, _, f, la in spans]
    lines.append("fxsks=125-136\nfxoks=137-148\n")
    (folder / "system.conf").write_text("".join(lines))


def processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> float:
    said = Path(f"/proc/{pid}/smaps_rollup").read_text()
    kb = next(line.split()[1] for line in said.splitlines() if line.startswith("Pss:"))
    return int(kb) / 1024


class Reader(threading.Thread):
    """Follows the events and asks for the picture every 10 s."""

    def __init__(self, path: Path) -> None:
        super().__init__(daemon=True)
        self._path = path
        self.alarms: list[float] = []
        self.ports = 0

    def ask(self, path: str) -> socket.socket:
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.connect(str(self._path))
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: boardd\r\n\r\n".encode())
        return line

    def picture(self) -> None:
        with self.ask("/hardware") as line:
            body = line.makefile("rb").read().partition(b"\r\n\r\n")[2]
        cards = json.loads(body)["cards"]
        self.ports = sum(
            port["state"] != "unused" for c in cards for s in c["spans"] for port in s["ports"]
        )

    def run(self) -> None:
        asked_s = 0.0
        with self.ask("/events") as line:
            for raw in line.makefile("rb"):
                if raw.startswith(b"{") and b'"what": "span"' in raw:
                    event = json.loads(raw)
                    self.alarms.append(datetime.fromisoformat(event["at"]).timestamp())
                if time.monotonic() - asked_s > 10:
                    asked_s = time.monotonic()
                    self.picture()


def measured(root: Path) -> list[Row]:
    for folder in ("run/linebox/boardd", "data/own/boardd", "run/systemd", "usr/share/linebox"):
        (root / folder).mkdir(parents=True)
    (root / "run/systemd/container").write_text("bench")
    (root / "usr/share/linebox/board").symlink_to(REPO / "board")
    (root / "data/own/boardd/scenario.toml").write_text(scenario())
    compiled(root / "data/generations/gen-1/dahdi")
    (root / "data/generations/current").symlink_to("gen-1")
    env = {**os.environ, "LINEBOX_ROOT": str(root), "PYTHONPATH": str(REPO / "firmware")}
    env |= {"MALLOC_ARENA_MAX": "1"}
    command = [sys.executable, "-m", "linebox.daemons.boardd"]
    began = time.time()
    with subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL) as daemon:
        try:
            path = root / "run/linebox/boardd/api.sock"
            while not path.exists():
                time.sleep(0.05)
            reader = Reader(path)
            reader.start()
            time.sleep(SETTLE_S)
            before, at_s = processor_s(daemon.pid), time.monotonic()
            time.sleep(MEASURED_S)
            spent = processor_s(daemon.pid) - before
            percent = 100 * spent / (time.monotonic() - at_s)
            memory = memory_mb(daemon.pid)
        finally:
            daemon.terminate()
    assert reader.ports == 148, f"only {reader.ports} ports of 148 were in use"
    assert len(reader.alarms) > MEASURED_S / ALARMS_EVERY_S, "alarms were missed"
    note = f"4 E1, 24 analog ports, {MEASURED_S:.0f} s, {len(reader.alarms)} alarms on and off"
    late = alarm_ms(reader.alarms, began)
    return [
        Row(name="boardd-cpu-percent", value=percent, unit="%", limit=CPU_PERCENT, note=note),
        Row(name="boardd-memory-mb", value=memory, unit="MB", limit=MEMORY_MB, note="PSS"),
        Row(name="boardd-alarm-ms", value=late, unit="ms", limit=ALARM_MS, note="span, worst"),
    ]


def alarm_ms(told: list[float], began: float) -> float:
    """The worst, on and off by turns. The daemon's own start, half a second, is in it."""
    due = (began + SETTLE_S, began + SETTLE_S + CLEARED_AFTER_S)
    return 1000 * max((at - due[n % 2]) % ALARMS_EVERY_S for n, at in enumerate(told))


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        for row in measured(Path(folder)):
            print(json.dumps(asdict(row)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

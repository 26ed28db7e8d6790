"""Calls on every line when the power goes, and what must be there afterwards (issue 5, section 3).

The truth is the exchange's, as the host heard it just before the cut. What happened in the last ``BLUR_S`` before a cut may be
told either way: the two sides of a line hear of an end one after the other, an emulated processor takes its time between them.
"""

from __future__ import annotations

import os
import random
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from box_api import PORT, BoxApi
from fixtures.exchange import Record
from fixtures.tones import Stereo, read_stereo
from machine import MAIN, Machine, in_service, until

#: Each line and the box's channel of it; the channels of an E1 are told apart by the callers' numbers.
LINES = {
    "e1-1": "",
    "e1-2": "",
    "analog-1": "DAHDI/63-",
    "analog-2": "DAHDI/64-",
    "analog-3": "DAHDI/65-",
    "analog-4": "DAHDI/66-",
}
BLUR_S = 2.0
#: A recording plays to at most so long before the cut (LOG-1).
LOST_S = 5.0
#: Sound takes its time only where the machine's time is its own work (image/vm): else a recording of ten seconds may hold three.
STEADY = "LINEBOX_VM_STEADY" in os.environ
#: A box that is silent is so loud at most.
_SILENT = 0.003


class Sounds(BoxApi):
    """The API, recordings too."""

    def recording(self, call: str) -> Stereo:
        """Decoded, whether it is still raw (sent as WAV) or Opus already."""
        with self._opener.open(
            f"https://127.0.0.1:{PORT}/api/calls/{call}/recording", timeout=300
        ) as answer:
            said = answer.read()
        with tempfile.TemporaryDirectory() as folder:
            if said.startswith(b"OggS"):
                path = Path(folder) / "sound.opus"
                path.write_bytes(said)
            else:
                path = Path(folder) / "sound.raw"
                path.write_bytes(said[said.index(b"data") + 8 :])
            return read_stereo(path)


@dataclass
class Cut:
    """One power cut: what the exchange knew of each call, and when by the machine's clock."""

    calls: list[Record]
    at: float
    #: How long the machine needed to take calls again.
    back_s: float = 0.0
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    recordings: int = 0
    #: So long before the cut the recordings end, at most.
    behind_s: float = 0.0

    @property
    def ended(self) -> list[Record]:
        return [call for call in self.calls if _by(call["ended_at"], self.at - BLUR_S)]

    @property
    def talking(self) -> list[Record]:
        return [
            call
            for call in self.calls
            if _by(call["answered_at"], self.at - BLUR_S) and call["ended_at"] is None
        ]

    def __str__(self) -> str:
        return (
            f"{len(self.ended)} ended, {len(self.talking)} in progress, back in {self.back_s:.0f} s;"
            f" {self.recordings} recordings, {self.behind_s:.1f} s before the cut at most;"
            f" lost {self.lost}, wrong {self.wrong}"
        )


def calls_until_cut(machine: Machine, rng: random.Random, caller: str) -> Cut:
    """Several calls at once on every line, most of which end before a random moment; then no power."""
    exchange = machine.exchange
    wishes: list[tuple[str, float]] = []
    for line in LINES:
        for _ in range(rng.randint(1, 3) if line.startswith("e1") else 1):
            wishes.append((line, 600.0 if rng.random() < 0.4 else rng.uniform(0.5, 6.0)))
    wishes += [("e1-1", 600.0), ("e1-2", rng.uniform(0.5, 3.0))]  # one of each kind at least
    rng.shuffle(wishes)
    placed = []
    for number, (line, talk_s) in enumerate(wishes, 1):
        keys = rng.choice(("", "1@2"))
        placed.append(
            exchange.place(
                f"{caller}{number:02d}", MAIN, line=line, talk_s=talk_s, keys=keys, ring_s=300
            )
        )
    until(
        "some calls have ended, some have begun",
        lambda: _both([exchange.call(call) for call in placed]),
        within_s=300,
    )
    time.sleep(rng.uniform(0, 20))
    before = time.monotonic()
    clock = float(machine.sh("date +%s.%N").splitlines()[-1])
    read = (before + time.monotonic()) / 2
    calls = [exchange.call(call) for call in placed]
    machine.cut_power()
    return Cut(calls=calls, at=clock + time.monotonic() - read)


def _both(calls: list[Record]) -> bool:
    ended = [call for call in calls if call["answered_at"] and call["ended_at"]]
    talking = [call for call in calls if call["answered_at"] and not call["ended_at"]]
    return bool(ended and talking)


def a_cut_in_a_call(machine: Machine, caller: str, *, after_s: float = 0) -> None:
    """One call over SIP that has ended and one that goes on: both are filed when power is back."""
    exchange = machine.exchange
    done = f"{caller[:-4]}9{caller[-3:]}"
    before = exchange.ended(
        exchange.place(done, MAIN, keys="1@3", talk_s=6, ring_s=120), within_s=300
    )
    assert before["answered_at"] is not None, str(before)
    call = exchange.place(caller, MAIN, talk_s=600, ring_s=120)
    exchange.wait_for(call, lambda record: record["answered_at"], within_s=150)
    print(f"power goes {after_s:.1f} s after the answer")
    time.sleep(after_s)
    machine.cut_power()
    machine.power_on()
    machine.running()
    assert machine.filed(before)["cut"] is False
    row = machine.filed({"from": caller})
    assert row["cut"] is True
    assert row["answered_at"] is not None


def comes_back(machine: Machine, cut: Cut) -> None:
    """By itself, until it takes calls on both E1; its lines are free."""
    machine.power_on()
    in_service(machine)
    machine.sh("dmesg -n 1")
    machine.exchange.up(within_s=600)
    cut.back_s = time.monotonic() - machine.powered
    channels = machine.asterisk("core show channels")
    if "0 active channels" not in channels:
        cut.wrong.append(channels)


def judge(machine: Machine, cuts: list[Cut]) -> None:
    """What isn't as it must be stands in ``lost`` and ``wrong`` of each cut."""
    sounds = until("its pages answer", lambda: Sounds(machine), within_s=300, every_s=5)
    for cut in cuts:
        for call in cut.ended + cut.talking:
            rows = filed(machine, cut, call)
            if len(rows) != 1:
                cut.lost.append(f"{len(rows)} records: {call}")
                continue
            wrong = _row_is_wrong(cut, call, rows[0])
            if wrong:
                cut.wrong.append(f"{wrong}: {rows[0]}; {call}")
            if STEADY:
                _hear(sounds, cut, call, rows[0])


def filed(machine: Machine, cut: Cut, call: Record) -> list[dict[str, Any]]:
    """Records of it that are over. Under TCG a line's caller may be misheard: it is told by its channel."""
    line = LINES[call["asked"]["line"]]
    by = f"l.channel LIKE '{line}%'" if line else f"c.from_number = '{call['from']}'"
    return machine.rows(
        "SELECT DISTINCT c.id, c.from_number, c.cut, c.result, extract(epoch FROM c.answered_at) AS answered,"
        " extract(epoch FROM c.ended_at) AS ended, r.state,"
        " extract(epoch FROM r.started_at) AS record_from, extract(epoch FROM r.stopped_at) AS record_to"
        " FROM calls c JOIN call_legs l ON l.call_id = c.id LEFT JOIN recordings r ON r.call_id = c.id"
        f" WHERE c.result <> 'open' AND {by} AND c.started_at BETWEEN"
        f" to_timestamp({call['placed_at'] - 1}) AND to_timestamp({cut.at + 1})"
    )


def _row_is_wrong(cut: Cut, call: Record, row: dict[str, Any]) -> str:
    if call["ended_at"] is None:
        if row["cut"] and row["answered"] is not None:
            return ""
        return f"in progress at the cut ({cut.at})"
    return "ended before the cut" if row["cut"] else ""


def _hear(sounds: Sounds, cut: Cut, call: Record, row: dict[str, Any]) -> None:
    """Its recording lasts to its end, or to ``LOST_S`` before the cut, and there is sound in it."""
    if row["record_from"] is None:
        if call["answered_at"] is not None:
            cut.wrong.append(f"not recorded: {row}; {call}")
        return
    to = cut.at if row["cut"] else min(row["record_to"], cut.at)
    if to - row["record_from"] <= LOST_S:
        return
    try:
        sound = sounds.recording(row["id"])
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        cut.wrong.append(f"its recording: {error}; {row}")
        return
    behind = to - row["record_from"] - len(sound.left) / 8000
    cut.recordings += 1
    cut.behind_s = max(cut.behind_s, behind)
    loud = max(float(np.abs(side).max(initial=0)) for side in (sound.left, sound.right))
    if behind > LOST_S or loud < _SILENT:
        cut.wrong.append(f"its recording ends {behind:.1f} s early, {loud:.3f} loud: {row}; {call}")


def _by(at: float | None, moment: float) -> bool:
    return at is not None and at <= moment

"""A line whose call nothing ends, on real chan_dahdi: freed when nobody is heard, kept while anybody is (TEL-14).

The exchange calls three lines and says nothing, or speaks; on the other side of each is a call out by the E1.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from box_api import BoxApi
from machine import LATE_S, MAIN, Machine, until

#: The box's channels of the lines and the exchange's, in the same order (board/vm).
LINES, FAR = ("63", "64", "65"), ("133", "134", "135")
SILENT = "13900009998"
TALKS = "13800001160"
_EXCHANGE = "asterisk -C /run/linebox-exchange/asterisk/asterisk.conf -rx "


@dataclass
class House:
    machine: Machine

    def exchange(self, *commands: str) -> None:
        for command in commands:
            self.machine.sh(_EXCHANGE + shlex.quote(command))

    def channel(self, line: str) -> str:
        """Of the call on that line, empty for none."""
        shown = self.machine.asterisk("core show channels concise").splitlines()
        names = [row.partition("!")[0] for row in shown if row.startswith(f"DAHDI/{line}-")]
        return names[0] if names else ""

    def called(self, at: int, speaks: str) -> str:
        """The exchange calls that line, where ``speaks`` is what the caller does."""
        self.exchange(f"channel originate DAHDI/{FAR[at]} application {speaks}")
        return until(
            "the box has answered",
            lambda: (name := self.channel(LINES[at])) and self.up(name) and name,
            within_s=120,
        )

    def up(self, name: str) -> bool:
        return "State: Up" in self.machine.asterisk(f"core show channel {name}")

    def left_s(self, name: str) -> int:
        """Asterisk's own limit for this call, by the machine's clock."""
        shown = self.machine.asterisk(f"core show channel {name}")
        return int(shown.split("Hangup:")[1].split()[0]) - int(self.machine.sh("date +%s"))

    def joined(self, name: str, number: str) -> None:
        """With whom the exchange has at that number."""
        self.machine.asterisk(f"channel originate DAHDI/g1/{number} application Bridge {name}")
        until(
            "they are together",
            lambda: "Bridge ID: (Not" not in (
                shown := self.machine.asterisk(f"core show channel {name}")
            ) and "Bridge ID" in shown,
            within_s=120,
        )  # fmt: skip


@pytest.fixture
def house(lines: Machine) -> Iterator[House]:
    """Each line's limit is a minute."""
    api = BoxApi(lines)

    def limited(minutes: int) -> None:
        ports = [port for port in api.own_ports() if port["kind"] == "fxo"]
        kept = [{"trunk_id": port["trunk_id"], "number": MAIN} for port in ports]
        api.apply(
            [
                api.change("port", port, **same, quiet_min=minutes)
                for port, same in zip(ports, kept, strict=True)
            ]
        )

    limited(1)
    made = House(lines)
    lines.asterisk("module load res_clioriginate.so")
    made.exchange(
        "module load res_clioriginate.so",
        f"dialplan add extension {SILENT},1,Answer, into network",
        f"dialplan add extension {SILENT},2,Wait,900 into network",
    )
    yield made
    lines.asterisk("channel request hangup all")
    made.exchange("channel request hangup all")
    limited(5)


@pytest.mark.req("TEL-14")
def test_a_dead_line_is_freed_and_those_on_which_somebody_is_heard_are_kept(house: House) -> None:
    dead = house.called(0, "Wait 900")
    house.joined(dead, SILENT)
    began = time.monotonic()
    caller = house.called(1, "MusicOnHold customer1")
    house.joined(caller, SILENT)
    called = house.called(2, "Wait 900")
    house.joined(called, TALKS)
    until("the dead line is free", lambda: not house.channel(LINES[0]), within_s=300, every_s=3)
    assert time.monotonic() - began > 60
    time.sleep(max(0.0, 180 - (time.monotonic() - began)))
    assert house.up(caller) and house.up(called)

    line = "port_events WHERE became = 'freed' AND key = 'DYN/loc/3:0/1/1'"
    until(
        "it is in the line's history",
        lambda: house.machine.rows(f"SELECT was FROM {line}"),
        within_s=LATE_S,
    )
    freed = house.machine.rows("SELECT fields FROM call_events WHERE kind = 'freed'")
    assert [row["fields"] for row in freed] == [{"trunk": "lines"}]
    alarms = house.machine.rows("SELECT subject, count FROM alarms WHERE code = 'line-held'")
    assert [row["count"] for row in alarms] == [1]
    until(
        "the command tells it", lambda: "no voice" in house.machine.sh("linebox lines"), within_s=30
    )
    idle = [
        port["state"]
        for card in BoxApi(house.machine).hardware()
        for span in card["spans"]
        for port in span["ports"]
        if str(port["channel"]) == LINES[0]
    ]
    assert idle == ["idle"]


@pytest.mark.req("TEL-14")
def test_with_every_daemon_dead_asterisk_ends_it(house: House) -> None:
    """The channel has a limit of four hours, which is here made shorter."""
    dead = house.called(0, "Wait 900")
    assert 14000 < house.left_s(dead) <= 14400
    house.joined(dead, SILENT)  # moved to another bridge, it has lost its limit: calld sets it anew
    until("it has its limit again", lambda: house.left_s(dead) > 14000, within_s=60)
    house.machine.sh("systemctl stop linebox-calld linebox-webd linebox-boardd")
    try:
        house.machine.asterisk(f"dialplan set chanvar {dead} TIMEOUT(absolute) 40")
        until("the line is free", lambda: not house.channel(LINES[0]), within_s=120)
    finally:
        house.machine.sh("systemctl start linebox-boardd linebox-calld linebox-webd")
        house.machine.running()

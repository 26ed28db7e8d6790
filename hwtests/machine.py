"""The box as these tests see it: a power switch, a console, the exchange's API, and nothing else.

Times are generous: under TCG beside other work the machine is twenty times slower than a box.
"""

from __future__ import annotations

import base64
import json
import shlex
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labgrid import Target
from labgrid.driver import ExecutionError
from pexpect import TIMEOUT

from fixtures.exchange import ExchangeClient, Record

VM = Path(__file__).with_name("vm")
BOOT_S = 1200.0
#: The factory's main number (its menu answers).
MAIN = "4008001234"
#: How late a call may be filed.
LATE_S = 90.0


def until[T](what: str, probe: Callable[[], T], *, within_s: float, every_s: float = 1.0) -> T:
    """The first true answer of ``probe``; a console or an API that is away counts as no."""
    end = time.monotonic() + within_s
    last: object = None
    while time.monotonic() < end:
        try:
            last = answer = probe()
            if answer:
                return answer
        except (OSError, ExecutionError, TIMEOUT, ValueError) as error:
            last = error
        time.sleep(every_s)
    raise AssertionError(f"not within {within_s:g} s: {what}; last: {last!r}")


def inside(*argv: str, stdin: bytes = b"", timeout_s: float = 1800) -> bytes:
    """What a command prints in the machine, beside the console; ``stdin`` goes along."""
    return subprocess.run(
        [VM, "sh", *argv], input=stdin, capture_output=True, check=True, timeout=timeout_s
    ).stdout


@dataclass
class Machine:
    """One box on the bench."""

    target: Target
    exchange: ExchangeClient
    #: When it got power, by ``time.monotonic``.
    powered: float = 0.0

    def power_on(self) -> None:
        """Returns at once; ``running`` waits."""
        self.target.get_driver("ExternalPowerDriver").on()
        self.powered = time.monotonic()

    def cut_power(self) -> None:
        self.leave()
        self.target.get_driver("ExternalPowerDriver").off()

    def forget(self) -> None:
        """As from the factory; it must be without power."""
        subprocess.run([VM, "reset"], check=True)

    def leave(self) -> None:
        """Let go of the console: after this the next command logs in anew."""
        for name in ("ShellDriver", "ExternalConsoleDriver"):
            driver = self.target.get_driver(name, activate=False)
            try:
                self.target.deactivate(driver)
            except ExecutionError:  # the console went with the machine
                driver.status = 0

    def sh(self, command: str, *, check: bool = True, timeout_s: float = 120) -> str:
        """What a command prints on the console's shell."""
        shell = self.target.get_driver("ShellDriver")
        out, _, status = shell.run(command, timeout=timeout_s)
        text = "\n".join(out)
        if check and status:
            raise ExecutionError(f"{command}: {status}\n{text}")
        return text

    def fire(self, command: str) -> None:
        """Run what the console doesn't outlive: nobody waits for its end."""
        self.target.get_driver("ShellDriver")
        self.target.get_driver("ExternalConsoleDriver").sendline(command)
        time.sleep(1)
        self.leave()

    def running(self, *, within_s: float = BOOT_S) -> float:
        """Wait until systemd says ``running``; the seconds since power-on.

        Raises ``AssertionError`` with the failed units when it ends up degraded."""

        def state() -> str | None:
            said = self.sh("systemctl is-system-running", check=False).strip()
            return said if said in ("running", "degraded") else None

        said = until("systemd runs", state, within_s=within_s, every_s=2)
        took = time.monotonic() - self.powered
        if said == "degraded":
            raise AssertionError(self.sh("systemctl --failed --no-pager --plain"))
        self.sh("dmesg -n 1")
        return took

    def boot_id(self) -> str:
        return self.sh("cat /proc/sys/kernel/random/boot_id").strip()

    def restarted(self, before: str, *, within_s: float = BOOT_S) -> None:
        """Wait until it came back by itself with another boot id."""
        self.leave()

        def another() -> bool:
            try:
                return self.boot_id() != before
            except (ExecutionError, TIMEOUT):
                self.leave()
                raise

        until("the machine restarted", another, within_s=within_s, every_s=3)

    def asterisk(self, command: str) -> str:
        return self.sh(f"asterisk -C /run/asterisk/asterisk.conf -rx {shlex.quote(command)}")

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """Rows of the box's database."""
        whole = f"SELECT coalesce(json_agg(t), '[]') FROM ({sql}) t"
        psql = "psql -h /run/postgresql -U postgres -d linebox -XAtc"
        said = self.sh(f"runuser -u postgres -- {psql} {shlex.quote(whole)} | base64 -w 70")
        return list(json.loads(base64.b64decode("".join(said.split()))))

    def filed(self, record: Record, *, within_s: float = LATE_S) -> dict[str, Any]:
        """The box's record of a call that the exchange placed: its number is no other call's."""
        sql = (
            "SELECT direction, trunk, from_number, did, started_at, answered_at, ended_at, result,"
            f" cut FROM calls WHERE from_number = '{record['from']}' AND result <> 'open'"
        )
        return until("the call is filed", lambda: self.rows(sql), within_s=within_s)[0]


def in_service(machine: Machine) -> None:
    """Wait until calls on both E1 can begin."""
    until(
        "both D-channels are up",
        lambda: machine.asterisk("pri show spans").count("Up, Active") >= 2,
        within_s=600,
        every_s=5,
    )

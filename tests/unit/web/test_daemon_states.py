"""Units' states as control groups and /proc show them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from linebox.web.daemons import Daemons


class Machine:
    """Folders that look like /sys/fs/cgroup/system.slice and /proc."""

    def __init__(self, at: Path) -> None:
        self.groups, self.proc = at / "slice", at / "proc"
        self.proc.mkdir()
        (self.proc / "uptime").write_text("1000.00 900.00\n")
        self.now = 0.0
        self.daemons = Daemons(
            self.groups, self.proc, ("asterisk", "linebox-confd"), lambda: self.now
        )

    def processes(self, unit: str, pids: dict[int, tuple[str, int]] | None) -> None:
        """``pids``: pid → name, age in s; None: the unit's group is away."""
        group = self.groups / f"{unit}.service"
        group.mkdir(parents=True, exist_ok=True)
        if pids is None:
            (group / "cgroup.procs").unlink(missing_ok=True)
            return
        (group / "cgroup.procs").write_text("".join(f"{pid}\n" for pid in pids))
        for pid, (name, age_s) in pids.items():
            ticks = (1000 - age_s) * os.sysconf("SC_CLK_TCK")
            folder = self.proc / str(pid)
            folder.mkdir(exist_ok=True)
            (folder / "stat").write_text(f"{pid} ({name}) S {'0 ' * 18}{ticks} 0 0\n")

    def state(self, unit: str) -> tuple[object, object]:
        one = next(one for one in self.daemons() if one["unit"] == unit)
        return one["state"], one["restarts"]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_running_unit_is_active_since_its_main_process_began(machine: Machine) -> None:
    machine.processes("asterisk", {10: ("asterisk", 100), 11: ("asterisk", 5)})
    (one, _) = machine.daemons()
    assert one["state"] == "active"
    assert str(one["since"]).endswith("Z")
    assert machine.state("asterisk") == ("active", 0)


def test_a_main_process_that_changed_is_a_restart(machine: Machine) -> None:
    machine.processes("asterisk", {10: ("asterisk", 100), 11: ("asterisk", 50)})
    machine.state("asterisk")
    machine.processes("asterisk", {10: ("asterisk", 100), 12: ("asterisk", 1)})
    assert machine.state("asterisk") == ("active", 0)
    machine.processes("asterisk", {20: ("asterisk", 1)})
    assert machine.state("asterisk") == ("active", 1)


def test_a_script_that_prepares_the_start_isn_t_the_unit(machine: Machine) -> None:
    machine.processes("asterisk", {10: ("asterisk", 100)})
    machine.state("asterisk")
    machine.processes("asterisk", {15: ("asterisk-prepar", 1)})
    assert machine.state("asterisk") == ("activating", 0)
    machine.processes("asterisk", {16: ("asterisk", 0)})
    assert machine.state("asterisk") == ("active", 1)


def test_a_unit_that_stays_away_has_failed(machine: Machine) -> None:
    machine.processes("asterisk", {10: ("asterisk", 100)})
    machine.state("asterisk")
    machine.processes("asterisk", None)
    assert machine.state("asterisk")[0] == "activating"
    machine.now = 11.0
    assert machine.state("asterisk")[0] == "failed"


def test_a_unit_on_demand_rests_and_its_next_start_is_no_restart(machine: Machine) -> None:
    assert machine.state("linebox-confd") == ("inactive", 0)
    machine.processes("linebox-confd", {10: ("python3", 1)})
    assert machine.state("linebox-confd") == ("active", 0)
    machine.processes("linebox-confd", None)
    assert machine.state("linebox-confd") == ("inactive", 0)
    machine.processes("linebox-confd", {11: ("python3", 1)})
    assert machine.state("linebox-confd") == ("active", 0)


def test_a_name_with_spaces_and_brackets_is_read(machine: Machine) -> None:
    machine.processes("linebox-confd", {10: ("a) S 1 (b", 3)})
    assert machine.state("linebox-confd") == ("active", 0)

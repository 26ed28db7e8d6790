"""Units' states as control groups and systemd's invocation links show them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from linebox.web.daemons import Daemons


class Machine:
    """Folders that look like /sys/fs/cgroup/system.slice and /run/systemd/units."""

    def __init__(self, at: Path) -> None:
        self.groups, self.starts = at / "slice", at / "units"
        self.starts.mkdir()
        self.now = 0.0
        self.daemons = Daemons(
            self.groups, self.starts, ("asterisk", "linebox-confd"), lambda: self.now
        )

    def runs(self, unit: str, invocation: str | None, began: int = 1_795_000_000) -> None:
        """``invocation`` None: the unit has ended."""
        group, link = self.groups / f"{unit}.service", self.starts / f"invocation:{unit}.service"
        group.mkdir(parents=True, exist_ok=True)
        (group / "cgroup.procs").write_text("10\n11\n" if invocation else "")
        link.unlink(missing_ok=True)
        if invocation:
            link.symlink_to(invocation)
            os.utime(link, (began, began), follow_symlinks=False)

    def state(self, unit: str) -> tuple[object, object]:
        one = next(one for one in self.daemons() if one["unit"] == unit)
        return one["state"], one["restarts"]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_running_unit_is_active_since_its_start(machine: Machine) -> None:
    machine.runs("asterisk", "aa")
    one = machine.daemons()[0]
    assert one["state"] == "active"
    since = datetime.fromisoformat(str(one["since"]))
    assert since == datetime.fromtimestamp(1_795_000_000, UTC)


def test_another_invocation_is_a_restart(machine: Machine) -> None:
    machine.runs("asterisk", "aa")
    assert machine.state("asterisk") == ("active", 0)
    machine.runs("asterisk", "bb")
    assert machine.state("asterisk") == ("active", 1)
    assert machine.state("asterisk") == ("active", 1)


def test_a_unit_that_stays_away_has_failed(machine: Machine) -> None:
    machine.runs("asterisk", "aa")
    machine.state("asterisk")
    machine.runs("asterisk", None)
    assert machine.state("asterisk")[0] == "activating"
    machine.now = 11.0
    assert machine.state("asterisk")[0] == "failed"
    machine.runs("asterisk", "bb")
    assert machine.state("asterisk") == ("active", 1)


def test_a_unit_on_demand_rests_and_its_next_start_is_no_restart(machine: Machine) -> None:
    assert machine.state("linebox-confd") == ("inactive", 0)
    machine.runs("linebox-confd", "aa")
    assert machine.state("linebox-confd") == ("active", 0)
    machine.runs("linebox-confd", None)
    assert machine.state("linebox-confd") == ("inactive", 0)
    machine.runs("linebox-confd", "bb")
    assert machine.state("linebox-confd") == ("active", 0)


def test_a_unit_that_ends_while_it_is_looked_at_is_no_error(machine: Machine) -> None:
    machine.runs("asterisk", "aa")
    (machine.starts / "invocation:asterisk.service").unlink()
    assert machine.state("asterisk") == ("active", 0)

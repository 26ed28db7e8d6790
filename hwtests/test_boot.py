"""The box as a machine: it boots by itself, and comes back by itself whatever stops it."""

from __future__ import annotations

import pytest

from machine import Machine, until
from power_cuts import a_cut_in_a_call


@pytest.mark.req("PWR-6")
def test_a_new_machine_boots_to_running(machine: Machine) -> None:
    took = machine.running()
    print(f"first boot: {took:.0f} s")  # makes its database, keys and first generation
    assert machine.sh("cat /etc/machine-id") == machine.sh("cat /data/machine-id")
    assert "/data" in machine.sh("findmnt -no TARGET /data")


@pytest.mark.req("PWR-6")
def test_systemd_feeds_the_watchdog(running: Machine) -> None:
    assert "i6300ESB" in running.sh("cat /sys/class/watchdog/watchdog0/identity")
    assert running.sh("systemctl show -P RuntimeWatchdogUSec") == "30s"
    assert running.sh("systemctl show -P WatchdogDevice") == "/dev/watchdog0"
    first = running.sh("systemctl show -P WatchdogLastPingTimestampMonotonic")
    until(
        "it is fed again",
        lambda: running.sh("systemctl show -P WatchdogLastPingTimestampMonotonic") != first,
        within_s=40,
    )


@pytest.mark.req("PWR-6")
def test_a_hung_kernel_is_restarted_by_the_watchdog(running: Machine) -> None:
    before = running.boot_id()
    # A panic that never ends, as a hang is: nothing but the watchdog gets it out of there.
    running.fire("echo 0 >/proc/sys/kernel/panic; echo c >/proc/sysrq-trigger")
    running.restarted(before)
    running.running()


@pytest.mark.req("PWR-6")
def test_a_dead_init_restarts_the_machine(running: Machine) -> None:
    before = running.boot_id()
    running.fire("kill -SEGV 1")
    running.restarted(before)
    running.running()


@pytest.mark.req("PWR-6", "LOG-1")
def test_a_power_cut_in_a_call_loses_nothing(running: Machine, caller: str) -> None:
    a_cut_in_a_call(running, caller)

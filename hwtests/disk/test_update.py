"""Signed updates into the other slot, and every way in which one may be bad (SET-5).

In this order: each test begins with what the one before left, as a box in the field would.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from updates import kept, materials

from machine import Machine, until

MAIN = "4008001234"
_STICK = "/run/stick"
_FILLED = "/data/recordings/filled"


def slots(machine: Machine) -> dict[str, str]:
    """What ``linebox update`` says of A and B, blanks single."""
    said = machine.sh("linebox update", timeout_s=300)
    lines = [" ".join(line.split()) for line in said.splitlines()]
    return {line[0]: line[2:] for line in lines if line[:2] in ("A ", "B ")}


def install(machine: Machine, name: str, *, check: bool = True) -> str:
    machine.sh(
        f"mkdir -p {_STICK}; mountpoint -q {_STICK} ||"
        f" mount -o ro /dev/disk/by-label/LB-STICK {_STICK}"
    )
    command = f"linebox update install {_STICK}/{name}.raucb 2>&1"
    return machine.sh(command, check=check, timeout_s=1800)


def restart(machine: Machine) -> None:
    """In order; returns when it is up again in whatever slot."""
    before = machine.boot_id()
    machine.fire("systemctl reboot")
    machine.restarted(before, within_s=3600)
    machine.running(within_s=1800)


def fingerprint(machine: Machine) -> str:
    """Of the data that no update may touch."""
    return machine.sh("sha256sum /data/machine-id /data/secrets/session-key /data/recordings/kept")


@contextmanager
def falls_back(machine: Machine, name: str) -> Iterator[None]:
    """The slot that runs now is kept, with the data."""
    kept[name] = False
    running, data = machine.sh("tr ' ' '\\n' </proc/cmdline | grep rauc.slot"), fingerprint(machine)
    yield
    assert machine.sh("tr ' ' '\\n' </proc/cmdline | grep rauc.slot") == running
    assert fingerprint(machine) == data
    assert slots(machine)[running[-1]].startswith("good")
    machine.sh("systemctl is-active asterisk postgresql")
    kept[name] = True


@pytest.mark.req("SET-5")
def test_the_image_is_small_and_tells_what_it_is_made_of(image: Path) -> None:
    assert image.stat().st_size < 450e6
    assert {"asterisk", "rauc", "onnxruntime", "vue"} <= materials(image)


@pytest.mark.req("SET-5")
def test_a_new_disk_boots_its_first_slot_and_the_data_fill_it(machine: Machine) -> None:
    took = machine.running()
    print(f"power-on to running: {took:.0f} s")
    until("the judge has spoken", lambda: "A_TRY=0" in _block(machine), within_s=300)
    now = slots(machine)
    assert now["A"].startswith("good") and "running" in now["A"] and now["B"].startswith("empty")
    # 10 GiB of disk: whatever the slots leave
    assert int(machine.sh("findmnt -bno SIZE /data")) > 7.5e9
    assert machine.sh("findmnt -no FSTYPE,OPTIONS /efi").startswith("vfat")
    machine.sh("head -c 3M /dev/urandom >/data/recordings/kept; sync")


def _block(machine: Machine) -> str:
    return machine.sh("grub-editenv /efi/linebox/grubenv list")


@pytest.mark.req("SET-5")
def test_a_stick_with_several_bundles_asks_which(machine: Machine) -> None:
    said = machine.sh("linebox update install 2>&1", check=False, timeout_s=300)
    assert "update-many" in said and "good.raucb" in said


@pytest.mark.req("SET-5")
def test_an_update_is_tried_and_kept_on_a_box_whose_disk_is_full(machine: Machine) -> None:
    free = int(machine.sh("df --output=avail -B1 /data | tail -n 1"))
    machine.sh(f"fallocate -l {free - (200 << 20)} {_FILLED}")
    data = fingerprint(machine)
    install(machine, "good")
    now = slots(machine)
    assert now["B"].startswith("waiting") and "starts next" in now["B"]
    restart(machine)
    until("it is marked good", lambda: slots(machine)["B"].startswith("good"), within_s=1800)
    assert "running" in slots(machine)["B"] and slots(machine)["A"].startswith("good")
    assert fingerprint(machine) == data
    machine.sh(f"rm {_FILLED}")


@pytest.mark.req("SET-5")
def test_a_kernel_that_cannot_be_loaded_costs_no_version(machine: Machine) -> None:
    with falls_back(machine, "kernel"):
        install(machine, "kernel")
        restart(machine)
    assert slots(machine)["A"].startswith("refused")


@pytest.mark.req("SET-5")
def test_a_kernel_that_panics_falls_back(machine: Machine) -> None:
    with falls_back(machine, "init"):
        install(machine, "init")
        restart(machine)
    assert slots(machine)["A"].startswith("refused")


@pytest.mark.req("SET-5")
def test_a_version_whose_asterisk_does_not_start_falls_back(machine: Machine) -> None:
    with falls_back(machine, "asterisk"):
        install(machine, "asterisk")
        before = machine.boot_id()
        machine.fire("systemctl reboot")
        machine.restarted(before, within_s=3600)
        machine.sh("true")
        if "rauc.slot=A" in machine.sh("cat /proc/cmdline"):  # on trial
            trial = machine.boot_id()
            machine.restarted(trial, within_s=3600)
        machine.running(within_s=1800)
    assert slots(machine)["A"].startswith("refused") and "(asterisk)" in slots(machine)["A"]


@pytest.mark.req("SET-5", "SEC-2")
@pytest.mark.parametrize("name", ["stranger", "tail", "flipped"])
def test_what_is_not_signed_or_was_changed_is_refused(machine: Machine, name: str) -> None:
    with falls_back(machine, name):
        said = install(machine, name, check=False)
        assert "[update-" in said, said
        assert "starts next" in slots(machine)["B"]


@pytest.mark.req("SET-5")
def test_there_is_no_way_back_to_what_was_refused(machine: Machine) -> None:
    assert "update-no-way-back" in machine.sh("linebox update back 2>&1", check=False)


@pytest.mark.req("PWR-6")
def test_a_hung_kernel_on_the_disk_image_is_restarted_by_the_watchdog(machine: Machine) -> None:
    before = machine.boot_id()
    machine.fire("echo 0 >/proc/sys/kernel/panic; echo c >/proc/sysrq-trigger")
    machine.restarted(before)
    machine.running()
    assert "running" in slots(machine)["B"]


@pytest.mark.req("SET-5", "LOG-1")
def test_calls_are_taken_as_before(machine: Machine, caller: str) -> None:
    record = machine.exchange.ended(
        machine.exchange.place(caller, MAIN, keys="1@3", talk_s=5, ring_s=120), within_s=300
    )
    assert record["answered_at"] is not None, str(record)
    assert machine.filed(record)["cut"] is False

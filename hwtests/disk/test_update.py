"""Signed updates into the other slot, and every way in which one may be bad (SET-5).

In this order: each test begins with what the one before left, as a box in the field would.
"""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from updates import kept, materials

from box_api import BoxApi
from machine import Machine, until
from power_cuts import a_cut_in_a_call

REPO = Path(__file__).parents[2]
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


def install_from_the_page(machine: Machine, name: str) -> None:
    """Off the stick that the box finds by itself; gone from there when it is done."""
    machine.sh(f"umount {_STICK} 2>/dev/null || true")
    box = until("its pages answer", lambda: BoxApi(machine), within_s=600, every_s=5)
    told = until("the stick is found", lambda: box.update()["bundles"], within_s=600, every_s=5)
    found = {one["name"]: one for one in told}
    assert found[f"{name}.raucb"]["version"]
    assert found["stranger.raucb"]["fault"]["code"] == "update-untrusted"
    box.install_update(f"{name}.raucb")
    until("it is installed", lambda: box.update()["doing"] == "idle", within_s=1800, every_s=5)
    assert box.update()["fault"] is None
    mounted = "findmnt -rno TARGET | grep -c /run/linebox/usb/"
    until(
        "the stick is let go", lambda: machine.sh(mounted, check=False).strip() == "0", within_s=60
    )


def restart(machine: Machine) -> None:
    """In order; returns when it is up again in whatever slot, its engines running: much of a boot
    follows after that, which only the tests of what was kept wait for."""
    before = machine.boot_id()
    machine.fire("systemctl reboot")
    machine.restarted(before, within_s=3600)
    up(machine)


def up(machine: Machine) -> None:
    def active() -> bool:
        said = machine.sh("systemctl is-active asterisk postgresql", check=False)
        return said.split() == ["active", "active"]

    until("the engines run", active, within_s=1800, every_s=5)
    machine.sh("dmesg -n 1")


def running(machine: Machine) -> str:
    """The slot's name."""
    return machine.sh("tr ' ' '\\n' </proc/cmdline | sed -n s/^rauc.slot=//p").strip()


def fingerprint(machine: Machine) -> str:
    """Of the data that no update may touch."""
    return machine.sh("sha256sum /data/machine-id /data/secrets/session-key /data/recordings/kept")


@contextmanager
def falls_back(machine: Machine, name: str) -> Iterator[None]:
    """The slot that runs now is kept, with the data."""
    kept[name] = False
    runs, data = running(machine), fingerprint(machine)
    yield
    up(machine)
    assert running(machine) == runs
    assert fingerprint(machine) == data
    now = slots(machine)[runs]
    assert now.startswith("good") and "starts next" in now
    kept[name] = True


@pytest.mark.req("SET-5")
def test_the_image_is_small_and_tells_what_it_is_made_of(image: Path) -> None:
    assert image.stat().st_size < 450e6
    assert {"asterisk", "rauc", "onnxruntime", "vue"} <= materials(image)


@pytest.mark.req("SET-5", "SEC-2")
def test_a_release_is_not_signed_by_the_development_key(image: Path, tmp_path: Path) -> None:
    """Whoever hands it over, and however clean the commit and its tag."""
    assert image.exists()  # its making made the key, if there was none
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--shared", REPO, clone], check=True)
    subprocess.run(["git", "-C", clone, "tag", "v99.0.0"], check=True)
    key = REPO / "build/signing/development"
    trees = os.environ.get("LINEBOX_TREES", str(REPO / "build/tree"))
    signed = {"LINEBOX_SIGNING_KEY": f"{key}.key", "LINEBOX_SIGNING_CERT": f"{key}.crt"}
    done = subprocess.run(
        [clone / "image/disk", "--release"],
        env=os.environ | signed | {"LINEBOX_TREES": trees, "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and "development key" in done.stderr, done.stderr


@pytest.mark.req("SET-5")
def test_a_new_disk_boots_its_first_slot_and_the_data_fill_it(machine: Machine) -> None:
    took = machine.running()
    print(f"power-on to running: {took:.0f} s")
    until("the judge has spoken", lambda: "A_TRY=0" in _block(machine), within_s=300)
    now = slots(machine)
    assert now["A"].startswith("good") and "running" in now["A"] and now["B"].startswith("empty")
    # 10 GiB of disk: whatever the slots leave
    assert int(machine.sh("findmnt -bno SIZE /data")) > 7.5e9
    assert machine.sh("findmnt -rno FSTYPE /efi").strip() == "vfat"
    machine.sh("head -c 3M /dev/urandom >/data/recordings/kept; sync")


def _block(machine: Machine) -> str:
    return machine.sh("grub-editenv /efi/linebox/grubenv list")


@pytest.mark.req("SET-5")
def test_a_stick_with_several_bundles_asks_which(machine: Machine) -> None:
    said = machine.sh("linebox update install 2>&1", check=False, timeout_s=300)
    assert "update-many" in said and "good.raucb" in said


@pytest.mark.req("SET-5", "SEC-2")
@pytest.mark.parametrize("name", ["stranger", "tail", "flipped"])
def test_what_is_not_signed_or_was_changed_is_refused(machine: Machine, name: str) -> None:
    with falls_back(machine, name):
        said = install(machine, name, check=False)
        assert "[update-" in said, said


@pytest.mark.req("SET-5")
def test_a_kernel_that_cannot_be_loaded_costs_no_version(machine: Machine) -> None:
    with falls_back(machine, "kernel"):
        install(machine, "kernel")
        restart(machine)
    assert slots(machine)["B"].startswith("refused")


@pytest.mark.req("SET-5")
def test_a_kernel_that_panics_falls_back(machine: Machine) -> None:
    with falls_back(machine, "init"):
        install(machine, "init")
        restart(machine)
    assert slots(machine)["B"].startswith("refused")


@pytest.mark.req("SET-5")
def test_a_version_whose_asterisk_does_not_start_falls_back(machine: Machine) -> None:
    with falls_back(machine, "asterisk"):
        install(machine, "asterisk")
        before = machine.boot_id()
        machine.fire("systemctl reboot")
        machine.restarted(before, within_s=3600)
        if running(machine) == "B":  # on trial
            machine.restarted(machine.boot_id(), within_s=3600)
    assert slots(machine)["B"].startswith("refused") and "(asterisk)" in slots(machine)["B"]


@pytest.mark.req("SET-5")
def test_there_is_no_way_back_to_what_was_refused(machine: Machine) -> None:
    assert "update-no-way-back" in machine.sh("linebox update back 2>&1", check=False)


@pytest.mark.req("SET-5")
def test_an_update_is_tried_and_kept_on_a_box_whose_disk_is_full(machine: Machine) -> None:
    first = machine.sh("cat /usr/share/linebox/version").strip()
    free = int(machine.sh("df --output=avail -B1 /data | tail -n 1"))
    machine.sh(f"fallocate -l {free - (200 << 20)} {_FILLED}")
    data = fingerprint(machine)
    install_from_the_page(machine, "good")
    now = slots(machine)
    assert now["B"].startswith("waiting") and "starts next" in now["B"]
    restart(machine)
    until("it is marked good", lambda: "B_GOOD=1" in _block(machine), within_s=1800, every_s=5)
    now = slots(machine)
    assert "running" in now["B"] and now["A"].startswith(f"good {first}")
    assert fingerprint(machine) == data
    machine.sh(f"rm {_FILLED}")


@pytest.mark.req("SET-5")
def test_the_version_before_starts_next_when_it_is_asked_for(machine: Machine) -> None:
    machine.sh("linebox update back", timeout_s=300)
    now = slots(machine)
    assert "starts next" in now["A"] and "running" in now["B"]


@pytest.mark.req("PWR-6")
def test_a_hung_kernel_on_the_disk_image_is_restarted_by_the_watchdog(machine: Machine) -> None:
    before = machine.boot_id()
    machine.fire("echo 0 >/proc/sys/kernel/panic; echo c >/proc/sysrq-trigger")
    machine.restarted(before, within_s=3600)
    up(machine)
    assert "running" in slots(machine)["A"]


@pytest.mark.req("SET-5", "LOG-1")
def test_calls_are_taken_as_before(machine: Machine, caller: str) -> None:
    machine.sh("touch /run/exchange; systemctl start --no-block exchange-asterisk exchange")
    machine.running()
    machine.exchange.up(within_s=600)
    record = machine.exchange.ended(
        machine.exchange.place(caller, MAIN, keys="1@3", talk_s=5, ring_s=120), within_s=300
    )
    assert record["answered_at"] is not None, str(record)
    assert machine.filed(record)["cut"] is False


@pytest.mark.req("PWR-6", "LOG-1")
@pytest.mark.parametrize("cut", range(3))
def test_a_power_cut_in_a_call_loses_nothing_on_the_disk_image(
    machine: Machine, caller: str, cut: int
) -> None:
    """Where the exchange runs, by a test before; at the call's answer, then at random moments."""
    a_cut_in_a_call(machine, caller, after_s=random.uniform(1, 20) if cut else 0)


@pytest.mark.req("SET-5")
def test_the_image_made_again_is_the_same_byte_by_byte(image: Path) -> None:
    assert image.exists()
    host = ["nsenter", "-t", os.environ["LINEBOX_HOST_PID"], "-m", "env", "-C", str(REPO)]
    subprocess.run([*host, str(REPO / "image/disk"), "--again"], check=True)

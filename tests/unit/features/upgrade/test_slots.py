"""What the slots are told to be, and the block that GRUB and the box both write (SET-5)."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from linebox.features.upgrade.model import SlotState, Work, bundle_version, slots, table, work

REPO = Path(__file__).resolve().parents[4]
EDIT = REPO / "image/slots/usr/bin/grub-editenv"
SIZE = 1024


def told(block: str, *, running: str = "A") -> dict[str, tuple[SlotState, bool]]:
    rauc = [
        {
            f"rootfs.{number}": {
                "bootname": name,
                "state": "booted" if name == running else "inactive",
                "slot_status": {"bundle": {"version": f"of-{name}"}} if name == "B" else {},
            }
        }
        for number, name in enumerate("AB")
    ]
    found = slots(block, json.dumps({"booted": running, "slots": rauc}), "of-the-running")
    assert [line[0] for line in table(found)] == ["A", "B"]
    return {slot.name: (slot.state, slot.next) for slot in found}


@pytest.mark.req("SET-5")
@pytest.mark.parametrize(
    ("block", "running", "expected"),
    [
        ("ORDER=A B\nA_OK=1\nA_TRY=0\nA_GOOD=1\nB_OK=0\nB_TRY=0\nB_GOOD=0", "A",
         {"A": (SlotState.GOOD, True), "B": (SlotState.EMPTY, False)}),
        ("ORDER=B A\nA_OK=1\nA_TRY=0\nA_GOOD=1\nB_OK=1\nB_TRY=0\nB_GOOD=0", "A",
         {"A": (SlotState.GOOD, False), "B": (SlotState.WAITING, True)}),
        ("ORDER=B A\nA_OK=1\nA_TRY=0\nA_GOOD=1\nB_OK=1\nB_TRY=1\nB_GOOD=0", "B",
         {"A": (SlotState.GOOD, True), "B": (SlotState.ON_TRIAL, False)}),
        ("ORDER=B A\nA_OK=1\nA_TRY=0\nA_GOOD=1\nB_OK=1\nB_TRY=1\nB_GOOD=0", "A",
         {"A": (SlotState.GOOD, True), "B": (SlotState.REFUSED, False)}),
        ("ORDER=B A\nA_OK=1\nA_TRY=3\nA_GOOD=1\nB_OK=0\nB_TRY=1\nB_GOOD=0\nB_WHY=asterisk", "A",
         {"A": (SlotState.GOOD, True), "B": (SlotState.REFUSED, False)}),
        ("ORDER=B A\nA_OK=1\nA_TRY=0\nA_GOOD=1\nB_OK=1\nB_TRY=2\nB_GOOD=1", "B",
         {"A": (SlotState.GOOD, False), "B": (SlotState.GOOD, True)}),
    ],
)  # fmt: skip
def test_a_slot_is_what_the_block_says(
    block: str, running: str, expected: dict[str, tuple[SlotState, bool]]
) -> None:
    assert told(block, running=running) == expected


@pytest.mark.req("SET-5")
def test_a_slot_that_came_with_the_disk_tells_the_version_that_it_wrote_down() -> None:
    rauc = [{"rootfs.0": {"bootname": "A", "state": "inactive"}}]
    rauc += [{"rootfs.1": {"bootname": "B", "state": "booted"}}]
    block = "A_GOOD=1\nA_VERSION=the-first\nB_GOOD=1\nB_VERSION=an-old-one"
    found = slots(block, json.dumps({"booted": "B", "slots": rauc}), "of-the-running")
    assert [slot.version for slot in found] == ["the-first", "of-the-running"]


def edit(file: Path, *words: str) -> str:
    done = subprocess.run(["sh", EDIT, file, *words], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.req("SET-5")
def test_the_block_keeps_its_size_and_its_other_values(tmp_path: Path) -> None:
    file = tmp_path / "grubenv"
    file.write_bytes(b"# GRUB Environment Block\n".ljust(SIZE, b"#"))
    edit(file, "set", "ORDER=A B", "A_OK=1", "B_OK=0")
    edit(file, "set", "ORDER=B A", "B_OK=1", "B_TRY=0")
    edit(file, "set", "B_VERSION=1")
    edit(file, "unset", "B_TRY", "B_VERSION", "B_WHY")
    assert sorted(edit(file, "list").split("\n")) == ["", "A_OK=1", "B_OK=1", "ORDER=B A"]
    whole = file.read_bytes()
    assert len(whole) == SIZE and whole.startswith(b"# GRUB Environment Block\n")
    assert set(whole.rpartition(b"\n")[2]) == {ord("#")}


@pytest.mark.req("SET-5")
def test_a_block_without_room_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "grubenv"
    file.write_bytes(b"# GRUB Environment Block\nA_OK=1\n".ljust(SIZE, b"#"))
    before = file.read_bytes()
    with pytest.raises(subprocess.CalledProcessError):
        edit(file, "set", "LONG=" + "x" * SIZE)
    assert file.read_bytes() == before


@pytest.mark.req("SET-5")
@pytest.mark.parametrize("told", ["", "{}", '{"type":"s","data":"idle"}', "no JSON"])
def test_words_that_are_not_rauc_s_are_no_state(told: str) -> None:
    with pytest.raises(ValueError):
        work(told)


@pytest.mark.req("SET-5")
def test_what_rauc_does_is_told_and_its_last_error_only_when_that_is_over() -> None:
    def heard(operation: str, percent: int, step: str, error: str) -> Work:
        lines = (("s", operation), ("(isi)", [percent, step, 2]), ("s", error), ("s", "B"))
        return work("\n".join(json.dumps({"type": kind, "data": data}) for kind, data in lines))

    now = heard("installing", 20, "Checking bundle done.", "")
    assert (now.installing, now.percent, now.step) == (True, 20, "Checking bundle done.")
    over = heard("idle", 100, "Installing failed.", "Failed mounting bundle")
    assert (over.installing, over.percent, over.step) == (False, 0, "")
    assert (over.error, over.booted) == ("Failed mounting bundle", "B")


@pytest.mark.req("SET-5")
def test_a_bundle_without_a_version_is_not_understood() -> None:
    with pytest.raises(ValueError):
        bundle_version('{"type":"a{sv}","data":[{"update":{"type":"v","data":{}}}]}')

"""hostd's acts on updates, with RAUC's own words as it was heard to say them (SET-5)."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from linebox.base.errors import InputError, LineboxError, Unavailable
from linebox.base.shapes import parse, render
from linebox.config.paths import Paths
from linebox.daemons import _host_run, _update, _update_stick, hostd
from linebox.daemons._host_update import Updates
from linebox.features.upgrade.model import BoxRestartWish, InstallWish, SlotState, Update

BLOCK = "ORDER=A B\nA_OK=1\nA_TRY=0\nA_GOOD=1\nB_OK=0\nB_TRY=0\nB_GOOD=0\n"
#: RAUC 1.15.2, of bundles made for the purpose.
GOOD = (
    '{"type":"a{sv}","data":[{"update":{"type":"v","data":{"type":"a{sv}","data":{"version":'
    '{"type":"s","data":"2026.11.23-abc"},"compatible":{"type":"s","data":"linebox-amd64"}}}},'
    '"meta":{"type":"v","data":{"type":"a{sa{ss}}","data":{}}}}]}'
)
STRANGER = "signature verification failed: Verify error: self-signed certificate"
JUNK = "Invalid bundle format: Signature size (3681243003992059042) exceeds bundle size"
#: Of a bundle whose signature was changed, as OpenSSL tells it.
FLIPPED = (
    "signature verification failed: Failed to parse signature: C0F3FCA5E57F0000:error:0688010A:asn1"
    " encoding\troutines:asn1_template_noexp_d2i:nested asn1 error:../crypto/asn1/tasn_dec.c:712:"
    "Field=signatureAlgorithm, Type=CMS_SignerInfo" + ", Type=CMS_SignedData" * 10
)
BUSY = "already processing a different method"


class Machine:
    """A box with slots: what its programs are asked, what they answer, its sticks."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = Paths(root=tmp_path)
        self.block = BLOCK
        self.operation, self.percent, self.step, self.error = "idle", 0, "", ""
        #: Of each bundle, by name: None for a good one, else RAUC's refusal.
        self.says: dict[str, str | None] = {}
        #: The sticks' partitions and the files on them.
        self.sticks: dict[str, list[str]] = {}
        self.ran: list[tuple[str, ...]] = []
        self.calls = 0
        (tmp_path / "efi/linebox").mkdir(parents=True)
        (tmp_path / "efi/linebox/grubenv").touch()
        self.at.share.mkdir(parents=True)
        (self.at.share / "version").write_text("2026.11.22-old\n")
        for module in (_update, _update_stick):
            monkeypatch.setattr(module.run, "told", self.told)
            monkeypatch.setattr(module.run, "status", self.status)
        monkeypatch.setattr(Path, "is_mount", Path.is_dir)
        monkeypatch.setattr(_update_stick, "_WAIT_S", 0.0)
        monkeypatch.setattr(_host_run, "LET_THE_ANSWER_OUT_S", 0.0)
        self.updates = self.another()

    def another(self) -> Updates:
        """As a killed hostd's successor has it."""
        return Updates(self.at, lambda: self.calls)

    @property
    def mounted(self) -> list[str]:
        return sorted(one.name for one in (self.at.run / "usb").glob("*"))

    def told(self, *words: str, limit_s: float = 10.0) -> str:
        self.ran.append(words)
        match words:
            case ("grub-editenv", _, "list"):
                return self.block
            case ("lsblk", *_):
                return json.dumps({"blockdevices": self.devices()})
            case ("rauc", "status", "--detailed", *_):
                if self.operation != "idle":
                    raise Unavailable("host-act-failed", act="rauc", reason=BUSY)
                return json.dumps({"booted": "A", "slots": [self.slot("A"), self.slot("B")]})
            case ("busctl", _, "get-property", *_):
                return "\n".join(
                    json.dumps({"type": kind, "data": data})
                    for kind, data in (
                        ("s", self.operation),
                        ("(isi)", [self.percent, self.step, 1]),
                        ("s", self.error),
                        ("s", "A"),
                    )
                )
            case ("busctl", _, _, "call", _, _, _, method, "sa{sv}", file, "0"):
                return self.called(method, Path(file))
            case _:
                return ""

    def called(self, method: str, file: Path) -> str:
        assert file.exists(), "RAUC finds it where it was told"
        refused = self.says.get(file.name)
        if method == "InspectBundle" and refused is not None:
            raise Unavailable("host-act-failed", act="busctl", reason=f"Call failed: {refused}")
        if method == "InstallBundle":
            self.operation, self.percent, self.step = "installing", 0, "Installing"
            self.error = ""
            return ""
        return GOOD

    def status(self, *words: str, limit_s: float = 10.0) -> int:
        self.ran.append(words)
        _, act, unit = words
        name = unit.removeprefix("usb-stick@").removesuffix(".service")
        place = self.at.run / "usb" / name
        if act == "start":
            place.mkdir(parents=True, exist_ok=True)
            for file in self.sticks[name]:
                (place / file).write_bytes(b"12345")
        else:
            for one in place.iterdir():
                one.unlink()
            place.rmdir()
        return 0

    def devices(self) -> list[dict[str, object]]:
        own = {"name": "/dev/vda", "tran": "virtio", "fstype": None, "children": []}
        children = [{"name": f"/dev/{one}", "tran": None, "fstype": "vfat"} for one in self.sticks]
        return [own, {"name": "/dev/sda", "tran": "usb", "fstype": None, "children": children}]

    @staticmethod
    def slot(name: str) -> dict[str, object]:
        status = {"bundle": {"compatible": None}}
        state = "booted" if name == "A" else "inactive"
        return {f"rootfs.{name}": {"bootname": name, "state": state, "slot_status": status}}


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def refused(code: str, act: object, *words: object) -> LineboxError:
    assert callable(act)
    with pytest.raises(LineboxError) as raised:
        act(*words)
    assert raised.value.code == code
    return raised.value


@pytest.mark.req("SET-5")
def test_a_box_without_slots_tells_none_and_does_nothing(machine: Machine) -> None:
    (machine.at.root / "efi/linebox/grubenv").unlink()
    told = machine.updates.look()
    assert (told.slots, told.bundles, told.doing) == ((), (), "idle")
    for act, wish in (
        (machine.updates.install, InstallWish(file="a.raucb")),
        (machine.updates.restart, BoxRestartWish(cut_calls=True)),
    ):
        refused("update-no-slots", act, wish)
    refused("update-no-slots", machine.updates.back)
    assert machine.ran == []


def as_webd_reads(told: Update) -> Update:
    """What reaches the page, as it was said."""
    read = parse(Update, json.loads(json.dumps(render(told))))
    assert read == told
    return read


@pytest.mark.req("SET-5")
def test_bundles_of_all_sticks_are_told_with_what_is_wrong_with_them(machine: Machine) -> None:
    machine.sticks = {"sda1": ["good.raucb", "notes.txt"], "sda2": ["junk.raucb", "theirs.raucb"]}
    machine.sticks["sda3"] = ["f" * 249 + ".raucb"]
    machine.says = {"theirs.raucb": STRANGER, "junk.raucb": JUNK, "f" * 249 + ".raucb": FLIPPED}
    told = as_webd_reads(machine.updates.look())
    assert {
        one.name: (one.version, one.size_bytes, one.fault and one.fault.code)
        for one in told.bundles
    } == {
        "good.raucb": ("2026.11.23-abc", 5, None),
        "junk.raucb": ("", 5, "update-broken"),
        "theirs.raucb": ("", 5, "update-untrusted"),
        "f" * 249 + ".raucb": ("", 5, "update-untrusted"),
    }
    assert machine.mounted == [], "nothing stays mounted that nobody reads"
    machine.ran.clear()
    assert machine.updates.look(sticks=False).bundles == ()
    assert not any("usb-stick@" in " ".join(words) for words in machine.ran)
    assert [(one.name, one.running, one.version) for one in told.slots] == [
        ("A", True, "2026.11.22-old"),
        ("B", False, ""),
    ]


@pytest.mark.req("SET-5")
def test_an_installation_goes_on_by_itself_and_its_stick_stays_until_then(machine: Machine) -> None:
    machine.sticks = {"sda1": ["good.raucb", "older.raucb"]}
    told = machine.updates.install(InstallWish(file="good.raucb"))
    assert (told.doing, told.file, told.version) == ("installing", "good.raucb", "2026.11.23-abc")
    assert [word for ran in machine.ran for word in ran if word.endswith("older.raucb")] == []
    machine.percent, machine.step = 46, "Copying image to rootfs.1"
    del machine.updates  # killed

    successor = machine.another()
    told = successor.look()
    assert (told.doing, told.percent, told.step) == ("installing", 46, "Copying image to rootfs.1")
    assert (told.file, told.version) == ("good.raucb", "2026.11.23-abc")
    assert {one.name: one.state for one in told.slots} == {
        "A": SlotState.GOOD,
        "B": SlotState.WRITING,
    }
    successor.tend()
    assert successor.waits() and machine.mounted == ["sda1"]

    machine.operation, machine.percent = "idle", 100
    machine.block = BLOCK.replace("ORDER=A B", "ORDER=B A").replace("B_OK=0", "B_OK=1")
    successor.tend()
    assert not successor.waits() and machine.mounted == []
    told = successor.look()
    assert (told.doing, told.percent, told.fault) == ("idle", 0, None)
    assert [(one.state, one.next) for one in told.slots if one.name == "B"] == [
        (SlotState.WAITING, True)
    ]


@pytest.mark.req("SET-5", "SEC-2")
def test_what_rauc_refused_later_is_told_as_our_own_reason(machine: Machine) -> None:
    machine.sticks = {"sda1": ["good.raucb"]}
    machine.updates.install(InstallWish(file="good.raucb"))
    machine.operation, machine.percent = "idle", 100
    for said, code in ((STRANGER, "update-untrusted"), ("Failed to copy", "update-broken")):
        machine.error = said
        told = machine.another().look()
        assert told.fault is not None and told.fault.code == code
        assert "good.raucb" in told.fault.zh and "good.raucb" in told.fault.en


@pytest.mark.req("SET-5", "SEC-2")
@pytest.mark.parametrize(
    ("sticks", "file", "code"),
    [
        ({}, "good.raucb", "update-no-stick"),
        ({"sda1": []}, "good.raucb", "update-no-stick"),
        ({"sda1": ["other.raucb"]}, "good.raucb", "update-missing"),
        ({"sda1": ["other.raucb"]}, "../sda1/other.raucb", "update-missing"),
        ({"sda1": ["other.raucb"]}, "sda1/other.raucb", "update-missing"),
        ({"sda1": ["good.raucb"], "sda2": ["good.raucb"]}, "good.raucb", "update-many"),
        ({"sda1": ["theirs.raucb"]}, "theirs.raucb", "update-untrusted"),
        ({"sda1": ["junk.raucb"]}, "junk.raucb", "update-broken"),
    ],
)
def test_what_cannot_be_installed_is_refused_and_lets_the_stick_go(
    machine: Machine, sticks: dict[str, list[str]], file: str, code: str
) -> None:
    machine.sticks = sticks
    machine.says = {"theirs.raucb": STRANGER, "junk.raucb": JUNK}
    refused(code, machine.updates.install, InstallWish(file=file))
    assert machine.mounted == [] and machine.operation == "idle"


@pytest.mark.req("SET-5")
def test_nothing_else_is_done_while_it_installs(machine: Machine) -> None:
    machine.sticks = {"sda1": ["good.raucb"]}
    machine.updates.install(InstallWish(file="good.raucb"))
    refused("update-under-way", machine.updates.install, InstallWish(file="good.raucb"))
    refused("update-under-way", machine.updates.restart, BoxRestartWish(cut_calls=True))
    refused("update-under-way", machine.updates.back)
    assert machine.mounted == ["sda1"], "RAUC still reads it"
    assert machine.updates.look().bundles == ()


@pytest.mark.req("SET-5")
def test_the_only_good_version_is_not_written_over_while_the_new_one_is_on_trial(
    machine: Machine,
) -> None:
    machine.sticks = {"sda1": ["good.raucb"]}
    machine.block = "ORDER=A B\nA_OK=1\nA_TRY=1\nA_GOOD=0\nB_OK=1\nB_TRY=0\nB_GOOD=1\n"
    refused("update-on-trial", machine.updates.install, InstallWish(file="good.raucb"))
    assert machine.mounted == [] and machine.operation == "idle"


@pytest.mark.req("SET-5")
def test_the_console_and_the_page_do_not_pull_the_stick_from_each_other(machine: Machine) -> None:
    machine.sticks = {"sda1": ["good.raucb"]}
    with _update_stick.the_one(machine.at) as file:
        assert machine.updates.look().bundles == ()
        machine.updates.tend()
        refused("update-under-way", machine.updates.install, InstallWish(file="good.raucb"))
        assert file.exists()
    assert machine.mounted == []


@pytest.mark.req("SET-5")
def test_a_restart_says_how_many_calls_it_ends(machine: Machine) -> None:
    machine.calls = 3
    error = refused("update-cuts-calls", machine.updates.restart, BoxRestartWish())
    assert isinstance(error, InputError) and error.fields == {"calls": 3}
    assert machine.updates.restart(BoxRestartWish(cut_calls=True)).calls == 3
    machine.calls = 0
    assert machine.updates.restart(BoxRestartWish()).calls == 0

    def restarts() -> int:
        return sum("reboot.target" in words for words in machine.ran)

    end = time.monotonic() + 5
    while restarts() < 2 and time.monotonic() < end:
        time.sleep(0.01)
    assert restarts() == 2


@pytest.mark.req("SET-5")
def test_the_way_back_leads_to_a_good_version_alone(machine: Machine) -> None:
    refused("update-no-way-back", machine.updates.back)
    assert not any("mark-active" in words for words in machine.ran)
    machine.block = BLOCK.replace("B_OK=0", "B_OK=1").replace("B_GOOD=0", "B_GOOD=1")
    assert isinstance(machine.updates.back(), Update)
    assert ("rauc", "status", "mark-active", "other") in machine.ran


@pytest.mark.req("SET-5")
def test_rauc_out_of_reach_is_no_fault_of_the_bundle(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.sticks = {"sda1": ["good.raucb"]}
    plain = machine.told

    def away(*words: str, limit_s: float = 10.0) -> str:
        if "InspectBundle" in words:
            raise Unavailable(
                "host-act-failed", act="busctl", reason="Call failed: Connection timed out"
            )
        return plain(*words, limit_s=limit_s)

    monkeypatch.setattr(_update.run, "told", away)
    refused("host-act-failed", machine.updates.install, InstallWish(file="good.raucb"))
    assert machine.mounted == []


@pytest.mark.req("SET-5")
def test_hostd_stays_until_the_stick_is_let_go(machine: Machine) -> None:
    machine.sticks = {"sda1": ["good.raucb"]}
    machine.updates.install(InstallWish(file="good.raucb"))
    made = hostd.Hostd(machine.at)
    assert made.waits()
    assert ("POST", "/update/install") in made.acts()
    machine.operation = "idle"
    made.updates.tend()
    assert not made.waits()

"""Cards at boot, before any Python: the last compiled files, by a shell (TEL-1)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from fixtures.dahdi_files import compiled, unit
from fixtures.sysfs import CARDS, Machine
from linebox.daemons._board_apply import Applier
from linebox.hw.board import Driver, Phones
from linebox.hw.real.dahdi import DahdiTelephony

SCRIPT = Path(__file__).parents[3] / "image/rootfs/usr/lib/linebox/cards-prepare"
E1 = "1TE133F1234567"
TDM = "@PCI_Bus_00_Slot_10"
UNITS = (unit(f"{E1}/1", 1, 1, 31), unit(f"{TDM}/1", 2, 32, 35))
SYSTEM = "span=1,1,0,ccs,hdb3\nbchan=1-15,17-31\ndchan=16\nfxsks=32-33\nfxoks=35\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = tmp_path / "data/generations/current/dahdi"
    assigned = f"# by hardware id or @location\n{E1} 1:1:1\n{TDM} 1:2:32\n"
    compiled(files, assigned=assigned, types=f"{E1} 1:E1\n", system=SYSTEM, units=UNITS)
    (tmp_path / "bin").mkdir()
    tool = tmp_path / "bin/dahdi_cfg"
    tool.write_text('#!/bin/sh\necho "$3 $4 $5 $6" >>"${0%/*}/asked"\n[ ! -e "${0%/*}/bad$4" ]\n')
    tool.chmod(0o755)
    sleep = tmp_path / "bin/sleep"
    sleep.write_text("#!/bin/sh\n")
    sleep.chmod(0o755)
    return tmp_path


def machine(root: Path, *cards: str) -> Machine:
    """Cards with their spans assigned: a file can't do what ``assign_span`` does."""
    kernel = Machine(root)
    kernel.plug(*(CARDS[card] for card in cards))
    for span in {"te131": "1:1:1", "tdm400p": "1:2:32"}.items():
        if span[0] in cards:
            device = kernel._device(CARDS[span[0]])
            kernel.write(device / "assign_span", span[1])
    return kernel


def prepared(root: Path) -> tuple[list[str], list[str]]:
    """What dahdi_cfg was asked for; the spans that are told to boardd."""
    path = f"{root / 'bin'}:{os.environ['PATH']}"
    subprocess.run(["/bin/sh", SCRIPT, root], env={"PATH": path}, check=True, timeout=30)
    asked = root / "bin/asked"
    told = root / "run/linebox/boardd/boot/spans"
    return (
        asked.read_text().splitlines() if asked.exists() else [],
        told.read_text().split() if told.exists() else [],
    )


@pytest.mark.req("TEL-1")
def test_cards_are_found_by_id_or_place_and_configured_span_by_span(root: Path) -> None:
    machine(root, "te131", "tdm400p")
    assert prepared(root) == (["-S 1 -C 1-31", "-S 2 -C 32-35"], ["1", "2"])


def test_a_span_that_has_no_number_yet_gets_its_own_and_its_kind(root: Path) -> None:
    kernel = Machine(root)
    kernel.plug(CARDS["te131"], CARDS["tdm400p"])
    prepared(root)
    card, line = (kernel._device(CARDS[name]) for name in ("te131", "tdm400p"))
    assert (card / "dahdi_spantype").read_text() == "1:E1\n"
    assert (card / "assign_span").read_text() == "1:1:1\n"
    assert (line / "assign_span").read_text() == "1:2:32\n"


@pytest.mark.req("TEL-1")
def test_a_card_that_is_away_or_refused_keeps_no_other_from_service(root: Path) -> None:
    machine(root, "te131")
    assert prepared(root) == (["-S 1 -C 1-31"], ["1"])
    (root / "bin/asked").unlink()
    (root / "bin/bad1").touch()
    assert prepared(root) == (["-S 1 -C 1-31"], [])


def test_without_cards_in_the_settings_nothing_is_done(root: Path) -> None:
    machine(root, "te131")
    (root / "data/generations/current/dahdi/assigned-spans.conf").write_text("")
    assert prepared(root) == ([], [])


@pytest.mark.req("TEL-1")
def test_boardd_does_not_touch_what_the_boot_configured(root: Path) -> None:
    kernel = machine(root, "te131", "tdm400p")
    (root / "bin/bad2").touch()
    prepared(root)
    files = root / "data/generations/current/dahdi"
    kernel.dahdi_cfg(("-c", str(files / "system.conf"), "-S", "1", "-C", "1-31"))
    kernel.asked.clear()
    telephony = DahdiTelephony(root, kernel, Phones(driver=Driver.DAHDI))
    applier = Applier(telephony, None, files, root / "run/linebox/boardd/applied.json")
    assert applier.apply().changed == (f"{TDM}/1",)
    assert [words[-1] for words in kernel.asked] == ["32-35"]


@pytest.mark.req("TEL-12")
@pytest.mark.parametrize("refused", ["", "33="])
def test_lines_get_their_impedance_before_asterisk_whatever_card_is_away(
    root: Path, refused: str
) -> None:
    machine(root, "tdm400p")
    tool = root / "bin/fxotune"
    said = root / "bin/tuned"
    tool.write_text(
        "#!/bin/sh\n[ $1 = -s ] && [ $2 = -c ] || exit 9\n"
        f'while read -r line; do case $line in "{refused or "-"}"*) exit 1 ;; esac;'
        f' echo "$line" >>{said}; done <"$3"\n'
    )
    tool.chmod(0o755)
    zeros = ",0" * 8
    tunes = root / "data/generations/current/dahdi/fxotune.conf"
    tunes.write_text(f"32=2{zeros}\n33=3{zeros}\n34=0{zeros}\n")
    assert prepared(root)[1] == ["2"]
    lines = {line.partition(",")[0] for line in said.read_text().splitlines()}
    assert lines == {"32=2", "33=3", "34=0"} - {f"{refused}3"}
    assert sorted(one.name for one in (root / "run/linebox/boardd/boot").iterdir()) == [
        "spans", "units.json",
    ]  # fmt: skip

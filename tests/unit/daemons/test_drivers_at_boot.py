"""Drivers of cards at boot, before any Python: the owner's options, by a shell (TEL-1)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

IMAGE = Path(__file__).parents[3] / "image/rootfs"
SCRIPT = IMAGE / "usr/lib/linebox/drivers-prepare"
FACTORY = IMAGE / "etc/modprobe.d/linebox-cards.conf"

pytestmark = pytest.mark.req("TEL-1")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A kernel whose ``modprobe`` only tells what it was asked for."""
    (tmp_path / "data/generations/current/dahdi").mkdir(parents=True)
    tool = tmp_path / "bin/modprobe"
    tool.parent.mkdir()
    tool.write_text('#!/bin/sh\necho "$*" >>"${0%/*}/asked"\n[ ! -e "${0%/*}/bad" ]\n')
    tool.chmod(0o755)
    return tmp_path


def loaded(root: Path, module: str, **parameters: str) -> None:
    folder = root / "sys/module" / module / "parameters"
    folder.mkdir(parents=True)
    for name, value in parameters.items():
        (folder / name).write_text(f"{value}\n")


def prepared(root: Path, wanted: str) -> tuple[list[str], str]:
    """What modprobe was asked for; what was said as an error."""
    (root / "data/generations/current/dahdi/modprobe.conf").write_text(wanted)
    path = f"{root / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(
        ["/bin/sh", SCRIPT, root], env={"PATH": path}, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr
    asked = root / "bin/asked"
    return asked.read_text().splitlines() if asked.exists() else [], done.stderr


def test_a_driver_that_has_its_options_is_left_alone(root: Path) -> None:
    loaded(root, "wcaxx", opermode="CHINA")
    assert prepared(root, "options dahdi auto_assign_spans=0\noptions wcaxx opermode=CHINA\n") == (
        [],
        "",
    )


def test_a_driver_with_other_options_is_loaded_anew(root: Path) -> None:
    loaded(root, "wcaxx", opermode="CHINA")
    loaded(root, "opvxa1200", opermode="CHINA", cidbeforering="0")
    asked, said = prepared(
        root,
        "options opvxa1200 opermode=CHINA cidbeforering=1\noptions wcaxx opermode=HONGKONG\n",
    )
    assert asked == [
        "-r opvxa1200",
        "opvxa1200 opermode=CHINA cidbeforering=1",
        "-r wcaxx",
        "wcaxx opermode=HONGKONG",
    ]
    assert said == ""


def test_a_driver_that_udev_has_not_loaded_yet_is_loaded_with_its_options(root: Path) -> None:
    assert prepared(root, "options wctdm opermode=TAIWAN\n")[0] == ["-q wctdm opermode=TAIWAN"]


def test_an_option_that_the_kernel_does_not_tell_makes_no_calls_wait(root: Path) -> None:
    loaded(root, "xpd_fxo")
    assert prepared(root, "options xpd_fxo opermode=MACAO\n") == ([], "")


def test_a_driver_in_use_is_told_and_keeps_no_other_from_its_options(root: Path) -> None:
    loaded(root, "wcaxx", opermode="CHINA")
    loaded(root, "wctdm", opermode="CHINA")
    (root / "bin/bad").touch()
    asked, said = prepared(root, "options wcaxx opermode=FCC\noptions wctdm opermode=FCC\n")
    assert asked == ["-r wcaxx", "-r wctdm"]
    assert "<3>wcaxx couldn't be loaded anew with opermode=FCC" in said
    assert "<3>wctdm couldn't be loaded anew with opermode=FCC" in said


def test_what_the_settings_say_by_default_is_what_the_image_says() -> None:
    """So no driver is loaded twice at the start of a box in China."""
    factory = set(FACTORY.read_text().splitlines())
    golden = Path(__file__).parents[2] / "golden/compiler/cards"
    compiled = {
        line
        for one in golden.glob("*/dahdi-modprobe.conf")
        for line in one.read_text().splitlines()
    }
    assert compiled
    assert compiled <= factory

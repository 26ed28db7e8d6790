"""The tree of the arm64 boards (`rpi5`), built by emulation, and its programs, run so: `make rpi5` (issue 5, section 1)."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

TREES = Path(os.environ["LINEBOX_TREES"] + "-arm64")
#: From top to bottom, as a machine has them (image/vm).
LAYERS = ("app", "web", "voice", "kernel", "trim", "base")
#: What an Astribank, the bench and the other cards need.
MODULES = ("dahdi", "xpp_usb", "xpp", "wct4xxp", "wctdm24xxp", "dahdi_dynamic_loc", "dahdi_lbsim")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The layers, one over the other; what is written goes with them."""
    at = tmp_path_factory.mktemp("tree")
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", at], check=True)
    for name in ("upper", "work", "root"):
        (at / name).mkdir()
    lower = ":".join(str((TREES / name).resolve(strict=True)) for name in LAYERS)
    options = f"lowerdir={lower},upperdir={at}/upper,workdir={at}/work"
    old_call = {**os.environ, "LIBMOUNT_FORCE_MOUNT2": "always"}  # the new one takes 256 characters
    overlay = ["mount", "-t", "overlay", "overlay", "-o", options, at / "root"]
    subprocess.run(overlay, check=True, env=old_call)
    subprocess.run(["mount", "-t", "proc", "proc", at / "root/proc"], check=True)
    yield at / "root"
    for path in (at / "root/proc", at / "root", at):
        subprocess.run(["umount", "-l", path], check=True)


def said(root: Path, *words: str) -> str:
    """By a program of the tree."""
    path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"
    python = "PYTHONPATH=/usr/lib/linebox/python"
    command = ["chroot", str(root), "/usr/bin/env", "-i", path, python, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout


def test_its_programs_are_arm64_and_run(root: Path) -> None:
    assert said(root, "dpkg", "--print-architecture").strip() == "arm64"
    assert said(root, "uname", "-m").strip() == "aarch64"
    assert said(root, "asterisk", "-V").startswith("Asterisk 22.")
    assert "PostgreSQL" in said(root, "sh", "-c", "/usr/lib/postgresql/*/bin/postgres --version")


def test_every_module_of_asterisk_finds_its_libraries(root: Path) -> None:
    missing = said(root, "sh", "-c", "ldd /usr/lib/*/asterisk/modules/*.so | grep 'not found' || :")
    assert missing == ""


def test_the_kernel_has_the_cards_drivers_for_itself(root: Path) -> None:
    (version,) = [path.name for path in (root / "usr/lib/modules").iterdir()]
    assert version.endswith("-arm64")
    for module in MODULES:
        magic = said(root, "modinfo", "-k", version, "-F", "vermagic", module)
        assert magic.split()[0] == version and magic.split()[-1] == "aarch64", (module, magic)
    assert (root / "boot/vmlinuz").stat().st_size > 5_000_000
    assert (root / "boot/initrd.img").stat().st_size > 1_000_000


def test_boardd_reads_the_board_and_the_cli_speaks(root: Path) -> None:
    read = (
        "from pathlib import Path; from linebox.hw import board;"
        " print(board.read(Path('/usr/share/linebox/board/rpi5/board.toml')).telephony.driver)"
    )
    assert said(root, "python3", "-c", read).strip() == "dahdi"
    assert "lines" in said(root, "linebox", "--help")
    imports = "import linebox.daemons.boardd, linebox.daemons.calld, linebox.daemons.webd"
    said(root, "python3", "-c", imports)


def test_it_can_speak(root: Path) -> None:
    sounds = list((root / "usr/share/linebox/sounds").rglob("*"))
    assert len(sounds) > 100
    use = (
        "import sys; sys.path.insert(0, '/usr/lib/linebox/voice/site-packages'); import onnxruntime"
    )
    said(root, "python3", "-c", use)

"""The box started from the product's own disk image; broken bundles on a USB stick."""

from __future__ import annotations

import os
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from labgrid import Target
from updates import BROKEN, kept

from bench.rows import Row, write
from fixtures.exchange import ExchangeClient
from machine import Machine

REPO = Path(__file__).parents[2]
#: Said to the machine's systemd on the kernel line: the exchange, a third of a boot's work, waits
#: for the one test that calls.
DROPINS = {
    "exchange-asterisk": "[Unit]\nConditionPathExists=/run/exchange\n",
    "exchange": "[Unit]\nConditionPathExists=/run/exchange\n",
    "first-call": "[Unit]\nConditionPathExists=/run/exchange\n",
}
PORT = int(os.environ.get("LINEBOX_VM_PORT", "9543"))


@pytest.fixture(scope="session")
def image() -> Path:
    """The compressed disk image, made where it isn't up to date, and the stick of its bundles."""
    subprocess.run([Path(__file__).with_name("stick")], check=True)
    name = (REPO / "build/image/made").read_text().split()[1]
    return REPO / f"build/image/{name}.img.zst"


@pytest.fixture(scope="session")
def machine(image: Path, target: Target) -> Iterator[Machine]:
    """Switched on for the first time, with the stick plugged in. ``LINEBOX_VM_ON``: the one that
    runs is taken as it is, and left so, for whoever writes a test."""
    assert image.exists()
    box = Machine(target, ExchangeClient("127.0.0.1", port=PORT + 1))
    if os.environ.get("LINEBOX_VM_ON"):
        yield box
        return
    os.environ["VM_APPEND"] = words()
    box.cut_power()
    box.forget()
    box.power_on()
    yield box
    box.cut_power()


def words() -> str:
    """``DROPINS`` as words for the kernel."""
    return " ".join(
        f"systemd.set_credential_binary=systemd.unit-dropin.{unit}.service~emulated:"
        + b64encode(text.encode()).decode()
        for unit, text in DROPINS.items()
    )


@pytest.fixture(scope="session", autouse=True)
def figures(image: Path) -> Iterator[None]:
    """Rows of build/bench.json, of what was tested."""
    size = Row(
        name="image-compressed-mb",
        value=image.stat().st_size / 1e6,
        unit="MB",
        limit=450,
        note="disk image, zstd, voices included",
    )
    write([size], REPO / "build/bench.json")
    yield
    if kept.keys() < BROKEN:
        return
    fallbacks = Row(
        name="update-fallbacks-failed",
        value=sum(not good for good in kept.values()),
        unit="bundles",
        limit=0,
        note=f"of {len(kept)}: {', '.join(sorted(kept))}",
    )
    write([fallbacks], REPO / "build/bench.json")

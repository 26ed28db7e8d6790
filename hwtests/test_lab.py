"""Two lines commissioned: the impedance that fits the wire is found, kept in the settings and set at each start (TEL-12).

Wires of dahdi_lbsim with a ``balance`` each, in service at the running box, their exchange linebox.hw.sim.exchange, as in
test_faults.py: dahdi_lbsim serves the box's own Asterisk.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from box_api import BoxApi
from machine import MAIN, Machine, inside, until

_BENCH = Path(__file__).with_name("faults_bench.py")
#: Which impedance fits each wire: 270 Ω + (750 Ω ∥ 150 nF), 350 Ω + (1000 Ω ∥ 210 nF).
FITS = {1: 2, 2: 9}
CHINA = 15
ZEROS = " 0" * 8


def key(line: int) -> str:
    return f"lbsim-box/1/{line}"


@pytest.fixture(scope="module")
def api(lines: Machine) -> Iterator[BoxApi]:
    """Four lines of dahdi_lbsim in service; the first two ring each other."""
    inside("sh", "-c", "cat >/run/faults_bench.py", stdin=_BENCH.read_bytes())

    def experiment(*words: str) -> Any:
        return json.loads(inside("python3", "/run/faults_bench.py", *words))

    began = experiment("up")
    assert "error" not in began and began["exchange_s"] is not None, began
    for line, other in ((1, 2), (2, 1)):
        experiment("through", str(line), str(other))
        lines.sh(f"echo {FITS[line]} >/sys/class/lbsim/wire{line}/balance")
    pages = until("its pages answer", lambda: BoxApi(lines), within_s=300, every_s=5)

    def ports() -> list[dict[str, Any]]:
        ids = {one["id"] for one in pages.items("spans") if one["key"] == "lbsim-box/1"}
        return [one for one in pages.items("ports") if one["span_id"] in ids]

    until("the card is filed", lambda: len(ports()) == 4, within_s=300, every_s=5)

    def in_service() -> bool:
        """Confd may still be starting, or bring the new card into effect: asked again."""
        if not any(trunk["name"] == "wires" for trunk in pages.items("trunks")):
            new = {"what": "trunk", "after": {"name": "wires", "kind": "analog"}, "ref": "new:1"}
            many = [pages.change("port", p, trunk_id="new:1", number=MAIN) for p in ports()]
            pages.apply([new, *many])
        return all(states(pages)[key(line)] == "idle" for line in FITS)

    until("its lines are idle", in_service, within_s=600, every_s=10)
    yield pages
    for line in FITS:
        lines.sh(f"echo -1 >/sys/class/lbsim/wire{line}/balance")
    experiment("down")


def states(api: BoxApi) -> dict[str, str]:
    return {
        port["key"]: port["state"]
        for card in api.hardware()
        for span in card["spans"]
        for port in span["ports"]
    }


def tunes(machine: Machine) -> dict[int, str]:
    """What each wire's port was given: ACIM, eight coefficients."""
    return {
        line: machine.sh(f"cat /sys/class/lbsim/wire{line}/tune").strip().removesuffix(ZEROS)
        for line in FITS
    }


def spoil(machine: Machine, channels: list[int]) -> None:
    """Another impedance, behind the settings' back."""
    acts = "".join(f"Master().tune({channel}, 7); " for channel in channels)
    said = f"from linebox.hw.real.control import Master; {acts}"
    machine.sh(f"PYTHONPATH=/usr/lib/linebox/python python3 -c '{said}'")
    assert set(tunes(machine).values()) == {"7"}


@pytest.mark.req("TEL-12")
@pytest.mark.timeout(3600)
def test_the_impedance_that_fits_is_found_kept_and_set_at_each_start(
    api: BoxApi, lines: Machine
) -> None:
    job = api.learn(key(1), key(2))

    def over() -> dict[str, Any] | None:
        told = api.line_test(job["id"])
        return told if told["step"] == "done" else None

    done = until("both have learnt", over, within_s=600, every_s=5)
    assert done["fault"] is None, done
    print(f"commissioning took {done['ended_s']} s", json.dumps(done["results"]))
    assert [one["verdict"] for one in done["results"]] == ["learnt", "learnt"], done
    found = {int(one["key"][-1]): one["learnt"]["impedance"] for one in done["results"]}
    assert {line: one["acim"] for line, one in found.items()} == FITS, found
    for one in found.values():
        assert one["country"] == CHINA and one["return_loss_db"] > one["country_db"] + 10, found
    # Each line has what it had: nothing is taken over by itself.
    assert tunes(lines) == dict.fromkeys(FITS, str(CHINA))

    for line in FITS:
        api.take_over(key(line))
    lines.sh("linebox apply", timeout_s=300)
    wanted = {line: str(acim) for line, acim in FITS.items()}
    until("they are set", lambda: tunes(lines) == wanted, within_s=120, every_s=2)
    own = {row["impedance"]: row["channel"] for row in api.items("ports")}
    channels = [own[acim] for acim in FITS.values()]

    spoil(lines, channels)
    lines.sh("systemctl restart linebox-boardd", timeout_s=300)
    until("boardd sets them again", lambda: tunes(lines) == wanted, within_s=120, every_s=2)

    # As at a start of the box: no Asterisk yet, and no Python of ours.
    lines.sh("systemctl stop asterisk linebox-boardd", timeout_s=300)
    try:
        spoil(lines, channels)
        lines.sh("/usr/lib/linebox/cards-prepare", timeout_s=300)
        assert tunes(lines) == wanted
    finally:
        lines.sh("systemctl start asterisk linebox-boardd linebox-calld", timeout_s=600)
    until("the lines are idle", lambda: states(api)[key(1)] == "idle", within_s=300, every_s=5)

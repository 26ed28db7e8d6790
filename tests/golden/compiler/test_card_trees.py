"""Cards in, DAHDI's and Asterisk's files out, character by character. Stored in ``cards/<house>/``;
after a meant change ``python3 -m pytest tests/golden --regenerate-tree``; read the diff."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fixtures.card_house import added_later, eight_lines, one_e1
from fixtures.dialplan_house import house
from linebox.compiler.build import build
from linebox.compiler.snapshot import Snapshot
from linebox.features.lines.model import Signalling

_STORED = Path(__file__).parent / "cards"
_HASH = "0123456789"
_HOUSES: dict[str, Callable[[], Snapshot]] = {
    "pri": one_e1,
    "r2": lambda: one_e1(Signalling.R2),
    "analog": eight_lines,
    "added-later": added_later,
}


def _files(snapshot: Snapshot) -> dict[str, str]:
    """What differs between a house with cards and one without."""
    made, without = build(snapshot, number=7), build(house(), number=7)
    bodies = made.files[f"body-{made.hash}.conf"], without.files[f"body-{without.hash}.conf"]
    plain = [
        body.replace(one.hash, _HASH) for body, one in zip(bodies, (made, without), strict=True)
    ]
    known = set(plain[1].splitlines())
    added = [line for line in plain[0].splitlines() if line not in known]
    files = {name: text.replace(made.hash, _HASH) for name, text in made.files.items()}
    names = ["extensions.conf", *(name for name in files if "/" in name)]
    return {"added-to-body.conf": "\n".join(added) + "\n", **{name: files[name] for name in names}}


@pytest.mark.req("TEL-1", "TEL-2", "TEL-3")
@pytest.mark.parametrize("name", _HOUSES)
def test_files_of_cards_are_as_stored(name: str, request: pytest.FixtureRequest) -> None:
    files = {path.replace("/", "-"): text for path, text in _files(_HOUSES[name]()).items()}
    folder = _STORED / name
    if request.config.getoption("--regenerate-tree"):
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*"):
            old.unlink()
        for file, text in files.items():
            (folder / file).write_text(text, "utf-8")
    assert {path.name: path.read_text("utf-8") for path in folder.iterdir()} == files


@pytest.mark.req("TEL-12")
def test_a_changed_impedance_is_no_reason_to_make_a_line_anew() -> None:
    """boardd sets it beside a call; of the digests nothing changes."""
    old = eight_lines()
    ports = [replace(port, impedance=None) for port in old.hardware.ports]
    new = replace(old, hardware=replace(old.hardware, ports=tuple(ports)))
    before, after = (build(one, number=7).files for one in (old, new))
    assert "dahdi/fxotune.conf" in before and "dahdi/fxotune.conf" not in after
    units = [json.loads(files["dahdi/units.json"])["units"] for files in (before, after)]
    tunings = [[unit.pop("tuning", None) for unit in one] for one in units]
    assert units[0] == units[1]
    assert [one[1] for one in tunings] == [{"country": 15, "set": 2}, {"country": 15, "set": 15}]
    assert [one[4] for one in tunings] == [None, None]


@pytest.mark.req("TEL-1")
def test_house_without_cards_has_none_of_their_files() -> None:
    assert not [name for name in build(house(), number=7).files if "/" in name]


@pytest.mark.req("TEL-1")
def test_card_that_comes_changes_no_line_that_was_there() -> None:
    """Each file of the house before is the beginning of the same file after."""
    before, after = build(one_e1(), number=7).files, build(added_later(), number=8).files
    for name in ("dahdi/system.conf", "dahdi/assigned-spans.conf", "asterisk/chan_dahdi.conf"):
        assert after[name].startswith(before[name].rstrip())

"""Which lines are guarded: from the settings to what calld and Asterisk know of it (TEL-14)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fixtures.card_house import eight_lines
from linebox.compiler.build import build
from linebox.compiler.generation import Generation
from linebox.desks import names
from linebox.features.lines.dahdi import CHANNELS
from linebox.features.lines.quiet import Guarded


def made(quiet_min: int) -> Generation:
    """Of its four lines the second has limits of its own."""
    house = eight_lines()
    first, second, *others = house.hardware.ports
    second = replace(second, quiet_min=quiet_min, quiet_wait_min=12)
    hardware = replace(house.hardware, ports=(first, second, *others))
    return build(replace(house, hardware=hardware), number=1)


def known(generation: Generation) -> names.Names:
    return names.parse(json.loads(generation.manifest(made_at=datetime.now(UTC))))


@pytest.mark.req("TEL-14")
def test_calld_knows_the_lines_and_their_limits_without_a_database() -> None:
    guarded = known(made(3)).guarded
    assert guarded.keys() == {1, 2, 3, 4}
    assert guarded[1] == Guarded(line=1, quiet_s=300, wait_s=1800)
    assert guarded[2] == Guarded(line=2, quiet_s=180, wait_s=720)


@pytest.mark.req("TEL-14")
def test_nothing_ends_the_calls_of_a_line_where_it_is_off() -> None:
    generation = made(0)
    assert known(generation).guarded.keys() == {1, 3, 4}
    sections = generation.files[CHANNELS].split("[line-")
    bound = [part[0] for part in sections if "TIMEOUT(absolute)=14400" in part]
    assert bound == ["1", "3", "4"]

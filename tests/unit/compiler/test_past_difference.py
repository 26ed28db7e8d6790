"""What a past generation changed, from the folders that are kept (SET-3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fixtures.dialplan_house import house
from linebox.base.errors import InputError
from linebox.compiler.build import build
from linebox.compiler.difference import past
from linebox.compiler.generations import Generations

AT = datetime(2026, 11, 22, tzinfo=UTC)


def written(folder: Path) -> Generations:
    """Generations 3, 4 and 5: a longer ring in 4, other PINs in 5."""
    generations = Generations(folder)
    first = house()
    second = replace(first, groups=(replace(first.groups[0], ring_s=33), *first.groups[1:]))
    salted = tuple(replace(agent, pin_salt="ff" * 16) for agent in second.agents)
    for number, snapshot in ((3, first), (4, second), (5, replace(second, agents=salted))):
        generations.write(build(snapshot, number=number), made_at=AT)
    return generations


@pytest.mark.req("SET-3")
def test_only_what_it_changed_is_told_not_its_number(tmp_path: Path) -> None:
    before, found = past(written(tmp_path), 4)

    assert before == 3
    texts = {one.file: one.text for one in found}
    assert set(texts) == {"own-queues.conf"}
    assert "+timeout = 33" in texts["own-queues.conf"]


@pytest.mark.req("SET-3", "SEC-1")
def test_a_secret_that_changed_is_told_without_it(tmp_path: Path) -> None:
    _, found = past(written(tmp_path), 5)

    (one,) = found
    assert one.file == "body.conf" and "LB_A_SALT=…" in one.text
    assert "ff" * 16 not in one.text


@pytest.mark.req("SET-3")
@pytest.mark.parametrize("number", [3, 2, 9])
def test_what_is_no_longer_there_is_said(tmp_path: Path, number: int) -> None:
    with pytest.raises(InputError) as refused:
        past(written(tmp_path), number)
    assert refused.value.code == "generation-gone"

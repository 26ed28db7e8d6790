"""Whatever is sent, by whomever: a clear refusal, never a fault (SEC-2)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import fixtures.fuzz
import fixtures.webd
from fixtures.fuzz import PEOPLE, Findings, Target, by_hand, by_schema, serving
from fixtures.postgres import Pg
from linebox.web.registry import ENDPOINTS


@pytest.fixture
def target(tmp_path: Path, house: Pg) -> Iterator[Target]:
    with serving(tmp_path, house.connect_async) as made:
        yield made


@pytest.mark.req("SEC-2", "SEC-1")
@pytest.mark.timeout(600)
def test_every_operation_takes_or_refuses_what_its_schema_gives_rise_to(target: Target) -> None:
    found = Findings()
    by_schema(target, found, examples=6, seeded=20261122)
    assert found.operations == {one.name for one in ENDPOINTS}
    assert found.asked > len(ENDPOINTS) * len(PEOPLE)
    assert found.faults == []


@pytest.mark.req("SEC-2")
@pytest.mark.timeout(300)
def test_wrong_cookies_and_huge_or_broken_bodies_are_refused(target: Target) -> None:
    found = Findings()
    threads = threading.active_count()
    by_hand(target, found)
    assert found.faults == []
    assert found.asked > 10 * len(ENDPOINTS)
    assert threading.active_count() <= threads + 8


async def _broken(**_: object) -> object:
    raise ZeroDivisionError


def test_a_fault_would_be_found(tmp_path: Path, house: Pg, monkeypatch: pytest.MonkeyPatch) -> None:
    """One operation that is broken, among those that aren't."""
    few = tuple(
        replace(one, handler=_broken) if one.name == "get_company" else one
        for one in ENDPOINTS
        if one.feature == "settings"
    )
    for module in (fixtures.webd, fixtures.fuzz):
        monkeypatch.setattr(module, "ENDPOINTS", few)
    with serving(tmp_path, house.connect_async) as target:
        found = Findings()
        by_hand(target, found)
        assert found.faults == [], "nobody is logged in"
        by_schema(target, found, examples=1, seeded=1)
    assert found.faults and all(one.startswith("500 GET /api/company") for one in found.faults)

"""docs/threat-model.md: each surface names what tries it, and that is there (SEC-2)."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[3]
DOCUMENT = (REPO / "docs/threat-model.md").read_text("utf-8")


def rows() -> list[tuple[str, str]]:
    """Surface, and what tries it."""
    lines = [line for line in DOCUMENT.splitlines() if line.startswith("| ")][1:]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    assert all(len(row) == 5 for row in cells)
    return [(row[0], row[4]) for row in cells]


@cache
def known() -> frozenset[str]:
    """Every test's name, every test file's, and every figure's of the benches."""
    found = set()
    for path in (REPO / "tests/bench").glob("*.py"):
        found.update(re.findall(r'"([a-z0-9]+(?:-[a-z0-9]+)+)"', path.read_text("utf-8")))
    for path in (REPO / "tests").rglob("test_*.py"):
        found |= {path.stem, path.name}
        found.update(re.findall(r"^ *(?:async )?def (test_\w+)", path.read_text("utf-8"), re.M))
    return frozenset(found)


@pytest.mark.req("SEC-2")
@pytest.mark.parametrize(("surface", "tried_by"), rows(), ids=lambda word: word[:30])
def test_every_surface_names_tests_that_are_there(surface: str, tried_by: str) -> None:
    named = re.findall(r"`([^`]+)`", tried_by)
    assert named, f"nothing tries {surface}"
    missing = [n for n in named if n not in known() and not ("/" in n and (REPO / n).exists())]
    assert missing == []

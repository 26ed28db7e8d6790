"""Settings in, Asterisk's files out, character by character.

Stored in ``tree/``. After a meant change: ``python3 -m pytest tests/golden --regenerate-tree``; read the diff.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.dialplan_house import house
from linebox.compiler.build import build
from linebox.compiler.generation import KeptBody

TREE = Path(__file__).parent / "tree"
_HASH = "0123456789"


def _files() -> dict[str, str]:
    """Generation 7 of the tests' house; the hash by a fixed one, so that a diff shows what changed."""
    made = build(house(), number=7)
    return {
        name.replace(made.hash, _HASH): text.replace(made.hash, _HASH)
        for name, text in made.files.items()
    }


def test_tree_is_as_stored(request: pytest.FixtureRequest) -> None:
    files = _files()
    if request.config.getoption("--regenerate-tree"):
        for old in TREE.glob("*"):
            old.unlink()
        TREE.mkdir(exist_ok=True)
        for name, text in files.items():
            (TREE / name).write_text(text, "utf-8")
    stored = {path.name: path.read_text("utf-8") for path in TREE.iterdir()}
    assert stored == files


def test_hash_is_that_of_the_settings_whatever_the_number() -> None:
    first, second = build(house(), number=7), build(house(), number=8)
    assert first.hash == second.hash
    kept = KeptBody(
        number=7, hash="aaaaaaaaaa", body="[lb-x-aaaaaaaaaa]\nexten => s,1,NoOp()\n", queues=""
    )
    assert build(house(), number=9, kept=[kept]).hash == first.hash

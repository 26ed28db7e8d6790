"""Entries outlive a killed webd; the head outside the database is nobody's to make."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from linebox.base.errors import Unavailable
from linebox.features.audit import spool
from linebox.features.audit.model import Entry, Head
from linebox.features.audit.spool import Spool


def _entry(id_: str, outcome: str = "ok") -> Entry:
    return Entry(
        id=id_, at=datetime(2026, 1, 1, tzinfo=UTC), who="owner", what="x", outcome=outcome
    )


@pytest.mark.req("SEC-1")
def test_what_had_begun_when_webd_was_killed_is_told_as_unknown(tmp_path: Path) -> None:
    first = Spool(tmp_path)
    first.begin(_entry("a"))
    first.begin(_entry("b"))
    first.end(_entry("b"))
    again = Spool(tmp_path)
    assert {one.id: one.outcome for one in again.waiting()} == {"a": "unknown", "b": "ok"}


def test_filed_entries_go_and_others_stay(tmp_path: Path) -> None:
    one = Spool(tmp_path)
    one.end(_entry("a"))
    one.end(_entry("b"))
    one.filed([_entry("a")])
    assert [each.id for each in one.waiting()] == ["b"]
    one.filed([_entry("b")])
    assert len(Spool(tmp_path)) == 0


def test_a_torn_last_line_costs_itself_only(tmp_path: Path) -> None:
    Spool(tmp_path).end(_entry("a"))
    with (tmp_path / "audit-waits").open("a") as file:
        file.write('{"id": "b", "at"')
    assert [one.id for one in Spool(tmp_path).waiting()] == ["a"]


def test_the_list_is_bounded_and_then_changes_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "MOST", 2)
    one = Spool(tmp_path)
    one.begin(_entry("a"))
    one.end(_entry("a"))
    one.begin(_entry("b"))
    with pytest.raises(Unavailable, match="audit-full"):
        one.begin(_entry("c"))
    one.end(_entry("b"))  # what had begun is told


def test_a_head_that_somebody_else_made_counts_for_nothing(tmp_path: Path) -> None:
    one = Spool(tmp_path)
    head = Head(n=7, hash=bytes(range(32)))
    one.set_head(b"key", head)
    assert one.head(b"key") == head
    assert one.head(b"other") is None
    text = (tmp_path / "audit-head").read_text()
    (tmp_path / "audit-head").write_text(text.replace("7 ", "6 ", 1))
    assert one.head(b"key") is None

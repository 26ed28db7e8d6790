"""Drafts, tables and files of settings need the rights of what they change."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from linebox.base.endpoints import Ask
from linebox.base.errors import InputError
from linebox.base.roles import Role
from linebox.desks.settings.kinds import KINDS
from linebox.features.settings import allowed
from linebox.features.settings.model import LoggedChange


def _ask(*kept: str) -> Ask:
    return Ask(who="ops", address="", role=Role.ADMINISTRATOR, kept=frozenset(kept))


def test_every_kind_of_setting_names_its_feature() -> None:
    assert set(allowed.FEATURES) == set(KINDS)


@pytest.mark.req("SEC-1")
@pytest.mark.parametrize("kind", sorted(allowed.FEATURES))
def test_a_draft_changes_nothing_that_the_role_gave_up(kind: str) -> None:
    mine = f"{allowed.FEATURES[kind]}.change"
    others = {f"{one}.change" for one in allowed.FEATURES.values()} - {mine}
    with pytest.raises(InputError, match="not-allowed"):
        allowed.need_change(_ask("settings.see", "numbers.whole", *others), (kind,))
    allowed.need_change(_ask(mine, "numbers.whole"), (kind,))


def test_the_log_tells_nothing_of_what_the_role_may_not_see() -> None:
    entry = LoggedChange(
        id=1,
        act=1,
        at=datetime(2026, 1, 1, tzinfo=UTC),
        made_by="owner",
        from_address="",
        what="number",
        key="13900001111",
        before=None,
        after={"number": "13900001111", "note": "x"},
    )
    assert allowed.seen(_ask("settings.see"), entry).after == {}
    masked = allowed.seen(_ask("numbering.see"), entry)
    assert masked.key == "139****1111"
    assert masked.after == {"number": "139****1111", "note": "x"}
    assert allowed.seen(_ask("numbering.see", "numbers.whole"), entry) == entry

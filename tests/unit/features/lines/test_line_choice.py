"""Which of its free lines a trunk takes for a call out (TEL-14)."""

from __future__ import annotations

import pytest

from linebox.base.errors import InputError
from linebox.features.lines.api import TRUNKS, TrunkInput
from linebox.features.lines.model import Choice, TrunkKind


@pytest.mark.req("TEL-14")
@pytest.mark.parametrize(
    ("kind", "choice", "offered"),
    [
        (TrunkKind.ANALOG, Choice.LEAST_USED, True),
        (TrunkKind.E1, Choice.LEAST_USED, False),
        (TrunkKind.E1, Choice.ROUND, True),
        (TrunkKind.SIP, Choice.ROUND, False),
    ],
)
def test_what_a_trunk_of_its_kind_may_choose(
    kind: TrunkKind, choice: Choice, *, offered: bool
) -> None:
    host = "10.0.0.1" if kind is TrunkKind.SIP else ""
    given = TrunkInput(name="lines", kind=kind, host=host, choice=choice)
    if offered:
        assert TRUNKS.make(given).choice is choice
        return
    with pytest.raises(InputError) as refused:
        TRUNKS.make(given)
    assert refused.value.fields["problems"][0]["field"] == "choice"

"""Which digits of a caller's number a role sees."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linebox.base.roles import Role
from linebox.model.masking import masked, shown


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("13900001111", "139****1111"),
        ("+8613900001111", "+86139****1111"),
        ("008613900001111", "0086139****1111"),
        ("057188001200", "057****1200"),
        ("88001200", "88****00"),
        ("880012", "8****2"),
        ("1001", "1001"),
        ("10086", "10086"),
        ("anonymous", "anonymous"),
        ("", ""),
    ],
)
@pytest.mark.req("SEC-3")
def test_a_number_is_masked_so_that_its_owner_knows_it(number: str, told: str) -> None:
    assert masked(number) == told


@given(st.from_regex(r"\+?[0-9]{6,20}", fullmatch=True))
def test_at_least_four_digits_of_an_outside_number_are_hidden(number: str) -> None:
    left = masked(number)
    assert left.count("*") == 4
    assert sum(one.isdigit() for one in left) <= sum(one.isdigit() for one in number) - 4 or (
        number.startswith("+86") and len(number) < 9
    )


@pytest.mark.req("SEC-3")
def test_agents_see_whole_numbers_only_of_their_own() -> None:
    number = "13900001111"
    assert shown(number, Role.AGENT, own=True) == number
    assert shown(number, Role.AGENT, own=False) == masked(number)
    assert shown(number, Role.SUPERVISOR, own=False) == number
    assert shown(number, Role.ADMINISTRATOR, own=False) == number
    assert shown(number, None, own=True) == masked(number)

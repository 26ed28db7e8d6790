"""Which country a number abroad is in."""

from __future__ import annotations

import pytest

from linebox.features.limits.countries import HOME, abroad, prefixes, table


def country(digits: str) -> str:
    return next((table()[digits[:n]] for n in range(len(digits), 0, -1) if digits[:n] in table()), "")  # fmt: skip


@pytest.mark.req("SEC-2")
@pytest.mark.parametrize(
    ("digits", "is_in"),
    [("85221234567", "HK"), ("85328123456", "MO"), ("886212345678", "TW"), ("12125551234", "US"),
     ("16045551234", "CA"), ("18765551234", "JM"), ("18095551234", "DO"), ("74951234567", "RU"),
     ("77011234567", "KZ"), ("442079460123", "GB"), ("6591234567", "SG"), ("881612345678", ""),
     ("88312345678", ""), ("37112345678", "LV")],
)  # fmt: skip
def test_the_longest_prefix_says_where_a_number_is(digits: str, is_in: str) -> None:
    assert country(digits) == is_in


@pytest.mark.req("SEC-2")
def test_what_is_allowed_excludes_who_shares_its_code() -> None:
    allowed = dict(prefixes(["US"]))
    assert allowed["1"] and allowed["1876"] is False and "852" not in allowed
    assert prefixes([]) == ()
    assert len(abroad()) > 200 and HOME not in abroad()

"""How people write numbers, and what is kept of them; what a field of the business's own takes."""

from __future__ import annotations

import pytest

from linebox.features.customers.model import (
    FieldDefinition,
    FieldKind,
    fitting,
    kept_numbers,
    plain,
)
from linebox.features.customers.search import grams


@pytest.mark.req("CRM-1")
@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("139 0000 1111", "13900001111"),
        ("+86 139-0000-1111", "13900001111"),
        ("013900001111", "13900001111"),
        ("(0571) 8800 1234", "057188001234"),
        ("（0571）88001234", "057188001234"),
        ("+86 571 8800 1234", "057188001234"),
        ("861012345678", "01012345678"),
        ("400 800 1234", "4008001234"),
        ("+1 212 555 1234", "+12125551234"),
        ("8001", "8001"),
        ("1.39E+10", None),
        ("12", None),
        ("沈国平", None),
        ("139****1111", None),
        ("13900001111 转 12", None),
    ],
)
def test_numbers_are_kept_plain_however_they_are_written(written: str, kept: str | None) -> None:
    assert plain(written) == kept


@pytest.mark.req("CRM-7")
def test_a_masked_number_sent_back_stands_for_the_one_it_hides() -> None:
    known = ("13900001111", "13955551111", "057188001234")
    written = ("139****1111", "138 0000 0000", "139****1111", "137****1111")
    assert kept_numbers(written, known) == ("13900001111", "13800000000", "13955551111", None)


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        (FieldKind.TEXT, " 翠苑小区 ", "翠苑小区"),
        (FieldKind.NUMBER, "2184.50", "2184.50"),
        (FieldKind.NUMBER, "2,184", None),
        (FieldKind.DATE, "2026/1/2", "2026-01-02"),
        (FieldKind.DATE, "2026年11月22日", "2026-11-22"),
        (FieldKind.DATE, "2026-02-30", None),
        (FieldKind.CHOICE, "金", "金"),
        (FieldKind.CHOICE, "铜", None),
    ],
)
def test_a_field_takes_what_is_of_its_kind(kind: FieldKind, value: str, stored: str | None) -> None:
    choices = ("金", "银") if kind is FieldKind.CHOICE else ()
    definition = FieldDefinition(key="f1", name_zh="项", name_en="F", kind=kind, choices=choices)
    assert fitting(definition, value) == stored


def test_one_character_is_looked_for_by_itself_more_by_pairs() -> None:
    assert grams("沈") == ["沈"]
    assert grams("沈国平") == ["国平", "沈国"]

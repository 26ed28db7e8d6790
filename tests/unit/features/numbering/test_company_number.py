"""The number that calls out show."""

from __future__ import annotations

import pytest

from linebox.features.numbering.compile import company_number
from linebox.features.numbering.model import Did
from linebox.model.destinations import Destination, Kind


def did(number: str) -> Did:
    return Did(number=number, calendar_id=1, destination=Destination(kind=Kind.HANGUP))


@pytest.mark.req("TEL-9")
@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        (["4008001234", "057188001200", "057188001201"], "057188001200"),
        (["4008001234", "8008100000"], "4008001234"),
        ([], ""),
    ],
)
def test_calls_out_show_a_fixed_lines_number(numbers: list[str], shown: str) -> None:
    assert company_number([did(number) for number in numbers]) == shown

"""What becomes of white-listed callers, compiled (ACD-3)."""

from __future__ import annotations

import pytest

from linebox.asterisk.confwriter import Writer
from linebox.features.ivr import compile as ivr
from linebox.features.ivr.model import Menu, Option
from linebox.features.numbering import compile as numbering
from linebox.features.numbering.model import ListedNumber, NumberList
from linebox.model.destinations import Destination, Kind


def to(kind: Kind, target: int = 0) -> Destination:
    return Destination(kind=kind, target=target)


def menu(id: int, fallback: Destination, **keys: Destination) -> Menu:
    options = tuple(Option(key=k.removeprefix("k"), destination=d) for k, d in keys.items())
    return Menu(id=id, name=f"m{id}", prompt_id=1, fallback=fallback, options=options)


GROUP_1, GROUP_2, BYE = to(Kind.GROUP, 1), to(Kind.GROUP, 2), to(Kind.HANGUP)


@pytest.mark.req("ACD-3")
def test_the_way_past_a_menu_is_its_way_out_then_its_first_key() -> None:
    found = ivr.straight(
        [
            menu(1, GROUP_2, k1=GROUP_1),
            menu(2, BYE, k0=GROUP_1, k3=GROUP_2),
            menu(3, to(Kind.MENU, 2)),
            menu(4, to(Kind.MENU, 4), k1=to(Kind.VOICEMAIL)),
            menu(5, to(Kind.MENU, 6)),
            menu(6, to(Kind.MENU, 5), k9=GROUP_1),
        ]
    )
    assert found == {1: GROUP_2, 2: GROUP_2, 3: GROUP_2, 5: GROUP_1, 6: GROUP_1}


@pytest.mark.req("ACD-3")
def test_white_wins_where_another_spelling_is_black() -> None:
    out = Writer()
    numbering.lists(
        out,
        [
            ListedNumber(number="13900001111", list=NumberList.BLACK),
            ListedNumber(number="+8613900001111", list=NumberList.WHITE),
            ListedNumber(number="057188005566", list=NumberList.BLACK),
        ],
    )
    lines = out.text().splitlines()
    assert "exten => 13900001111,1,Return(white)" in lines
    assert "exten => 057188005566,1,Return(black)" in lines
    assert not any("13900001111" in one and "black" in one for one in lines)

"""What the exchange's log says of a call, folded from its events."""

from __future__ import annotations

import json

import pytest

from linebox_exchange.events import Event, What
from linebox_exchange.records import Book, EndedBy, Kind

pytestmark = pytest.mark.req("DIA-6")


def customer(book: Book, call: str = "c1", caller: str = "13900001111") -> None:
    asked = {"kind": "customer", "from": caller, "to": "4008001234", "keys": ["1@2"]}
    book.apply(Event(call=call, what=What.PLACED, at=10.0, text=json.dumps(asked)))
    book.apply(Event(call=call, what=What.INVITE, at=10.1, text="PJSIP/box-00000001"))


def told(book: Book, call: str, *events: tuple[What, float, str]) -> None:
    for what, at, text in events:
        book.apply(Event(call=call, what=what, at=at, text=text))


def test_customer_who_leaves_ended_the_call() -> None:
    book = Book()
    customer(book)
    told(book, "c1", (What.ANSWER, 11.0, ""), (What.KEY, 13.0, "1"), (What.LEAVE, 33.0, ""))
    told(book, "c1", (What.END, 33.1, "16;here"))
    leg = book.get("c1")
    assert leg is not None
    assert (leg.ended_by, leg.cause, leg.answered_at) == (EndedBy.PARTY, 16, 11.0)
    assert [(key.key, key.at) for key in leg.keys] == [("1", 13.0)]


@pytest.mark.parametrize(
    ("end", "ended_by", "cut"),
    [
        ("16;peer", EndedBy.BOX, False),
        ("44;nobody", EndedBy.LOST, True),
        ("0;nobody", EndedBy.LOST, True),
    ],
)
def test_who_ended_an_answered_call(end: str, ended_by: EndedBy, cut: bool) -> None:
    book = Book()
    customer(book)
    told(book, "c1", (What.ANSWER, 11.0, ""), (What.END, 20.0, end))
    leg = book.get("c1")
    assert leg is not None
    assert (leg.ended_by, leg.as_json()["cut"]) == (ended_by, cut)


@pytest.mark.parametrize(
    ("end", "ended_by"),
    [("17;peer", EndedBy.BOX), ("18;peer", EndedBy.BOX), ("19;nobody", EndedBy.PARTY)],
)
def test_who_ended_a_call_never_answered(end: str, ended_by: EndedBy) -> None:
    book = Book()
    customer(book)
    told(book, "c1", (What.END, 20.0, end))
    leg = book.get("c1")
    assert leg is not None
    assert (leg.ended_by, leg.as_json()["cut"]) == (ended_by, False)


def test_call_that_asterisk_forgot_is_cut_and_stays_so() -> None:
    book = Book()
    customer(book)
    told(book, "c1", (What.ANSWER, 11.0, ""), (What.LOST, 30.0, ""), (What.END, 31.0, "16;peer"))
    leg = book.get("c1")
    assert leg is not None
    assert (leg.ended_at, leg.ended_by) == (30.0, EndedBy.LOST)


def test_practice_phone_is_joined_to_its_customer() -> None:
    book = Book()
    customer(book)
    told(book, "x-9", (What.INVITE, 14.0, "PJSIP/phone-8001-1"))
    told(book, "x-9", (What.RING, 14.0, "8001;13900001111;c1"), (What.ANSWER, 15.0, ""))
    leg = book.get("c1")
    assert leg is not None
    [agent] = book.shown(leg)["agents"]  # type: ignore[misc, attr-defined]  # JSON
    assert (agent["ext"], agent["matched"], agent["answered_at"]) == ("8001", "number", 15.0)


def test_two_customers_of_one_number_are_told_to_be_ambiguous() -> None:
    book = Book()
    customer(book, "c1")
    customer(book, "c2")
    told(book, "x-9", (What.RING, 14.0, "8001;13900001111;c2"))
    leg = book.get("x-9")
    assert leg is not None
    assert leg.matched == "ambiguous"


def test_pulled_phone_is_cut_whatever_asterisk_says() -> None:
    book = Book()
    told(book, "x-9", (What.RING, 14.0, "8001;1;"), (What.ANSWER, 15.0, ""))
    told(book, "x-9", (What.PULLED, 16.0, ""), (What.END, 16.1, "16;nobody"))
    leg = book.get("x-9")
    assert leg is not None
    assert leg.as_json()["cut"]
    assert leg.ended_by is EndedBy.PULLED


def test_called_number_is_a_leg_of_its_own_kind() -> None:
    book = Book()
    told(book, "x-3", (What.INVITE, 1.0, "PJSIP/box-2"), (What.CALLED, 1.0, "13912345617;40080"))
    told(book, "x-3", (What.END, 1.1, "17;here"))
    leg = book.get("x-3")
    assert leg is not None
    assert (leg.kind, leg.called, leg.caller) == (Kind.CALLED, "13912345617", "40080")
    assert (leg.ended_by, leg.cause) == (EndedBy.PARTY, 17)


def on_a_line(book: Book, call: str, line: str, at: float) -> None:
    asked = {"kind": "customer", "from": "13900001111", "to": "4008001234", "dialled": line}
    book.apply(Event(call=call, what=What.PLACED, at=at, text=json.dumps(asked)))


def test_an_analog_lines_channel_has_an_id_of_its_own_and_is_the_call_that_was_placed_there() -> (
    None
):
    book = Book()
    on_a_line(book, "c1", "DAHDI/133", 10.0)
    on_a_line(book, "c2", "DAHDI/13", 10.0)
    told(book, "x-7", (What.INVITE, 10.1, "DAHDI/133-1"), (What.ANSWER, 12.0, ""))
    told(book, "x-8", (What.INVITE, 10.2, "DAHDI/13-1"), (What.ANSWER, 13.0, ""))
    told(book, "x-7", (What.END, 20.0, "16;peer"))
    first, second = book.get("c1"), book.get("c2")
    assert first is not None and second is not None
    assert (first.answered_at, first.ended_by, first.asterisk_id) == (12.0, EndedBy.BOX, "x-7")
    assert (second.answered_at, second.ended_at) == (13.0, None)
    assert book.get("x-7") is first and len(list(book)) == 2


def test_a_call_of_the_box_on_a_line_is_not_the_one_that_could_not_be_placed_there() -> None:
    book = Book()
    on_a_line(book, "c1", "DAHDI/133", 10.0)
    told(book, "x-9", (What.INVITE, 40.0, "DAHDI/133-1"), (What.CALLED, 41.0, "1;2"))
    called = book.get("x-9")
    assert called is not None and called.kind is Kind.CALLED and called.id == "x-9"
    placed = book.get("c1")
    assert placed is not None and placed.invited_at is None

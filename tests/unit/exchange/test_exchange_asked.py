"""What the exchange's HTTP API takes and refuses."""

from __future__ import annotations

import pytest

from linebox.base.errors import InputError
from linebox_exchange import asked, steps
from linebox_exchange.phones import Behaviour

pytestmark = pytest.mark.req("DIA-6")

CALL = {"from": "13900001111", "to": "4008001234"}


def test_plain_call_presses_at_two_seconds_and_stays() -> None:
    call = asked.call(CALL | {"keys": "1"})
    assert call.keys == (("1", 2.0),)
    assert steps.customer(call.keys, call.talk_s) == "wait:2.000-key:1-wait:3600.000"


def test_keys_name_moments_after_the_answer() -> None:
    call = asked.call(CALL | {"keys": ["1@3", "2", "90#@20.5"], "talk_s": 7})
    assert call.keys == (("1", 3.0), ("2", 4.0), ("90#", 20.5))
    assert steps.customer(call.keys, 7) == (
        "wait:3.000-key:1-wait:0.490-key:2-wait:15.990-key:90#-wait:7.000"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"from": "139\r\nEvent: x"},
        {"from": ""},
        {"to": "4008001234@evil"},
        {"to": None},
        {"name": 'a"b'},
        {"name": "a\nb"},
        {"talk_s": -1},
        {"talk_s": True},
        {"rating": "x"},
        {"keys": ["1)"]},
        {"keys": ["2@5", "1@3"]},
        {"keys": [1]},
    ],
)
def test_bad_call_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InputError):
        asked.call(CALL | change)


def test_a_line_beside_sip_is_named_by_a_word() -> None:
    body: dict[str, object] = {"from": "13900001111", "to": "4008001234"}
    assert asked.call(body).line == ""
    assert asked.call(body | {"line": "analog-4"}).line == "analog-4"
    for line in ("DAHDI/1", "e1-1,s", "../e1"):
        with pytest.raises(InputError):
            asked.call(body | {"line": line})


def test_phones_have_their_slots_and_defaults() -> None:
    body = {
        "phones": [
            {"ext": "8001", "secret": "abc", "agent": "1001", "pin": "4321"},
            {"ext": "8002", "secret": "def", "behaviour": "ring", "talk_s": None},
        ]
    }
    phones = asked.phones(body, "10.0.0.10")
    assert phones.registrar == "10.0.0.10"
    assert [phone.slot for phone in phones.phones] == [0, 1]
    assert phones.phones[0].behaviour_text() == "answer:2.000:20.000:agent0"
    assert phones.phones[1].behaviour is Behaviour.RING
    assert phones.phones[1].talk_s is None


@pytest.mark.parametrize(
    "phones",
    [
        [{"ext": "8001"}],
        [{"ext": "80;1", "secret": "a"}],
        [{"ext": "8001", "secret": "a;b"}],
        [{"ext": "8001", "secret": "a\nb"}],
        [{"ext": "8001", "secret": "a", "behaviour": "dance"}],
        [{"ext": "8001", "secret": "a"}, {"ext": "8001", "secret": "b"}],
        [{"ext": str(8000 + n), "secret": "a"} for n in range(61)],
    ],
)
def test_bad_phones_are_refused(phones: list[dict[str, object]]) -> None:
    with pytest.raises(InputError):
        asked.phones({"phones": phones}, "10.0.0.10")

"""What comes from outside is taken as declared or refused with every problem named."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linebox.base.errors import InputError
from linebox.base.messages import catalogue
from linebox.base.shapes import Count, Form, Length, Range, parse, parse_value, render


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    key: Annotated[str, Length(1, 1), Form(r"[0-9*#]", "一个按键", "one key")]
    target: Annotated[int, Range(0, 9999)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    name: Annotated[str, Length(1, 5)]
    from_: str = ""
    speed: Annotated[float, Range(0.5, 2.0)] = 1.0
    on: bool = False
    colour: Colour = Colour.RED
    side: Literal["left", "right"] = "left"
    until: datetime | None = None
    day: date | None = None
    opens: time | None = None
    text: Annotated[str, Length(0, 50, lines=True)] = ""
    inner: Annotated[tuple[Inner, ...], Count(0, 2)] = ()


def problems(raw: object, *, words: bool = False) -> dict[str, str]:
    with pytest.raises(InputError) as caught:
        parse(Outer, raw, words=words)
    assert caught.value.code == "invalid-input"
    told = caught.value.fields["problems"]
    assert isinstance(told, list)
    assert all(one["zh"] and one["en"] for one in told)
    return {one["field"]: one["code"] for one in told}


def test_a_whole_record_is_read_and_told_again() -> None:
    raw = {
        "name": "林",
        "from": "139",
        "speed": 2,
        "on": True,
        "colour": "blue",
        "side": "right",
        "until": "2026-11-22T08:30:00+08:00",
        "day": "2026-11-22",
        "opens": "08:30",
        "text": "一\n二",
        "inner": [{"key": "#", "target": 3}],
    }
    value = parse(Outer, raw)
    assert value.until == datetime(2026, 11, 22, 0, 30, tzinfo=UTC)
    assert value.inner == (Inner(key="#", target=3),)
    assert value.from_ == "139"
    again = render(value)
    assert isinstance(again, dict)
    assert again["from"] == "139"
    assert again["until"] == "2026-11-22T00:30:00.000Z"
    assert parse(Outer, json.loads(json.dumps(again))) == value


def test_every_problem_is_told_with_its_place() -> None:
    raw = {"nam": 1, "speed": 3.5, "inner": [{"key": "12"}, {"target": -1, "key": "a"}]}
    assert problems(raw) == {
        "nam": "unknown-field",
        "name": "missing",
        "speed": "too-large",
        "inner.0.key": "too-long",
        "inner.1.key": "bad-form",
        "inner.1.target": "too-small",
    }


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", 5, "wrong-type"),
        ("name", None, "wrong-type"),
        ("name", "", "missing"),
        ("name", "123456", "too-long"),
        ("name", "a\x00", "bad-characters"),
        ("name", "a\nb", "bad-characters"),
        ("name", "\ud800", "bad-characters"),
        ("text", "a\x1bb", "bad-characters"),
        ("speed", "1", "wrong-type"),
        ("speed", True, "wrong-type"),
        ("speed", math.nan, "wrong-type"),
        ("speed", math.inf, "too-large"),
        ("on", 1, "wrong-type"),
        ("on", "true", "wrong-type"),
        ("colour", "green", "not-a-choice"),
        ("colour", ["red"], "not-a-choice"),
        ("side", {"left": 1}, "not-a-choice"),
        ("until", "2026-11-22T08:30:00", "wrong-type"),
        ("until", "yesterday", "wrong-type"),
        ("until", "0001-01-01T00:00:00+14:00", "wrong-type"),
        ("day", "2026-02-30", "wrong-type"),
        ("opens", "8:30", "wrong-type"),
        ("opens", "T0830", "wrong-type"),
        ("inner", {}, "wrong-type"),
        ("inner", [{"key": "1"}] * 3, "too-many"),
        ("inner", ["1"], "wrong-type"),
    ],
)
def test_a_wrong_value_is_refused_not_converted(field: str, value: object, code: str) -> None:
    raw = {"name": "a", field: value}
    (told,) = problems(raw).values()
    assert told == code


def test_a_query_s_words_are_read_as_their_type() -> None:
    value = parse(Outer, {"name": "1", "on": "true", "speed": "1.5"}, words=True)
    assert (value.name, value.on, value.speed) == ("1", True, 1.5)
    assert problems({"name": "1", "on": "yes", "speed": "1e1"}, words=True) == {
        "on": "wrong-type",
        "speed": "wrong-type",
    }
    assert parse_value(int, "12", "id") == 12
    for word in ("١٢", "1 ", "0x1", "+1", "1_0", "9" * 5000):
        with pytest.raises(InputError):
            parse_value(int, word, "id")


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text(max_size=20)
    | st.sampled_from(["red", "left", "08:30", "2026-11-22T08:30:00Z"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["name", "from", "inner", "key", "until", "opens", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(_JSON)
def test_whatever_comes_is_taken_or_refused(raw: object) -> None:
    try:
        value = parse(Outer, raw)
    except InputError as error:
        assert error.code == "invalid-input"
    else:
        assert parse(Outer, json.loads(json.dumps(render(value)))) == value


def test_every_sentence_is_there_in_both_languages() -> None:
    for code, told in catalogue().items():
        assert code == code.lower()
        assert told.zh.strip(), code
        assert told.en.strip(), code
        assert told.zh[-1] in "。；：？！}" or told.zh.endswith("）"), (code, told.zh)

"""Whatever the shapes take, the database and the features take or refuse: never a fault."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import re
import string
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, cast, get_args, get_origin

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.postgres import Pg
from fixtures.webd import webd
from linebox.base.endpoints import Endpoint
from linebox.base.shapes import Count, Form, Length, Range, hints, mark, outside, render, split
from linebox.web.registry import ENDPOINTS


def fitting(hint: object) -> st.SearchStrategy[object]:
    """JSON values that a type takes, often at its limits."""
    plain, marks, optional = split(hint)
    made = _fitting(plain, marks)
    return st.none() | made if optional else made


def _fitting(plain: object, marks: tuple[object, ...]) -> st.SearchStrategy[object]:
    if get_origin(plain) is tuple:
        limit = mark(marks, Count) or Count(0, 5)
        return st.lists(fitting(get_args(plain)[0]), min_size=limit.min, max_size=min(limit.max, 5))
    if get_origin(plain) is Literal:
        return st.sampled_from(get_args(plain))
    if get_origin(plain) is Mapping:
        return st.dictionaries(st.text(max_size=10), st.text(max_size=10), max_size=3)
    assert isinstance(plain, type)
    if dataclasses.is_dataclass(plain):
        return record(plain)
    if issubclass(plain, StrEnum):
        return st.sampled_from([one.value for one in plain])
    if plain is str:
        return _text(marks)
    if plain is bool:
        return st.booleans()
    if plain is int:
        limits = mark(marks, Range) or Range(-(2**31), 2**31 - 1)
        low, high = int(limits.min), int(limits.max)
        return st.sampled_from([low, high, max(low, 1)]) | st.integers(low, high)
    if plain is float:
        limits = mark(marks, Range) or Range(-1e9, 1e9)
        return st.floats(limits.min, limits.max)
    moments: dict[type, st.SearchStrategy[object]] = {
        datetime: st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  hypothesis adds the zone
        date: st.dates(),
        time: st.times().map(lambda one: one.replace(microsecond=0)),
    }
    return moments[plain].map(lambda one: render(one))


def _text(marks: tuple[object, ...]) -> st.SearchStrategy[object]:
    length = mark(marks, Length) or Length(0, 50)
    form = mark(marks, Form)
    if form:
        # Texts of the right length from the beginning: what a filter must throw away is never found.
        long = f"{{{max(0, length.min - 1)},{min(length.max, length.min + 30)}}}"
        pattern = re.sub(r"(?<=\])[+*]$", lambda _: long, form.pattern)
        return st.from_regex(pattern, fullmatch=True, alphabet=string.printable).filter(
            lambda text: length.min <= len(text) <= length.max
        )
    letters = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))
    return st.text(letters, min_size=length.min, max_size=min(length.max, 30)).map(
        lambda text: text if text.strip() else text + "x"
    )


def record(kind: type) -> st.SearchStrategy[object]:
    """JSON objects of a dataclass; fields with a default are sometimes left out."""
    needed, optional = {}, {}
    for field in dataclasses.fields(kind):
        value = fitting(hints(kind)[field.name])
        lacks = field.default is dataclasses.MISSING
        (needed if lacks else optional)[outside(field.name)] = value
    return cast("st.SearchStrategy[object]", st.fixed_dictionaries(needed, optional=optional))


#: Each try of a password or code is answered slower than the one before, each new password hashed
#: slowly; ``test_schemathesis`` asks these too, fewer times.
_SLOW_ON_PURPOSE = frozenset({"accounts", "setup"})
#: What needs a daemon that isn't there says so.
_AWAY = frozenset({"confd-away", "calld-away", "hostd-away", "boardd-away"})
_WRITES = [one for one in ENDPOINTS if one.body and one.feature not in _SLOW_ON_PURPOSE]


@pytest.mark.parametrize("one", _WRITES, ids=lambda one: one.name)
def test_what_fits_is_saved_or_refused(one: Endpoint, house: Pg) -> None:
    assert one.body

    @settings(max_examples=2, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(bodies=st.lists(record(one.body), min_size=25, max_size=25))
    def run(bodies: list[object]) -> None:
        asyncio.run(_send(one, bodies, house))

    run()


async def _send(one: Endpoint, bodies: list[object], house: Pg) -> None:
    with TemporaryDirectory() as folder:
        async with webd(Path(folder), connect=house.connect_async) as client:
            client.log_in()
            for body in bodies:
                for key in ("1", "1001", "13900001111") if "{" in one.path else ("",):
                    path = one.path.replace("{key}", key)
                    answer = await client.ask(one.method, path, body, if_match="*")
                    away = answer.status == 503 and answer.code in _AWAY
                    taken = answer.status in (200, 201, 204, 404, 409, 422)
                    assert taken or away, (body, answer)
                    if answer.status >= 400:
                        assert answer.code
                    else:
                        json.dumps(answer.body)

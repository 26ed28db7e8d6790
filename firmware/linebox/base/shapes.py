"""Data from outside, parsed once into frozen dataclasses; the same declarations give JSON Schema.

A field's type says what is taken: ``str``, ``int``, ``float``, ``bool``, ``StrEnum``, ``datetime``
(aware), ``date``, ``time``, ``tuple[T, ...]``, ``T | None``, another dataclass, and ``Mapping``,
whose content is taken as it is. Limits stand beside it: ``Annotated[int, Range(5, 120)]``. Strict:
unknown fields and wrong types are refused, nothing is converted silently (a query's words are read
as their type).
"""

from __future__ import annotations

import dataclasses
import functools
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Annotated, Final, Literal, get_args, get_origin, get_type_hints

from linebox.base.errors import InputError
from linebox.base.messages import sentence

#: What a text may not hold: control characters but tab and line break, and halves of pairs
#: (PostgreSQL refuses NUL and halves; the rest could end a line of a configuration file).
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
_UNFIT_IN_LINE = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")

_INT_MIN: Final = -(2**31)
_INT_MAX: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Length:
    """Characters of a text. ``lines``: may it have line breaks?"""

    min: int
    max: int
    lines: bool = False


@dataclass(frozen=True, slots=True)
class Range:
    """Limits of a number, both included."""

    min: float
    max: float


@dataclass(frozen=True, slots=True)
class Count:
    """Entries of a list."""

    min: int
    max: int


#: ``field(default=None, metadata=MAY_LACK)``: an answer may leave the field out.
MAY_LACK: Final = {"may_lack": True}


@dataclass(frozen=True, slots=True)
class Form:
    """A text's whole form as a regular expression, and what people are told it should be."""

    pattern: str
    zh: str
    en: str


class Problem(typing.NamedTuple):
    """One thing wrong: where (``options.0.key``), which code, what its sentence needs."""

    field: str
    code: str
    fields: Mapping[str, object]

    def told(self) -> dict[str, object]:
        zh, en = sentence(self.code, self.fields)
        return {"field": self.field, "code": self.code, "zh": zh, "en": en}


def invalid(*problems: Problem) -> InputError:
    """The one error for input that isn't right; every problem is told at once."""
    return InputError(
        "invalid-input", count=len(problems), problems=[problem.told() for problem in problems]
    )


def problem(field: str, code: str, **fields: object) -> InputError:
    """``invalid`` for one problem that only the feature could see."""
    return invalid(Problem(field, code, fields))


def parse[T](kind: type[T], raw: object, *, words: bool = False) -> T:
    """Make ``kind`` (a dataclass) of JSON data; ``words``: values are a query's texts.

    Raises ``InputError("invalid-input")`` with all problems found (at most 50 are told).
    """
    reader = _Reader(words=words)
    value = reader.record(kind, raw, "")
    if reader.problems:
        raise invalid(*reader.problems[:50])
    return typing.cast(T, value)


def fitted(text: str, longest: int) -> str:
    """What a program said as a text of one line: its first ``longest`` characters, blanks for
    what would work a terminal."""
    return "".join(one if one.isprintable() else " " for one in text[:longest])


def outside(name: str) -> str:
    """A field's name in JSON: ``from_`` is ``from``, which Python keeps for itself."""
    return name.removesuffix("_")


def parse_value(hint: object, raw: str, name: str) -> object:
    """One word of a path as the type that ``hint`` says. Raises as ``parse``."""
    reader = _Reader(words=True)
    value = reader.value(hint, raw, name)
    if reader.problems:
        raise invalid(*reader.problems)
    return value


@functools.cache
def hints(kind: type) -> Mapping[str, object]:
    """The resolved field types of a dataclass, with their ``Annotated`` limits."""
    return get_type_hints(kind, include_extras=True)


@functools.cache
def split(hint: object) -> tuple[object, tuple[object, ...], bool]:
    """A type without its wrappings: the plain type, its limits, whether None is taken."""
    marks: tuple[object, ...] = ()
    optional = False
    while True:
        if isinstance(hint, typing.TypeAliasType):
            hint = hint.__value__
        elif get_origin(hint) is Annotated:
            hint, *more = get_args(hint)
            marks = (*marks, *more)
        elif get_origin(hint) in (types.UnionType, typing.Union):
            members = [one for one in get_args(hint) if one is not types.NoneType]
            if len(members) != 1:
                raise TypeError(f"only T | None is a shape, not {hint}")
            hint, optional = members[0], True
        else:
            return hint, marks, optional


@functools.cache
def _fields(kind: type) -> Mapping[str, tuple[str, object, bool]]:
    """By its name in JSON: a field's own name, its type, whether it must be there."""
    nothing = dataclasses.MISSING
    return {
        outside(one.name): (
            one.name,
            hints(kind)[one.name],
            one.default is nothing and one.default_factory is nothing,
        )
        for one in dataclasses.fields(kind)
    }


@functools.cache
def _origin(plain: object) -> object:
    """``typing.get_origin``, which looks for long."""
    return get_origin(plain)


@functools.cache
def _values(plain: type[StrEnum]) -> tuple[str, ...]:
    return tuple(one.value for one in plain)


def mark[M](marks: tuple[object, ...], kind: type[M]) -> M | None:
    """The first limit of that kind."""
    for one in marks:
        if isinstance(one, kind):
            return one
    return None


_NOTHING: Final = object()
_NUMBER_WORDS: Final = {int: ("整数", "a whole number"), float: ("数字", "a number")}
_MOMENT_WORDS: Final = {
    datetime: (
        "带时区的时刻，如 2026-11-22T08:30:00Z",
        "a moment with its zone, as 2026-11-22T08:30:00Z",
    ),
    date: ("日期，如 2026-11-22", "a date, as 2026-11-22"),
    time: ("时间，如 08:30", "a time of day, as 08:30"),
}


class _Reader:
    def __init__(self, *, words: bool) -> None:
        self.words = words
        self.problems: list[Problem] = []

    def refuse(self, path: str, code: str, **fields: object) -> object:
        self.problems.append(Problem(path, code, fields))
        return _NOTHING

    def wrong(self, path: str, zh: str, en: str) -> object:
        return self.refuse(path, "wrong-type", type_zh=zh, type_en=en)

    def record(self, kind: type, raw: object, path: str) -> object:
        if not isinstance(raw, Mapping):
            return self.wrong(path, "对象", "an object")
        before = len(self.problems)
        prefix = f"{path}." if path else ""
        known = _fields(kind)
        for name in raw:
            if name not in known:
                self.refuse(f"{prefix}{str(name)[:60]!s}", "unknown-field")
        values: dict[str, object] = {}
        for name, (field, hint, needed) in known.items():
            if name in raw:
                values[field] = self.value(hint, raw[name], prefix + name)
            elif needed:
                self.refuse(prefix + name, "missing")
        return kind(**values) if len(self.problems) == before else _NOTHING

    def value(self, hint: object, raw: object, path: str) -> object:
        plain, marks, optional = split(hint)
        if raw is None and optional:
            return None
        origin = _origin(plain)
        if origin is tuple:
            return self.entries(get_args(plain)[0], marks, raw, path)
        if origin is Mapping:  # another declaration knows what is in it
            return raw if isinstance(raw, Mapping) else self.wrong(path, "对象", "an object")
        if origin is Literal:
            choices = get_args(plain)
            known = raw in choices if isinstance(raw, str) else False
            return raw if known else self.choice(choices, path)
        if not isinstance(plain, type):
            raise TypeError(f"not a shape: {hint}")
        if dataclasses.is_dataclass(plain):
            return self.record(plain, raw, path)
        if issubclass(plain, StrEnum):
            values = _values(plain)
            known = raw in values if isinstance(raw, str) else False
            return plain(str(raw)) if known else self.choice(values, path)
        if plain is str:
            return self.text(marks, raw, path)
        if plain is bool:
            return self.truth(raw, path)
        if plain in (int, float):
            return self.number(plain, marks, raw, path)
        return self.moment(plain, raw, path)

    def choice(self, choices: tuple[str, ...], path: str) -> object:
        return self.refuse(path, "not-a-choice", choices=", ".join(choices))

    def entries(self, member: object, marks: tuple[object, ...], raw: object, path: str) -> object:
        if not isinstance(raw, list):
            return self.wrong(path, "列表", "a list")
        limit = mark(marks, Count) or Count(0, 1000)
        if len(raw) > limit.max:
            return self.refuse(path, "too-many", max=limit.max)
        if len(raw) < limit.min:
            return self.refuse(path, "too-few", min=limit.min)
        return tuple(self.value(member, one, f"{path}.{n}") for n, one in enumerate(raw))

    def text(self, marks: tuple[object, ...], raw: object, path: str) -> object:
        if not isinstance(raw, str):
            return self.wrong(path, "文字", "a text")
        limit = mark(marks, Length) or Length(0, 200)
        if len(raw) > limit.max:
            return self.refuse(path, "too-long", max=limit.max)
        if len(raw) < limit.min:
            code = "missing" if not raw else "too-short"
            return self.refuse(path, code, min=limit.min)
        if (_UNFIT if limit.lines else _UNFIT_IN_LINE).search(raw):
            return self.refuse(path, "bad-characters")
        form = mark(marks, Form)
        if form and not re.fullmatch(form.pattern, raw):
            return self.refuse(path, "bad-form", expected_zh=form.zh, expected_en=form.en)
        return raw

    def truth(self, raw: object, path: str) -> object:
        if self.words and raw in ("true", "false"):
            return raw == "true"
        return raw if isinstance(raw, bool) else self.wrong(path, "是或否", "true or false")

    def number(self, kind: type, marks: tuple[object, ...], raw: object, path: str) -> object:
        whole = kind is int
        if self.words and isinstance(raw, str):
            form = r"-?[0-9]{1,15}" if whole else r"-?[0-9]{1,15}(\.[0-9]{1,15})?"
            raw = kind(raw) if re.fullmatch(form, raw) else None
        fits = isinstance(raw, int if whole else (int, float)) and not isinstance(raw, bool)
        if not fits or raw != raw:  # NaN differs from itself
            return self.wrong(path, *_NUMBER_WORDS[kind])
        value = typing.cast("int | float", raw)
        limit = mark(marks, Range) or Range(_INT_MIN, _INT_MAX)
        if value < limit.min:
            return self.refuse(path, "too-small", min=limit.min)
        if value > limit.max:
            return self.refuse(path, "too-large", max=limit.max)
        return kind(value)

    def moment(self, kind: type, raw: object, path: str) -> object:
        if kind not in _MOMENT_WORDS:
            raise TypeError(f"not a shape: {kind}")
        zh, en = _MOMENT_WORDS[kind]
        if not isinstance(raw, str) or len(raw) > 40:
            return self.wrong(path, zh, en)
        try:
            if kind is time:
                value: object = time.fromisoformat(raw)
                if not re.fullmatch(r"\d\d:\d\d(:\d\d)?", raw):
                    return self.wrong(path, zh, en)
            elif kind is date:
                value = date.fromisoformat(raw)
            else:
                value = datetime.fromisoformat(raw)
                if value.tzinfo is None or not 1970 <= value.year < 2200:
                    return self.wrong(path, zh, en)
        except ValueError:
            return self.wrong(path, zh, en)
        return value


def render(value: object) -> object:
    """``value`` as JSON data: moments in UTC with ``Z``, times of day ``HH:MM``."""
    kind = type(value)
    if kind is str or kind is int or value is None:
        return value
    if dataclasses.is_dataclass(kind):
        return {name: render(getattr(value, field)) for name, field in _names(kind)}
    match value:
        case StrEnum():
            return value.value
        case str() | int() | float():
            return value
        case datetime():
            from_utc = value.astimezone(UTC)
            return from_utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case time():
            return value.isoformat(timespec="minutes")
        case Mapping():
            return {str(key): render(one) for key, one in value.items()}
        case list() | tuple():
            return [render(one) for one in value]
        case _:
            raise TypeError(f"not a shape: {kind}")


@functools.cache
def _names(kind: type) -> tuple[tuple[str, str], ...]:
    """A dataclass's fields: outside, inside."""
    return tuple((outside(one.name), one.name) for one in dataclasses.fields(kind))

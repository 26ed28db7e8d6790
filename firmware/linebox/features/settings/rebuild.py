"""Models made again of what the log says of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date, datetime, time
from enum import StrEnum
from typing import get_args, get_origin

from linebox.base.shapes import hints, split


def rebuilt[M](model: type[M], plain: object) -> M:
    """A model of its fields as ``service.plain`` and ``secrets_of`` wrote them; a field that is
    newer than the entry gets its default.

    Raises ``TypeError`` or ``ValueError`` when they can't be its fields.
    """
    if not (isinstance(plain, Mapping) and dataclasses.is_dataclass(model)):
        raise TypeError(f"not the fields of a {model}")
    fields = {field.name for field in dataclasses.fields(model)}
    return model(**{name: _value(hints(model)[name], plain[name]) for name in fields & set(plain)})


def _value(hint: object, raw: object) -> object:
    plain, _, _ = split(hint)
    if raw is None:
        return None
    if get_origin(plain) is tuple:
        return tuple(_value(get_args(plain)[0], one) for one in _entries(raw))
    if not isinstance(plain, type):
        return raw
    if dataclasses.is_dataclass(plain):
        return rebuilt(plain, raw)
    if issubclass(plain, StrEnum):
        return plain(str(raw))
    if issubclass(plain, (datetime, date, time)) and isinstance(raw, str):
        return plain.fromisoformat(raw)
    return float(raw) if plain is float and isinstance(raw, int) else raw


def _entries(raw: object) -> list[object]:
    if not isinstance(raw, list):
        raise TypeError("not a list")
    return raw

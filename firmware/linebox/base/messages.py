"""Sentences for people, in zh and en, by code (``messages.toml``).

A code's sentence says what happened and what to do. ``{name}`` stands for a field of the error.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources
from typing import NamedTuple

from linebox.base.errors import LineboxError


class Sentence(NamedTuple):
    """One meaning in both languages."""

    zh: str
    en: str


class _Fields(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return "?"


@functools.cache
def catalogue() -> Mapping[str, Sentence]:
    """All sentences by code. Read once."""
    text = resources.files("linebox.base").joinpath("messages.toml").read_text("utf-8")
    return {code: Sentence(one["zh"], one["en"]) for code, one in tomllib.loads(text).items()}


def sentence(code: str, fields: Mapping[str, object]) -> Sentence:
    """The sentence of ``code`` with its fields filled in; an unknown code says itself.

    Never raises: a message that can't be told must not hide what it tells of.
    """
    found = catalogue().get(code)
    if found is None:
        return Sentence(
            f"出了问题：{code}。请查看日志。", f"Something went wrong: {code}. See the log."
        )
    filled = _Fields(fields)
    try:
        return Sentence(found.zh.format_map(filled), found.en.format_map(filled))
    except (ValueError, IndexError, AttributeError, KeyError, TypeError):
        return found


def told(code: str, fields: Mapping[str, object]) -> dict[str, object]:
    """The form of an error on every HTTP border: ``{"code", "fields", "zh", "en"}``."""
    zh, en = sentence(code, fields)
    return {"code": code, "fields": dict(fields), "zh": zh, "en": en}


def told_error(error: LineboxError) -> dict[str, object]:
    """``told`` for an error that was raised."""
    return told(error.code, error.fields)

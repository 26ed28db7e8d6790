"""What an error says to people: a sentence in zh and in en for every code, from ``messages.toml``."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final, TypedDict

from linebox.base.errors import LineboxError

LANGUAGES: Final = ("zh", "en")


class Told(TypedDict):
    """An error as every HTTP answer of ours carries it (docs/names.md, "HTTP on sockets")."""

    code: str
    fields: dict[str, object]
    zh: str
    en: str


class _Blanks(dict[str, object]):
    """Leaves ``{name}`` standing where a sentence asks for a field that the error doesn't have."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """All sentences: code → language → text with ``{field}`` places."""
    text = resources.files("linebox.base").joinpath("messages.toml").read_text("utf-8")
    return {code: {lang: str(said[lang]) for lang in LANGUAGES} for code, said in tomllib.loads(text).items()}


def sentence(code: str, fields: Mapping[str, object], language: str) -> str:
    """The sentence of ``code`` with its fields filled in; the bare code when it has none."""
    said = catalogue().get(code)
    return said[language].format_map(_Blanks(fields)) if said else code


def told(error: LineboxError) -> Told:
    """The error as JSON can carry it; fields that JSON doesn't know become text."""
    fields: dict[str, object] = json.loads(json.dumps(error.fields, default=str))
    zh, en = (sentence(error.code, fields, language) for language in LANGUAGES)
    return Told(code=error.code, fields=fields, zh=zh, en=en)

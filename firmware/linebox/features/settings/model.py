"""Settings: who changed what, and the company they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from linebox.model.languages import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    name_zh: str
    name_en: str
    time_zone: str = "Asia/Shanghai"
    language: Language = Language.ZH


@dataclass(frozen=True, slots=True)
class Author:
    """Who changes a setting: a user's name or a program's, and the address they came from."""

    name: str
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedChange:
    """One saved change. ``before`` is null for what was made, ``after`` for what was deleted;
    without secrets. Entries that were saved together have the same ``act``."""

    id: int
    act: int
    at: datetime
    made_by: str
    from_address: str
    what: str
    key: str
    before: Mapping[str, object] | None
    after: Mapping[str, object] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of a draft. ``etag`` None: there was none when it was looked at; ``*``: whatever
    it is now. ``key`` None makes a new one, ``ref`` is what others call it; ``id``: what a new one
    is to be called by the database."""

    what: str
    key: str | None = None
    etag: str | None = None
    after: Mapping[str, Any] | None = None
    ref: str | None = None
    id: int | None = None

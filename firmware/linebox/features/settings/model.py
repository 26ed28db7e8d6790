"""Settings: who changed what, and the company they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from linebox.model.languages import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """``version`` grows by one with each saved change of any setting."""

    name_zh: str
    name_en: str
    time_zone: str = "Asia/Shanghai"
    language: Language = Language.ZH
    version: int = 1


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

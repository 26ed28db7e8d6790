"""Extensions: telephones of the house (TEL-5)."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    number: str
    name: str = ""
    secret: str = field(repr=False)

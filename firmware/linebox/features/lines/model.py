"""Trunks: lines to the carrier (TEL-4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from linebox.base.shapes import Form, Length

type TrunkName = Annotated[
    str,
    Length(1, 30),
    Form(
        r"[a-z][a-z0-9-]{0,29}",
        "小写字母开头，只含小写字母、数字和 -",
        "lower-case letters, digits and -, beginning with a letter",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """A SIP trunk recognised by the carrier's address. ``max_calls``: both directions together."""

    id: int
    name: str
    host: str
    port: int = 5060
    max_calls: int = 30

"""Trunks: lines to the carrier (TEL-4)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """A SIP trunk recognised by the carrier's address. ``max_calls``: both directions together."""

    id: int
    name: str
    host: str
    port: int = 5060
    max_calls: int = 30

"""Music on hold of the owner's (ACD-5)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """``file``: the digest of an uploaded sound; ``name``: what people call it."""

    file: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Music:
    """Pieces that are played one after the other, again and again."""

    id: int
    name: str
    pieces: tuple[Piece, ...]

"""Agents (坐席) and which groups they may join (AGT-1, ACD-1)."""

from __future__ import annotations

from dataclasses import dataclass, field

from linebox.model.languages import Language

#: Why an agent may be paused by choice; the place is the key of ``*131`` … ``*135``.
PAUSE_REASONS = ("break", "meal", "meeting", "training", "work")


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """``penalty``: lower is asked first."""

    group_id: int
    penalty: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """``number`` is the staff number (工号). The PIN is kept only as SHA1(salt + PIN), in hex."""

    number: str
    name: str
    pin_salt: str = field(repr=False)
    pin_hash: str = field(repr=False)
    language: Language = Language.ZH
    memberships: tuple[Membership, ...] = ()

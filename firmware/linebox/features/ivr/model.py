"""Menus (自动语音导航, IVR-1 basics)."""

from __future__ import annotations

from dataclasses import dataclass

from linebox.model.destinations import Destination


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    key: str
    destination: Destination


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """After ``tries`` wrong or missing keys the caller goes to ``fallback``."""

    id: int
    name: str
    prompt_id: int
    timeout_s: int = 5
    tries: int = 3
    fallback: Destination
    options: tuple[Option, ...] = ()

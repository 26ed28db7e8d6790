"""Menus → dialplan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from linebox.asterisk.confwriter import Code, Writer
from linebox.asterisk.names import context, destination
from linebox.features.ivr.model import Menu
from linebox.model.destinations import Destination, Kind


def menu(out: Writer, one: Menu, *, sound: str) -> None:
    """``lb-menu-<id>``: ``s`` asks, each key is an extension, ``out`` is for those who gave none.

    Library routine ``lb-menu`` plays, reads and notes; it gives back the extension to go to.
    """
    out.section(context("menu", one.id))
    out.extension("s")
    out.step(
        "MSet",
        Code.of("LB_MENU=<id>", id=one.id),
        Code.of("LB_M_PROMPT=<sound>", sound=sound),
        Code.of("LB_M_TIMEOUT_S=<seconds>", seconds=one.timeout_s),
        Code.of("LB_M_LEFT=<tries>", tries=one.tries),
    )
    for extension in ("", "again"):
        if extension:
            out.extension(extension)
        out.step("Gosub", context("menu"), "s", 1)
        out.step("Goto", Code("${GOSUB_RETVAL}"), 1)
    for option in one.options:
        out.extension(option.key)
        if option.destination.kind is Kind.REPEAT:
            go(out, Destination(kind=Kind.MENU, target=one.id))
        else:
            go(out, option.destination)
    out.extension("out")
    go(out, one.fallback)


def straight(menus: Iterable[Menu]) -> dict[int, Destination]:
    """Where each menu leads who is spared it (white list, ACD-3): to the group of its way out for
    those who press nothing, else of its first key that leads to one; a menu in between is
    followed. A menu that leads to no group spares nobody and isn't in the answer."""
    by_id = {menu.id: menu for menu in menus}
    found = {menu_id: _group_of(by_id, menu_id, set()) for menu_id in by_id}
    return {menu_id: to for menu_id, to in found.items() if to is not None}


def _group_of(menus: Mapping[int, Menu], menu_id: int, seen: set[int]) -> Destination | None:
    if menu_id in seen or menu_id not in menus:
        return None
    seen.add(menu_id)
    menu = menus[menu_id]
    keys = sorted(menu.options, key=lambda option: "1234567890*#".index(option.key))
    for to in (menu.fallback, *(option.destination for option in keys)):
        if to.kind is Kind.GROUP:
            return to
        if to.kind is Kind.MENU and (further := _group_of(menus, to.target, seen)):
            return further
    return None


def go(out: Writer, to: Destination) -> None:
    """The one way to a destination."""
    out.step("Goto", context("dest"), destination(to), 1)

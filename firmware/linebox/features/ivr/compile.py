"""Menus → dialplan."""

from __future__ import annotations

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


def go(out: Writer, to: Destination) -> None:
    """The one way to a destination."""
    out.step("Goto", context("dest"), destination(to), 1)

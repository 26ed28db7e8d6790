"""Menus over HTTP (IVR-1 basics)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from psycopg import AsyncConnection

from linebox.base.roles import SUPERVISORS
from linebox.base.shapes import Count, Form, Length, Range, problem
from linebox.features.ivr import store
from linebox.features.ivr.model import Menu, Option
from linebox.features.settings.resources import Resource
from linebox.model.destinations import Destination, Kind
from linebox.model.spelling import Name, RouteShape, RowId


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionInput:
    """What a key does. ``target``: the id of a menu or group, else 0."""

    key: Annotated[str, Length(1, 1), Form(r"[0-9*#]", "一个按键 0–9 * #", "one key 0–9 * #")]
    kind: Kind
    target: Annotated[int, Range(0, 9999)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuInput:
    """After ``tries`` wrong or missing keys the caller goes to ``fallback``."""

    name: Name
    prompt_id: RowId
    timeout_s: Annotated[int, Range(1, 60)] = 5
    tries: Annotated[int, Range(1, 10)] = 3
    fallback: RouteShape
    options: Annotated[tuple[OptionInput, ...], Count(0, 12)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuRow(MenuInput):
    id: int
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Menus:
    items: tuple[MenuRow, ...]


def _model(id_: int, given: MenuInput) -> Menu:
    return Menu(
        id=id_,
        name=given.name,
        prompt_id=given.prompt_id,
        timeout_s=given.timeout_s,
        tries=given.tries,
        fallback=given.fallback.destination(),
        options=tuple(
            Option(key=one.key, destination=Destination(kind=one.kind, target=one.target))
            for one in given.options
        ),
    )


def _row(menu: Menu, etag: str) -> MenuRow:
    return MenuRow(
        id=menu.id,
        name=menu.name,
        prompt_id=menu.prompt_id,
        timeout_s=menu.timeout_s,
        tries=menu.tries,
        fallback=RouteShape.of(menu.fallback),
        options=tuple(
            OptionInput(key=one.key, kind=one.destination.kind, target=one.destination.target)
            for one in menu.options
        ),
        etag=etag,
    )


async def _check(_connection: AsyncConnection, menu: Menu) -> None:
    keys = [option.key for option in menu.options]
    for n, key in enumerate(keys):
        if key in keys[:n]:
            raise problem(f"options.{n}.key", "given-twice", value=key)


MENUS = Resource(
    word="menus",
    readers=SUPERVISORS,
    one_word="menu",
    feature="ivr",
    key=RowId,
    new=MenuInput,
    body=MenuInput,
    model=Menu,
    row=MenuRow,
    rows=Menus,
    read=store.read,
    one=store.one,
    save=store.save,
    delete=store.delete,
    key_of=lambda _: None,
    make=lambda given: _model(0, given),
    change=lambda old, given: _model(old.id, given),
    answer=_row,
    check=_check,
)
ENDPOINTS = MENUS.endpoints()

"""Trunks over HTTP (TEL-4)."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated

from linebox.base.shapes import Form, Length, Range, problem
from linebox.features.lines import store
from linebox.features.lines.model import Trunk, TrunkName
from linebox.features.settings.resources import Resource
from linebox.model.spelling import RowId

type Address = Annotated[str, Length(2, 45), Form(r"[0-9a-fA-F:.]+", "IP 地址", "an IP address")]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkInput:
    """Recognised by the carrier's address. ``max_calls``: both directions together."""

    name: TrunkName
    host: Address
    port: Annotated[int, Range(1, 65535)] = 5060
    max_calls: Annotated[int, Range(1, 1000)] = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkRow(TrunkInput):
    id: int
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunks:
    items: tuple[TrunkRow, ...]


def _model(id_: int, given: TrunkInput) -> Trunk:
    try:
        host = str(ip_address(given.host))
    except ValueError as error:
        raise problem(
            "host", "bad-form", expected_zh="IP 地址", expected_en="an IP address"
        ) from error
    return Trunk(id=id_, name=given.name, host=host, port=given.port, max_calls=given.max_calls)


def _row(trunk: Trunk, etag: str) -> TrunkRow:
    return TrunkRow(
        id=trunk.id,
        name=trunk.name,
        host=trunk.host,
        port=trunk.port,
        max_calls=trunk.max_calls,
        etag=etag,
    )


TRUNKS = Resource(
    word="trunks",
    one_word="trunk",
    feature="lines",
    key=RowId,
    new=TrunkInput,
    body=TrunkInput,
    model=Trunk,
    row=TrunkRow,
    rows=Trunks,
    read=store.read,
    one=store.one,
    save=store.save,
    delete=store.delete,
    key_of=lambda _: None,
    make=lambda given: _model(0, given),
    change=lambda old, given: _model(old.id, given),
    answer=_row,
)
ENDPOINTS = TRUNKS.endpoints()

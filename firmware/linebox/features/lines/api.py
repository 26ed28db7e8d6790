"""Trunks over HTTP (TEL-3, TEL-4)."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Annotated, Final

from psycopg import AsyncConnection

from linebox.base.shapes import Form, Length, Range, problem
from linebox.features.lines import store
from linebox.features.lines.dahdi import GROUPS_MAX
from linebox.features.lines.model import Choice, Trunk, TrunkKind, TrunkName
from linebox.features.settings.resources import Resource
from linebox.model.spelling import RowId

type Address = Annotated[str, Length(0, 45), Form(r"[0-9a-fA-F:.]*", "IP 地址", "an IP address")]
type Prefix = Annotated[
    str, Length(0, 10), Form(r"[0-9]{0,10}", "最多 10 位数字", "at most 10 digits")
]

_WITHOUT_ADDRESS: Final = 5060


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkInput:
    """``kind`` stays as it was made. ``max_calls``: both directions together.

    ``host`` and ``port`` of ``sip`` alone: the carrier is recognised by its address. ``choice`` and
    ``did_prefix`` of the others: which free channel a call out takes, and what goes before the
    number called that the carrier delivers, where that is less than the whole of it.
    """

    name: TrunkName
    kind: TrunkKind = TrunkKind.SIP
    host: Address = ""
    port: Annotated[int, Range(1, 65535)] = _WITHOUT_ADDRESS
    max_calls: Annotated[int, Range(1, 1000)] = 30
    choice: Choice = Choice.ASCENDING
    did_prefix: Prefix = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkRow(TrunkInput):
    id: int
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunks:
    items: tuple[TrunkRow, ...]


def _model(id_: int, given: TrunkInput) -> Trunk:
    return Trunk(
        id=id_,
        name=given.name,
        kind=given.kind,
        host=_host(given),
        port=given.port,
        max_calls=given.max_calls,
        choice=given.choice,
        did_prefix=given.did_prefix,
    )


def _host(given: TrunkInput) -> str:
    """Raises ``InputError("invalid-input")`` for what a trunk of its kind can't have."""
    if given.choice is Choice.LEAST_USED and given.kind is not TrunkKind.ANALOG:
        raise problem("choice", "not-of-this-line")
    if given.kind is not TrunkKind.SIP:
        if given.host or given.port != _WITHOUT_ADDRESS:
            raise problem("host" if given.host else "port", "not-of-this-line")
        return ""
    if given.did_prefix or given.choice is not Choice.ASCENDING:
        raise problem("did_prefix" if given.did_prefix else "choice", "not-of-this-line")
    if not given.host:
        raise problem("host", "missing", min=2)
    try:
        return str(ip_address(given.host))
    except ValueError as error:
        raise problem(
            "host", "bad-form", expected_zh="IP 地址", expected_en="an IP address"
        ) from error


def _changed(old: Trunk, given: TrunkInput) -> Trunk:
    if given.kind is not old.kind:
        raise problem("kind", "trunk-kind-stays")
    return _model(old.id, given)


def _row(trunk: Trunk, etag: str) -> TrunkRow:
    return TrunkRow(
        id=trunk.id,
        name=trunk.name,
        kind=trunk.kind,
        host=trunk.host,
        port=trunk.port,
        max_calls=trunk.max_calls,
        choice=trunk.choice,
        did_prefix=trunk.did_prefix,
        etag=etag,
    )


async def _has_room(connection: AsyncConnection, trunk: Trunk) -> None:
    """chan_dahdi has no more groups than that."""
    others = [one for one in await store.read(connection) if one.id != trunk.id]
    of_cards = sum(1 for one in (*others, trunk) if one.kind is not TrunkKind.SIP)
    if of_cards > GROUPS_MAX:
        raise problem("kind", "too-many", max=GROUPS_MAX)


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
    change=_changed,
    answer=_row,
    check=_has_room,
)
ENDPOINTS = TRUNKS.endpoints()

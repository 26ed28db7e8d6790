"""Extensions over HTTP (TEL-5). A secret is told once: when it is made."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field, replace

from linebox.base.endpoints import Ask, endpoint
from linebox.features.extensions import store
from linebox.features.extensions.model import Extension
from linebox.features.settings.resources import Resource, etag
from linebox.model.spelling import HouseNumber, OptionalName
from linebox.store.pool import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionInput:
    name: OptionalName = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewExtension(ExtensionInput):
    number: HouseNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionRow:
    number: str
    name: str
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionWithSecret:
    """``secret`` is the SIP password, shown this one time."""

    number: str
    name: str
    secret: str = field(repr=False)
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Extensions:
    items: tuple[ExtensionRow, ...]


def new_secret() -> str:
    """A SIP password of 24 letters and digits (142 bits); a phone's page takes them all."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(24))


def _row(extension: Extension, etag: str) -> ExtensionRow:
    return ExtensionRow(number=extension.number, name=extension.name, etag=etag)


EXTENSIONS = Resource(
    word="extensions",
    one_word="extension",
    feature="extensions",
    key=HouseNumber,
    new=NewExtension,
    body=ExtensionInput,
    model=Extension,
    row=ExtensionRow,
    rows=Extensions,
    read=store.read,
    one=store.one,
    save=store.save,
    delete=store.delete,
    key_of=lambda given: given.number,
    make=lambda given: Extension(number=given.number, name=given.name, secret=new_secret()),
    change=lambda old, given: replace(old, name=given.name),
    answer=_row,
    creates=False,
)


def _told(extension: Extension) -> ExtensionWithSecret:
    return ExtensionWithSecret(
        number=extension.number,
        name=extension.name,
        secret=extension.secret,
        etag=etag(extension),
    )


@endpoint(
    "POST",
    "/api/extensions",
    "Make a new extension; its secret is in this answer only",
    status=201,
    errors=(409,),
)
async def create_extension(db: Database, ask: Ask, body: NewExtension) -> ExtensionWithSecret:
    async with db.transaction() as connection:
        return _told(await EXTENSIONS.created(connection, ask, body))


@endpoint(
    "POST",
    "/api/extensions/{key}/secret",
    "Give it a new secret, told in this answer only; its phone must be set anew",
    needs_match=True,
    errors=(404, 412, 428),
)
async def renew_extension_secret(db: Database, ask: Ask, key: HouseNumber) -> ExtensionWithSecret:
    async with db.transaction() as connection:
        old = await EXTENSIONS.seen(connection, ask, key)
        new = replace(old, secret=new_secret())
        return _told(await EXTENSIONS.saved(connection, ask, new, key))


ENDPOINTS = (create_extension, renew_extension_secret, *EXTENSIONS.endpoints())

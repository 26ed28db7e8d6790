"""The company, generations and the log of changes over HTTP (SET-3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from linebox.base import rights
from linebox.base.endpoints import Ask, endpoint
from linebox.base.roles import EVERYBODY
from linebox.base.shapes import Form, Length, Range, problem
from linebox.features.settings import allowed, generations, store
from linebox.features.settings.confd import Confd, PastDifference
from linebox.features.settings.model import Company as CompanyModel
from linebox.features.settings.model import LoggedChange
from linebox.features.settings.resources import etag
from linebox.features.settings.single import Single
from linebox.model.languages import Language
from linebox.model.spelling import LanguageCode, Name, RowId
from linebox.store.pool import Database

type ZoneName = Annotated[
    str,
    Length(1, 60),
    Form(r"[A-Za-z][A-Za-z0-9_+/-]*", "时区名，如 Asia/Shanghai", "a zone's name"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyInput:
    name_zh: Name
    name_en: Name
    time_zone: ZoneName = "Asia/Shanghai"
    language: LanguageCode = "zh"

    def model(self) -> CompanyModel:
        """Raises ``InputError("invalid-input")`` for a zone that there isn't."""
        try:
            ZoneInfo(self.time_zone)
        except (ValueError, OSError, KeyError) as error:
            raise problem("time_zone", "no-such-zone", value=self.time_zone) from error
        return CompanyModel(
            name_zh=self.name_zh,
            name_en=self.name_en,
            time_zone=self.time_zone,
            language=Language(self.language),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Company(CompanyInput):
    """``version`` grows by one with each saved change of any setting."""

    version: int
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Apply:
    """``force``: make a new generation even if nothing changed."""

    note: Annotated[str, Length(0, 500)] = ""
    force: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """``changed``: false when the current generation already says the same."""

    generation: int
    changed: bool
    seconds: float
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """``error``: why it was refused or rolled back, with ``code``, ``zh``, ``en``."""

    number: int
    hash: str
    state: Literal["building", "refused", "switching", "current", "superseded", "rolled-back"]
    made_by: str
    note: str
    made_at: datetime
    switched_at: datetime | None
    error: Mapping[str, object] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Generations:
    """Newest first. ``unapplied``: changes saved since the current generation was made."""

    items: tuple[Generation, ...]
    unapplied: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PageQuery:
    """``before``: only those with a smaller number or id."""

    before: RowId | None = None
    limit: Annotated[int, Range(1, 200)] = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery(PageQuery):
    """``what`` and ``key``: of one setting; ``by``: the login of who changed it; ``act``: what was
    saved together."""

    what: Annotated[str, Length(1, 30)] | None = None
    key: Annotated[str, Length(1, 60)] | None = None
    by: Annotated[str, Length(1, 60)] | None = None
    act: Annotated[int, Range(1, 2**53)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsLog:
    items: tuple[LoggedChange, ...]


def _answer(company: CompanyModel, version: int) -> Company:
    return Company(
        name_zh=company.name_zh,
        name_en=company.name_en,
        time_zone=company.time_zone,
        language=Language(company.language).value,
        version=version,
        etag=etag(company),
    )


COMPANY = Single(
    one_word="company",
    word="company",
    body=CompanyInput,
    model=CompanyModel,
    read=store.company,
    save=store.save,
)


@endpoint(
    "GET",
    "/api/company",
    "The company's names, time zone and language",
    roles=EVERYBODY,
    right=rights.OWN,
)
async def get_company(db: Database) -> Company:
    async with db.transaction() as connection:
        return _answer(await store.company(connection), await store.version(connection))


@endpoint("PUT", "/api/company", "Change it", needs_match=True, errors=(412, 428))
async def replace_company(db: Database, ask: Ask, body: CompanyInput) -> Company:
    async with db.transaction() as connection:
        saved = await COMPANY.put(connection, ask, body.model())
        return _answer(saved, await store.version(connection))


@endpoint("GET", "/api/generations", "Sets of settings that were compiled, newest first")
async def list_generations(db: Database, query: PageQuery) -> Generations:
    async with db.transaction() as connection:
        rows = await generations.read(connection, before=query.before, limit=query.limit)
        unapplied, _ = await store.unapplied(connection, limit=0)
    return Generations(items=tuple(Generation(**row) for row in rows), unapplied=unapplied)


@endpoint(
    "GET",
    "/api/generations/{number}/difference",
    "What a past generation changed in the compiled files",
    also=rights.NUMBERS_WHOLE,
    timeout_s=60.0,
    errors=(404,),
)
async def get_past_difference(confd: Confd, ask: Ask, number: RowId) -> PastDifference:
    """404 ``generation-gone``: only the last few are kept on disk. For who may see every kind of
    setting: all of them are in these files."""
    allowed.need_see(ask, allowed.FEATURES)
    return await confd.past(number)


@endpoint(
    "POST",
    "/api/generations",
    "Apply the settings: compile, check, switch, read back",
    status=200,
    timeout_s=120.0,
    errors=(409,),
)
async def apply_settings(confd: Confd, ask: Ask, body: Apply) -> Applied:
    """422 says what is wrong with the settings; 409: Asterisk refused, the old ones run on."""
    done = await confd.apply(by=ask.who, note=body.note, force=body.force)
    return Applied(
        generation=done.generation, changed=done.changed, seconds=done.seconds, state=done.state
    )


@endpoint("GET", "/api/settings-log", "Who changed what, newest first")
async def list_settings_log(db: Database, ask: Ask, query: LogQuery) -> SettingsLog:
    wanted = store.Wanted(
        before=query.before, what=query.what, key=query.key, by=query.by, act=query.act
    )
    async with db.transaction() as connection:
        rows = await store.log(connection, wanted, limit=query.limit)
    return SettingsLog(items=tuple(allowed.seen(ask, row) for row in rows))


ENDPOINTS = (
    get_company,
    replace_company,
    list_generations,
    get_past_difference,
    apply_settings,
    list_settings_log,
)

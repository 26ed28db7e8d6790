"""The audit for who may see it: read, held against its chain, taken as CSV (SEC-1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from linebox.base import rights
from linebox.base.endpoints import BytesAnswer, endpoint
from linebox.base.shapes import Form, Length, Range
from linebox.base.tables import csv_file
from linebox.features.audit import store
from linebox.features.audit.model import HEAD_LOST, Row
from linebox.features.audit.service import Audit, Look
from linebox.model.spelling import LanguageCode
from linebox.store.pool import Database

#: Rows of one CSV file.
_MOST: Final = 50_000

#: What needs no right, and what root's tools do.
_OWN_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "log_in": ("登录", "Logged in"),
    "give_second_factor": ("登录第二步", "Log-in, second step"),
    "log_out": ("退出登录", "Logged out"),
    "change_password": ("修改自己的密码", "Changed the own password"),
    "end_session": ("结束登录", "Ended a session"),
    "begin_totp": ("开始绑定验证器", "Began to set up an authenticator"),
    "confirm_totp": ("绑定验证器", "Set up an authenticator"),
    "begin_passkey": ("开始添加通行密钥", "Began to add a passkey"),
    "confirm_passkey": ("添加通行密钥", "Added a passkey"),
    "renew_recovery_codes": ("更换恢复码", "Made new recovery codes"),
    "delete_factor": ("删除第二因素", "Took a second factor away"),
    "one_time_password": ("命令行：发一次性密码", "Console: gave a one-time password"),
    "look_at_audit": ("核对审计", "Compared the audit"),
    "export_audit": ("导出审计", "Exported the audit"),
    "update_installed": ("命令行：装入升级包", "Console: installed an update"),
    "update_back": ("命令行：退回另一分区的版本", "Console: went back to the other slot's version"),
    "factors_dropped": ("命令行：清除第二步", "Console: took second factors away"),
    HEAD_LOST: ("审计的末尾标记丢失", "The audit's end mark was lost"),
}

type Word = Annotated[str, Length(0, 60), Form(r"[A-Za-z0-9_.-]*", "字母和数字", "letters, digits")]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """All given conditions must hold. ``text``: part of what it was done on, of the address or of
    the operation's name; ``refused``: only refused or failed ones; ``before``: smaller ``n``."""

    who: Word = ""
    what: Word = ""
    text: Annotated[str, Length(0, 60)] = ""
    since: datetime | None = None
    until: datetime | None = None
    refused: bool = False
    before: Annotated[int, Range(1, 2**31 - 1)] | None = None
    limit: Annotated[int, Range(1, 200)] = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """``what``: the operation; ``zh`` and ``en``: what it is about. ``outcome``: ``ok``,
    ``unknown`` (webd was killed on the way), else the refusal's code."""

    n: int
    at: datetime
    who: str
    role: str
    address: str
    what: str
    zh: str
    en: str
    subject: str
    outcome: str
    status: int
    detail: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """Newest first."""

    items: tuple[AuditRow, ...]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFault:
    """``changed``: row ``n`` isn't as it was written; ``missing``: rows ``n``…``last`` were taken
    out; ``cut``: those at the end; ``head-lost``: what says how many there are was lost."""

    kind: Literal["changed", "missing", "cut", "head-lost"]
    n: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditState:
    """``rows``: how many there must be; ``waiting``: not in the database yet. ``looked_at``: when
    all were last held against the chain, null before that; ``faults``: what that found."""

    rows: int
    waiting: int
    looked_at: datetime | None
    looked_rows: int
    faults: tuple[AuditFault, ...]


@endpoint("GET", "/api/audit", "Who did what, newest first", right=rights.AUDIT_SEE)
async def list_audit(db: Database, query: AuditQuery) -> AuditPage:
    async with db.transaction() as connection:
        rows = await store.page(connection, _wanted(query, query.limit + 1))
    return AuditPage(
        items=tuple(_row(row) for row in rows[: query.limit]), more=len(rows) > query.limit
    )


@endpoint("GET", "/api/audit/state", "Whether the audit is whole", right=rights.AUDIT_SEE)
async def get_audit_state(audit: Audit) -> AuditState:
    return _state(audit, audit.looked)


@endpoint(
    "POST",
    "/api/audit/look",
    "Hold every row against the chain now",
    status=200,
    right=rights.AUDIT_SEE,
    audited="once",
    timeout_s=60.0,
)
async def look_at_audit(audit: Audit) -> AuditState:
    return _state(audit, await audit.look())


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditExportQuery:
    """The same conditions; ``language``: of the columns' heads and of what was done."""

    who: Word = ""
    what: Word = ""
    text: Annotated[str, Length(0, 60)] = ""
    since: datetime | None = None
    until: datetime | None = None
    refused: bool = False
    language: LanguageCode = "zh"


_HEADS: Final = {
    "zh": "序号 时间(UTC) 谁 角色 来源地址 操作 说明 对象 结果 附注 校验值",
    "en": "No Time(UTC) Who Role Address Operation About Subject Outcome Notes Hash",
}


@endpoint(
    "GET",
    "/api/audit/export",
    "The rows as CSV, the newest 50 000",
    right=rights.AUDIT_SEE,
    audited="always",
    timeout_s=30.0,
)
async def export_audit(db: Database, query: AuditExportQuery) -> BytesAnswer:
    async with db.transaction() as connection:
        rows = await store.page(connection, _wanted(query, _MOST))
    table = [_HEADS[query.language].split()]
    for row in reversed(rows):
        told = _row(row)
        table.append(
            [
                str(row.n),
                row.entry.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"),
                told.who,
                told.role,
                told.address,
                told.what,
                told.zh if query.language == "zh" else told.en,
                told.subject,
                told.outcome,
                " ".join(f"{key}={one}" for key, one in told.detail.items()),
                row.hash.hex(),
            ]
        )
    return BytesAnswer(body=csv_file(table), media_type="text/csv")


def _wanted(query: AuditQuery | AuditExportQuery, limit: int) -> store.Wanted:
    return store.Wanted(
        who=query.who,
        what=query.what,
        text=query.text,
        since=query.since,
        until=query.until,
        refused=query.refused,
        before=query.before if isinstance(query, AuditQuery) else None,
        limit=limit,
    )


def _row(row: Row) -> AuditRow:
    entry = row.entry
    detail = dict(entry.detail)
    right = detail.pop("right", "")
    zh, en = _OWN_WORDS.get(entry.what) or (rights.words(right) if right else (entry.what,) * 2)
    return AuditRow(
        n=row.n,
        at=entry.at,
        who=entry.who,
        role=entry.role,
        address=entry.address,
        what=entry.what,
        zh=zh,
        en=en,
        subject=entry.subject,
        outcome=entry.outcome,
        status=entry.status,
        detail=detail,
    )


def _state(audit: Audit, look: Look | None) -> AuditState:
    head = audit.head()
    return AuditState(
        rows=head.n if head else 0,
        waiting=audit.waiting,
        looked_at=look.at if look else None,
        looked_rows=look.rows if look else 0,
        faults=tuple(AuditFault(kind=one.kind, n=one.n, last=one.last) for one in look.faults)
        if look
        else (),
    )


ENDPOINTS = (list_audit, get_audit_state, look_at_audit, export_audit)

"""One's own second factors over HTTP: set up, listed, taken away (SEC-1).

Each act asks for the own password once more: an open browser alone changes nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated

from linebox.base import rights
from linebox.base.endpoints import Ask, Reply, endpoint
from linebox.base.errors import InputError
from linebox.base.rights import Catalogue
from linebox.base.roles import EVERYBODY
from linebox.base.shapes import Form, Length, problem
from linebox.features.accounts import passkeys, store, totp
from linebox.features.accounts.changes import own_account, prove
from linebox.features.accounts.factors import Factors, Step, Whose, counted, passkeys_of, whose
from linebox.features.accounts.model import MUST_ENROL, OWNER, FactorKind
from linebox.features.accounts.service import Accounts
from linebox.features.accounts.session_api import Secret, Session, Ticket, opened_of, state
from linebox.model.spelling import RowId
from linebox.store.pool import Database

#: What the authenticator's list calls the box.
_BOX = "Linebox"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorRow:
    """``host``: the name in the address that a passkey is for."""

    id: int
    kind: FactorKind
    name: str
    host: str
    made_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFactors:
    """``recovery_codes``: how many are left. ``demanded``: the role must give a second factor.
    ``host``: the name that a passkey made here would be for; null: this address is none, and a
    browser gives passkeys to names only."""

    items: tuple[FactorRow, ...]
    recovery_codes: int
    demanded: bool
    host: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The own password, once more."""

    password: Secret = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTotp:
    """``uri`` is what the QR code says; ``secret`` the same to be typed. Told in this answer only;
    counts once a code was given."""

    ticket: str
    secret: str
    uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TotpCode:
    ticket: Ticket
    code: Annotated[str, Length(6, 20), Form(r"[0-9 ]+", "验证器上的 6 位数字", "six digits")]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPasskey:
    """``options``: what ``navigator.credentials.create`` takes, as JSON."""

    ticket: str
    options: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyMade:
    """``passkey``: what ``navigator.credentials.create`` gave, as JSON; ``name``: of the device."""

    ticket: Ticket
    passkey: Mapping[str, object]
    name: Annotated[str, Length(0, 60)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorMade:
    """``recovery_codes``: told in this answer only, with the first factor; else empty.
    ``session``: as it is now: who had to set a factor up has all rights of the role."""

    recovery_codes: tuple[str, ...]
    session: Session


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodes:
    """Each opens once; told in this answer only. Earlier ones open nothing."""

    recovery_codes: tuple[str, ...]


@endpoint("GET", "/api/account/factors", "My second factors", roles=EVERYBODY, right=rights.OWN)
async def list_factors(db: Database, ask: Ask, accounts: Accounts, factors: Factors) -> OwnFactors:
    account = await own_account(db, ask)
    there = await factors.of(whose(account))
    return OwnFactors(
        items=tuple(
            FactorRow(
                id=one.id,
                kind=one.kind,
                name=one.name,
                host=one.host,
                made_at=one.made_at,
                used_at=one.used_at,
            )
            for one in counted(there)
        ),
        recovery_codes=sum(one.kind is FactorKind.RECOVERY for one in there),
        demanded=accounts.roles.demands_factor(account.person if account else OWNER),
        host=ask.host if passkeys.is_name(ask.host) else None,
    )


@endpoint(
    "POST",
    "/api/account/totp",
    "Begin to set up an authenticator",
    status=200,
    roles=EVERYBODY,
    right=rights.OWN,
    max_bytes=4096,
    errors=(409, 429),
)
async def begin_totp(
    body: Proof, db: Database, ask: Ask, accounts: Accounts, factors: Factors
) -> NewTotp:
    account = await own_account(db, ask)
    await prove(body.password, ask, accounts, account)
    if any(one.kind is FactorKind.TOTP for one in await factors.of(whose(account))):
        raise InputError("already-exists", what="factor", key="TOTP")
    secret = totp.new_secret()
    ticket = factors.begin(Step(login=ask.who, until=factors.until(), host=ask.host, secret=secret))
    return NewTotp(ticket=ticket, secret=secret, uri=totp.uri(secret, ask.who, _BOX))


@endpoint(
    "POST",
    "/api/account/totp/confirm",
    "Set the authenticator up by its first code",
    status=200,
    roles=EVERYBODY,
    right=rights.OWN,
    max_bytes=4096,
    errors=(409,),
)
async def confirm_totp(
    body: TotpCode,
    db: Database,
    ask: Ask,
    accounts: Accounts,
    factors: Factors,
    catalogue: Catalogue,
) -> Reply[FactorMade]:
    """422 at ``code``: it isn't the one shown now; the ticket stays good."""
    step = factors.step(body.ticket, ask.who)
    used = totp.step_of(step.secret, body.code.replace(" ", ""), factors.now())
    if not step.secret or used is None:
        raise problem("code", "wrong-code", tries_left=1)
    account = await own_account(db, ask)
    made = replace(factors.new(FactorKind.TOTP, step.secret), count=used)
    await factors.add(whose(account), [made])
    factors.done(body.ticket)
    return await _made(whose(account), db, ask, accounts, factors, catalogue)


@endpoint(
    "POST",
    "/api/account/passkeys",
    "Begin to add a passkey",
    status=200,
    roles=EVERYBODY,
    right=rights.OWN,
    max_bytes=4096,
    errors=(409, 429),
)
async def begin_passkey(
    body: Proof, db: Database, ask: Ask, accounts: Accounts, factors: Factors
) -> NewPasskey:
    """422 ``passkey-needs-name``: the page was opened by an IP address."""
    if not passkeys.is_name(ask.host):
        raise InputError("passkey-needs-name")
    account = await own_account(db, ask)
    await prove(body.password, ask, accounts, account)
    known = [one.secret for one in passkeys_of(await factors.of(whose(account)), ask.host)]
    options, given = passkeys.begin(ask.host, ask.who, account.name if account else "", known)
    ticket = factors.begin(Step(login=ask.who, until=factors.until(), host=ask.host, state=given))
    return NewPasskey(ticket=ticket, options=options)


@endpoint(
    "POST",
    "/api/account/passkeys/confirm",
    "Add the passkey that the browser made",
    status=200,
    roles=EVERYBODY,
    right=rights.OWN,
    max_bytes=32 * 1024,
    errors=(409,),
)
async def confirm_passkey(
    body: PasskeyMade,
    db: Database,
    ask: Ask,
    accounts: Accounts,
    factors: Factors,
    catalogue: Catalogue,
) -> Reply[FactorMade]:
    step = factors.step(body.ticket, ask.who)
    if step.state is None or step.host != ask.host:
        raise InputError("step-over")
    secret = passkeys.made(step.host, step.state, body.passkey)
    account = await own_account(db, ask)
    new = factors.new(FactorKind.PASSKEY, secret, name=body.name.strip(), host=step.host)
    await factors.add(whose(account), [new])
    factors.done(body.ticket)
    return await _made(whose(account), db, ask, accounts, factors, catalogue)


async def _made(
    who: Whose,
    db: Database,
    ask: Ask,
    accounts: Accounts,
    factors: Factors,
    catalogue: Catalogue,
) -> Reply[FactorMade]:
    """The first factor comes with recovery codes, and opens a session that waited for it."""
    there = await factors.of(who)
    has_codes = any(one.kind is FactorKind.RECOVERY for one in there)
    codes = () if has_codes else await factors.new_recovery_codes(who)
    opened = opened_of(ask)
    assert opened is not None
    if ask.made != MUST_ENROL:
        return Reply(
            answer=FactorMade(recovery_codes=codes, session=state(accounts, catalogue, ask, opened))
        )
    person = OWNER
    if who is not None:
        async with db.transaction() as connection:
            account = await store.one(connection, who)
        assert account is not None
        person = account.person
    opened = accounts.opened(replace(opened.signed, person=person))
    return Reply(
        answer=FactorMade(recovery_codes=codes, session=state(accounts, catalogue, ask, opened)),
        cookie=opened.cookie,
        cookie_max_age_s=max(1, int((opened.signed.until - factors.now()).total_seconds())),
    )


@endpoint(
    "POST",
    "/api/account/recovery-codes",
    "Ten new recovery codes in the place of the old ones",
    status=200,
    roles=EVERYBODY,
    right=rights.OWN,
    max_bytes=4096,
    errors=(409, 429),
)
async def renew_recovery_codes(
    body: Proof, db: Database, ask: Ask, accounts: Accounts, factors: Factors
) -> RecoveryCodes:
    """409 ``no-factor``: they help only who has a second factor."""
    account = await own_account(db, ask)
    await prove(body.password, ask, accounts, account)
    if not counted(await factors.of(whose(account))):
        raise InputError("no-factor")
    return RecoveryCodes(recovery_codes=await factors.new_recovery_codes(whose(account)))


@endpoint(
    "POST",
    "/api/account/factors/{id}/delete",
    "Take a second factor of mine away",
    status=204,
    roles=EVERYBODY,
    right=rights.OWN,
    max_bytes=4096,
    errors=(404, 409, 429),
)
async def delete_factor(
    id: RowId, body: Proof, db: Database, ask: Ask, accounts: Accounts, factors: Factors
) -> None:
    """409 ``factor-demanded``: it is the last one, and the role must have one. The last one takes
    the recovery codes along."""
    account = await own_account(db, ask)
    await prove(body.password, ask, accounts, account)
    there = await factors.of(whose(account))
    if id not in {one.id for one in counted(there)}:
        raise InputError("not-found", what="factor", key=str(id))
    last = len(counted(there)) == 1
    if last and accounts.roles.demands_factor(account.person if account else OWNER):
        raise InputError("factor-demanded")
    await factors.drop(whose(account), [one.id for one in there] if last else [id])


ENDPOINTS = (
    list_factors,
    begin_totp,
    confirm_totp,
    begin_passkey,
    confirm_passkey,
    renew_recovery_codes,
    delete_factor,
)

"""Passwords of browser phones (TEL-6): made for each log-in, kept by Asterisk in astdb.

So an open page registers again and again with PostgreSQL and every daemon of ours dead; a new
password takes the place of the old one. What is kept is only MD5(user:realm:password), which is all
that SIP's digest needs (RFC 2617).

A page that is registered is told at once that its password has gone: a SIP NOTIFY, whereupon it
registers anew and hears the refusal from Asterisk itself.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from contextlib import suppress
from dataclasses import dataclass, field

from linebox.asterisk.ami import Ami, AmiRefused
from linebox.asterisk.names import browser_phone

#: As in pjsip.conf, ``default_realm``.
REALM = "linebox"
#: sorcery.conf: ``auth = astdb,ps_auths``; res_sorcery_astdb.c puts the type behind it.
_FAMILY = "ps_auths/auth"
#: The NOTIFY's event: register anew, your password may have gone.
_EVENT = "linebox-password"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What a page needs to register: SIP user, password, realm."""

    user: str
    password: str = field(repr=False)
    realm: str


async def renew(ami: Ami, agent: str) -> Credential:
    """A new password for the agent's browser phone; the old one is worth nothing from now on.

    Raises ``Unavailable`` when Asterisk is away.
    """
    user, password = browser_phone(agent), secrets.token_urlsafe(24)
    await ami.action("DBPut", Family=_FAMILY, Key=user, Val=_auth(user, password))
    await _tell(ami, user)
    return Credential(user=user, password=password, realm=REALM)


async def revoke(ami: Ami, agent: str) -> None:
    """Nobody registers or calls as this phone any more; the registration of a page that doesn't
    listen ends with its time (two minutes at most). Raises ``Unavailable``."""
    with suppress(AmiRefused):  # there is none
        await ami.action("DBDel", Family=_FAMILY, Key=browser_phone(agent))
    await _tell(ami, browser_phone(agent))


async def _tell(ami: Ami, user: str) -> None:
    """The page that is registered as ``user``, if any, is told to register anew."""
    with suppress(AmiRefused):  # Asterisk doesn't know the phone (yet)
        await ami.action("PJSIPNotify", Endpoint=user, Variable=f"Event={_EVENT}")


def _auth(user: str, password: str) -> str:
    """An auth object of PJSIP as res_sorcery_astdb keeps it."""
    digest = hashlib.md5(f"{user}:{REALM}:{password}".encode(), usedforsecurity=False).hexdigest()
    return json.dumps(
        {"auth_type": "md5", "username": user, "realm": REALM, "md5_cred": digest},
        separators=(",", ":"),
    )

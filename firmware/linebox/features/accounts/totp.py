"""An authenticator's codes: RFC 6238 as every app takes it: SHA-1, six digits, 30 s (SEC-1)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

STEP_S: Final = 30
#: Steps before and after the present one that count too: the phone's clock may be off.
_AROUND: Final = 1


def new_secret() -> str:
    """160 bits (RFC 4226 section 4) in base 32, as authenticators take them."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code(secret: str, step: int) -> str:
    """The six digits of one step."""
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1)
    at = digest[-1] & 15
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def step_of(secret: str, given: str, now: datetime) -> int | None:
    """The step whose code was given; None when it is none of the present ones."""
    present = int(now.timestamp()) // STEP_S
    found = None
    for step in range(present - _AROUND, present + _AROUND + 1):
        if hmac.compare_digest(code(secret, step).encode(), given.encode()):
            found = step
    return found


def uri(secret: str, login: str, box: str) -> str:
    """What the QR code says (the format of authenticator apps)."""
    label = quote(f"{box}:{login}", safe=":")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': box})}"

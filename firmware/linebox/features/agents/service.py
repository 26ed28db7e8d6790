"""What other parts may ask of agents."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import NamedTuple

from linebox.base.errors import InputError


class PinHash(NamedTuple):
    """All that is kept of a PIN: SHA1(salt + PIN), which is what the dialplan can compute."""

    salt: str
    hash: str


def hash_pin(pin: str) -> PinHash:
    """Raises ``InputError("pin-not-allowed")`` unless it is 4 to 8 digits."""
    if not re.fullmatch(r"[0-9]{4,8}", pin):
        raise InputError("pin-not-allowed")
    salt = secrets.token_hex(16)
    return PinHash(salt, hashlib.sha1((salt + pin).encode()).hexdigest())  # noqa: S324  see PinHash


def new_pin() -> str:
    """A random PIN of six digits."""
    return f"{secrets.randbelow(10**6):06}"

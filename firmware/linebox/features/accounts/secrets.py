"""Passwords and codes: made, kept only as hashes, compared in constant time (SEC-2)."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata

#: OWASP's scrypt setting with the least memory per try: 16 MiB, about 0.2 s on the box.
_N, _R, _P = 2**14, 8, 5
_STORED = re.compile(
    r"scrypt\$([0-9]{1,8})\$([0-9]{1,3})\$([0-9]{1,3})\$([0-9a-f]{2,128})\$([0-9a-f]{2,128})"
)

#: No look-alikes: 0 O 1 I L are out, and U V together.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE = re.compile(rf"[{_LETTERS}]{{16}}")


def new_code() -> str:
    """A setup code or one-time password, as ``7KQX-93MF-HT2W-8RPD``: 78 bits, easy to read out and
    to type."""
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


#: The hash of a password that nobody knows: an account that there isn't takes as long to refuse.
NOBODYS = f"scrypt${_N}${_R}${_P}${'00' * 16}${'00' * 32}"


def hash_password(text: str) -> str:
    """``scrypt$n$r$p$salt_hex$hash_hex``. Takes about 0.2 s of CPU: not on an event loop."""
    salt = secrets.token_bytes(16)
    return f"scrypt${_N}${_R}${_P}${salt.hex()}${_scrypt(text, salt, _N, _R, _P, 32).hex()}"


def hash_code(code: str) -> str:
    """As ``hash_password`` of one of ``new_code``, in 2 ms: 78 random bits need no slow hash, and a
    table of 500 agents makes 500 of them."""
    salt = secrets.token_bytes(16)
    return f"scrypt$1024$8$1${salt.hex()}${_scrypt(code, salt, 1024, 8, 1, 32).hex()}"


def verify(text: str, stored: str) -> bool:
    """Whether ``text`` is what was hashed; False also for a ``stored`` that isn't a hash."""
    match = _STORED.fullmatch(stored.strip())
    if match is None:
        return False
    n, r, p = (int(match[k]) for k in (1, 2, 3))
    try:
        salt, wanted = bytes.fromhex(match[4]), bytes.fromhex(match[5])
        found = _scrypt(text, salt, n, r, p, len(wanted))
    except (ValueError, MemoryError):
        return False
    return hmac.compare_digest(found, wanted)


def _scrypt(text: str, salt: bytes, n: int, r: int, p: int, length: int) -> bytes:
    return hashlib.scrypt(
        _plain(text).encode(), salt=salt, n=n, r=r, p=p, maxmem=64 * 2**20, dklen=length
    )


def _plain(text: str) -> str:
    """One spelling of a password; a setup code may be typed in small letters and without dashes."""
    text = unicodedata.normalize("NFKC", text).strip()
    code = re.sub(r"[\s-]", "", text).upper()
    return code if _CODE.fullmatch(code) else text

"""What a password of one's own must be: ten characters, and not what everybody tries first."""

from __future__ import annotations

import functools
import re
import unicodedata
from importlib import resources
from typing import Final

from linebox.base.shapes import problem

MIN_LENGTH: Final = 10

_RUNS: Final = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
)


def check_new(password: str, login: str, old: str) -> None:
    """Raises ``InputError("invalid-input")`` at field ``new_password``: ``too-short``,
    ``password-obvious``, ``password-same``."""
    plain = unicodedata.normalize("NFKC", password).strip()
    if len(plain) < MIN_LENGTH:
        raise problem("new_password", "too-short", min=MIN_LENGTH)
    if plain == unicodedata.normalize("NFKC", old).strip():
        raise problem("new_password", "password-same")
    if is_obvious(plain, login):
        raise problem("new_password", "password-obvious")


def is_obvious(password: str, login: str) -> bool:
    """Few different characters, a run of keys, the login or a usual word with little else."""
    small = password.lower()
    if len(set(small)) < 5:
        return True
    if re.fullmatch(r"(.+?)\1+", small) or any(_is_run(part) for part in _parts(small)):
        return True
    left = small.replace(login.lower(), "") if len(login) >= 3 else small
    for word in _obvious():
        if word in left:
            left = left.replace(word, "", 1)
            break
    left = re.sub(r"[\W_]", "", left)
    return len(left) < 5 or _is_run(left)


@functools.cache
def _obvious() -> tuple[str, ...]:
    """What guessing programs try first (``obvious.txt``), the longest first."""
    text = resources.files("linebox.features.accounts").joinpath("obvious.txt").read_text("utf-8")
    return tuple(sorted(text.split(), key=len, reverse=True))


def _is_run(text: str) -> bool:
    return any(text in run or text[::-1] in run for run in _RUNS)


def _parts(text: str) -> tuple[str, ...]:
    """Where a run would take up most of the password: its first and last two thirds."""
    size = max(6, len(text) * 2 // 3)
    return text[:size], text[-size:]

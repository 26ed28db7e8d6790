"""Codes and names of letters and digits, as both languages say them; see ``normalise.py``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from linebox.features.prompts import speech


def groups(text: str) -> Iterator[str]:
    """``ab13800001111`` → ``A B``, ``138``, ``0000``, ``1111``: what is said in one breath."""
    for letters, digits in re.findall(r"([A-Za-z]+)|(\d+)", text):
        if letters:
            yield " ".join(letters.upper())
            continue
        start = 0
        for length in speech.grouping(len(digits)):
            yield digits[start : start + length]
            start += length


def mixed(text: str, *, integer: Callable[[str], str], by_digits: Callable[[str], str]) -> str:
    """A name or code: ``A4``, ``iPhone15`` with a quantity at its end, else by digits."""
    if word := re.fullmatch(r"([A-Za-z]*[a-z]{2,})(\d{1,3})", text):
        return f"{word[1]} {integer(word[2])}"
    if len(text) <= 3 and (short := re.fullmatch(r"([A-Za-z]*)(\d+)([A-Za-z]*)", text)):
        before, after = (" ".join(letters.upper()) for letters in (short[1], short[3]))
        return f"{before} {integer(short[2])} {after}".strip()
    return by_digits(text)

"""Marks that an owner writes into a text (IVR-2).

``[0.5]`` rests half a second; ``重庆[chong2 qing4]`` says how the characters before it are read,
everywhere in that text. What the owner's dictionary says of a word goes without a mark.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from linebox.features.prompts.pronounce import HAN, INITIALS

LONGEST_S: Final = 5.0

_PAUSE = re.compile(r"\[(\d{1,2}(?:\.\d{1,2})?)\]")
_READING = re.compile(rf"([{HAN}]+)\[([a-züv]+[1-5](?: +[a-züv]+[1-5])*)\]")
_INITIAL = "|".join(sorted((re.escape(one) for one in INITIALS if one), key=len, reverse=True))
_FINALS = (
    "a ai an ang ao e ei en eng er o ong ou i ia ian iang iao ie in ing iong iu u ua uai uan uang"
    " ueng ui un uo v ve van vn ü üe üan ün ue"
)
_SYLLABLE = re.compile(
    rf"(?:(?:{_INITIAL})?(?:{'|'.join(_FINALS.split())})|[yw][a-zü]{{1,4}})[1-5]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """``parts``: text and the rest in s that follows it; ``readings``: word → its syllables."""

    parts: tuple[tuple[str, float], ...]
    readings: Mapping[str, tuple[str, ...]]


def syllables(word: str, reading: str) -> tuple[str, ...] | None:
    """A Mandarin word's syllables, when its reading is pinyin: as many as it has characters."""
    if not re.fullmatch(f"[{HAN}]+", word):
        return None
    found = tuple(reading.replace("ü", "v").split())
    whole = len(found) == len(word) and all(_SYLLABLE.fullmatch(one) for one in found)
    return found if whole else None


def has(text: str, word: str) -> bool:
    """Whether the text has the word; of Latin letters it must stand alone."""
    return re.search(_word(word), text, re.IGNORECASE) is not None


def _word(word: str) -> str:
    """The pattern that finds it."""
    before = r"(?<![0-9A-Za-z])" if word[:1].isascii() and word[:1].isalnum() else ""
    behind = r"(?![0-9A-Za-z])" if word[-1:].isascii() and word[-1:].isalnum() else ""
    return f"{before}{re.escape(word)}{behind}"


def marked(text: str, dictionary: Mapping[str, str] = MappingProxyType({})) -> Marked:
    """``dictionary``: word → how it is read, where the text itself doesn't say it: pinyin, or
    other words to be said instead.

    Raises ValueError for a mark that is none, a rest too long, or a reading of too few
    characters."""
    readings: dict[str, tuple[str, ...]] = {}

    def read(found: re.Match[str]) -> str:
        syllables = tuple(found[2].replace("ü", "v").split())
        if len(found[1]) < len(syllables):
            raise ValueError(f"{found[0]}: {len(syllables)} readings, {len(found[1])} characters")
        for one in syllables:
            if not _SYLLABLE.fullmatch(one):
                raise ValueError(f"{found[0]}: {one} is no syllable")
        readings[found[1][-len(syllables) :]] = syllables
        return found[1]

    plain = _READING.sub(read, text)
    said: dict[str, str] = {}
    for word, reading in dictionary.items():
        if found := syllables(word, reading):
            readings.setdefault(word, found)
        elif word not in readings:
            said[word.lower()] = reading
    if said:
        words = "|".join(map(_word, sorted(said, key=len, reverse=True)))
        plain = re.sub(words, lambda found: said[found[0].lower()], plain, flags=re.IGNORECASE)
    pieces = _PAUSE.split(plain)
    for piece in pieces[::2]:
        if wrong := re.search(r"\[[^\]]*\]?|\]", piece):
            raise ValueError(f"{wrong[0]}: write [0.5] or 重庆[chong2 qing4]")
    rests = [float(one) for one in pieces[1::2]] + [0.0]
    if max(rests) > LONGEST_S:
        raise ValueError(f"[{max(rests):g}]: at most {LONGEST_S:g} s")
    return Marked(parts=tuple(zip(pieces[::2], rests, strict=True)), readings=readings)

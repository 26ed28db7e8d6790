"""Marks that an owner writes into a text (IVR-2).

``[0.5]`` rests half a second; ``重庆[chong2 qing4]`` says how the characters before it are read,
everywhere in that text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
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


def marked(text: str) -> Marked:
    """Raises ValueError for a mark that is none, a rest too long, or a reading of too few
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
    pieces = _PAUSE.split(plain)
    for piece in pieces[::2]:
        if wrong := re.search(r"\[[^\]]*\]?|\]", piece):
            raise ValueError(f"{wrong[0]}: write [0.5] or 重庆[chong2 qing4]")
    rests = [float(one) for one in pieces[1::2]] + [0.0]
    if max(rests) > LONGEST_S:
        raise ValueError(f"[{max(rests):g}]: at most {LONGEST_S:g} s")
    return Marked(parts=tuple(zip(pieces[::2], rests, strict=True)), readings=readings)

"""The owner's dictionary of readings over HTTP (IVR-2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from psycopg import AsyncConnection

from linebox.base.shapes import Form, Length, problem
from linebox.features.prompts import readings
from linebox.features.prompts.marks import syllables
from linebox.features.prompts.model import Reading
from linebox.features.prompts.pronounce import HAN
from linebox.features.settings.resources import Resource
from linebox.model.languages import Language
from linebox.model.spelling import RowId

#: What a mark begins or ends with can't be a word or a reading.
_NO_MARK = r"[^\[\]]*[^\[\]\s][^\[\]]*"

type Word = Annotated[str, Length(1, 40), Form(_NO_MARK, "不含 [ ] 的词", "a word without [ ]")]
type Said = Annotated[
    str, Length(1, 100), Form(_NO_MARK, "不含 [ ] 的读法", "a reading without [ ]")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingInput:
    """``reading``: pinyin for each character of a Chinese word (``chong2 qing4``), or the words
    that are said instead."""

    lang: Language
    word: Word
    reading: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingRow(ReadingInput):
    id: int
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingRows:
    items: tuple[ReadingRow, ...]


def _model(id_: int, given: ReadingInput) -> Reading:
    word, reading = given.word.strip(), given.reading.strip()
    if re.fullmatch(f"[{HAN}]+", word) and re.search("[A-Za-z]", reading):
        reading = " ".join(reading.lower().split())
        if syllables(word, reading) is None:
            raise problem("reading", "reading-no-pinyin", count=len(word))
    return Reading(id=id_, lang=given.lang, word=word, reading=reading)


def _row(reading: Reading, etag: str) -> ReadingRow:
    return ReadingRow(
        id=reading.id, lang=reading.lang, word=reading.word, reading=reading.reading, etag=etag
    )


async def _check(connection: AsyncConnection, reading: Reading) -> None:
    """A word is in the dictionary once."""
    cursor = await connection.execute(
        "SELECT 1 FROM readings WHERE lang = %s AND lower(word) = lower(%s) AND id <> %s",
        (reading.lang, reading.word, reading.id),
    )
    if await cursor.fetchone():
        raise problem("word", "given-twice", value=reading.word)


READINGS = Resource(
    word="readings",
    one_word="reading",
    feature="prompts",
    key=RowId,
    new=ReadingInput,
    body=ReadingInput,
    model=Reading,
    row=ReadingRow,
    rows=ReadingRows,
    read=readings.read,
    one=readings.one,
    save=readings.save,
    delete=readings.delete,
    key_of=lambda _: None,
    make=lambda given: _model(0, given),
    change=lambda old, given: _model(old.id, given),
    answer=_row,
    check=_check,
)
ENDPOINTS = READINGS.endpoints()

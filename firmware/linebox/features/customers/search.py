"""Which cards are wanted: by part of a name, company, note, field or number; sorted; by page.

Text is found by the index on ``text_grams`` (0005_customers.sql), so one Chinese character does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, LiteralString

from psycopg import AsyncConnection

from linebox.features.customers.model import plain


class Sort(StrEnum):
    CHANGED = "changed"
    NAME = "name"
    COMPANY = "company"
    LEVEL = "level"


#: Names in the order of pinyin. No index has that collation: it would break when ICU changes.
_ORDER: Final[dict[Sort, LiteralString]] = {
    Sort.CHANGED: "c.updated_at DESC, c.id",
    Sort.NAME: 'c.name COLLATE "zh-x-icu", c.id',
    Sort.COMPANY: 'c.company = \'\', c.company COLLATE "zh-x-icu", c.name COLLATE "zh-x-icu", c.id',
    Sort.LEVEL: "c.level DESC, c.updated_at DESC, c.id",
}
_BY_TEXT: Final[LiteralString] = (
    "SELECT id FROM customers WHERE text_grams(words) @> %s::text[] AND strpos(words, %s) > 0"
)
#: The words again, without what some fields say.
_BUT: Final[LiteralString] = (
    " AND strpos(lower(name || E'\n' || company || E'\n' || note || E'\n'"
    " || field_words(fields - %s::text[])), %s) > 0"
)
_BY_NUMBER: Final[LiteralString] = "SELECT customer_id FROM customer_numbers WHERE number LIKE %s"
_WORDS_MAX: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Conditions that must all hold. ``text``: words, each found somewhere on the card.

    ``exact_numbers``: for who sees numbers masked; digits then find only what the mask shows, the
    last four, or a whole number that is known already. ``but_fields``: what cards say in these
    isn't searched, for who doesn't see it.
    """

    text: str = ""
    min_level: int = 0
    owner: str | None = None
    sort: Sort = Sort.CHANGED
    exact_numbers: bool = False
    but_fields: tuple[str, ...] = ()
    page: int = 1
    limit: int = 50


async def page(connection: AsyncConnection, wanted: Wanted) -> tuple[list[int], int]:
    """The ids of one page, and how many cards there are on all pages."""
    conditions, values = _conditions(wanted)
    start: LiteralString = " FROM customers c WHERE " + (" AND ".join(conditions) or "true")
    # A plan made for any words would be bad for each.
    counted = await connection.execute("SELECT count(*)" + start, values, prepare=False)
    total = await counted.fetchone()
    cursor = await connection.execute(
        "SELECT c.id" + start + " ORDER BY " + _ORDER[wanted.sort] + " LIMIT %s OFFSET %s",
        [*values, wanted.limit, (wanted.page - 1) * wanted.limit],
        prepare=False,
    )
    return [id_ for (id_,) in await cursor.fetchall()], total[0] if total else 0


def _conditions(wanted: Wanted) -> tuple[list[LiteralString], list[object]]:
    conditions: list[LiteralString] = []
    values: list[object] = []
    if wanted.min_level:
        conditions.append("c.level >= %s")
        values.append(wanted.min_level)
    if wanted.owner is not None:
        conditions.append("c.owner = %s")
        values.append(wanted.owner)
    for word in _words(wanted.text)[:_WORDS_MAX]:
        number = _number(word, exact=wanted.exact_numbers)
        by_text, texts = _BY_TEXT, [grams(word), word]
        if wanted.but_fields:
            by_text, texts = _BY_TEXT + _BUT, [*texts, list(wanted.but_fields), word]
        ways = by_text + (" UNION " + _BY_NUMBER if number else "")
        conditions.append("c.id IN (" + ways + ")")
        values += [*texts, *([number] if number else ())]
    return conditions, values


def _words(text: str) -> list[str]:
    """A number written in groups is one word; else each word by itself."""
    if re.fullmatch(r"\+?[0-9][0-9 \-]{2,30}", text.strip()):
        return [re.sub(r"[ \-]", "", text)]
    return text.lower().split()


def grams(word: str) -> list[str]:
    """What ``text_grams`` gives of a text that holds ``word``: its pairs, or its one character."""
    return sorted({word[n : n + 2] for n in range(len(word) - 1)}) or [word]


def _number(word: str, *, exact: bool) -> str | None:
    """The pattern of a number that ``word`` is or is part of; None when it is none."""
    if not re.fullmatch(r"\+?[0-9]{3,20}", word):
        return None
    if not exact:
        return f"%{plain(word) if len(word) > 9 else word}%"
    return f"%{word}" if len(word) == 4 else plain(word)

"""A text as an owner types it → a text to be read aloud, without figures or signs (IVR-2).

The voice model's libraries read 13800138000 as a quantity and drop what they don't know, so all
that isn't words is spelled out here: amounts, dates, times, telephone numbers, plates, codes,
units.
"""

from __future__ import annotations

import re

from linebox.features.prompts import normalise_en, normalise_zh
from linebox.model.languages import Language

HALF_WIDTH = {wide: wide - 0xFEE0 for wide in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B))}
HALF_WIDTH |= {wide: wide - 0xFEE0 for wide in range(0xFF41, 0xFF5B)}
HALF_WIDTH |= str.maketrans("％＃＊￥～－＋＆＠／．\u3000", "%#*¥~-+&@/. ")


def spoken(text: str, language: Language) -> str:
    """The same text in words. Already spoken text comes back unchanged."""
    plain = re.sub(r"[ \t]+", " ", text.translate(HALF_WIDTH)).strip()
    match language:
        case Language.ZH:
            return normalise_zh.spoken(plain)
        case Language.EN:
            return normalise_en.spoken(plain)

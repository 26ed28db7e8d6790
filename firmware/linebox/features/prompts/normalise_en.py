"""Figures and signs in English texts; see ``normalise.py``."""

from __future__ import annotations

import re
from collections.abc import Callable

from linebox.features.prompts import codes, speech
from linebox.model.languages import Language

Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]

WORDS = speech.pieces(Language.EN) | {
    **{"thousand": "thousand", "million": "million", "minus": "minus", "and": "and"},
    **{"yuan": "yuan", "fen": "fen", "am": "A M", "pm": "P M", speech.GAP: ","},
}
NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
COINS = {"$": ("dollar", "cent"), "€": ("euro", "cent"), "£": ("pound", "penny")}
UNITS = {
    **{"km/h": "kilometres per hour", "km": "kilometres", "kg": "kilograms", "cm": "centimetres"},
    **{"mm": "millimetres", "ml": "millilitres", "m²": "square metres", "m2": "square metres"},
    **{"℃": "degrees", "°c": "degrees", "kwh": "kilowatt hours", "min": "minutes"},
}
SPOKEN_CAPITALS = ("PIN", "OK", "SIM", "APP", "ZIP", "NATO")


def by_digits(text: str) -> str:
    """Letters and digits one by one; a comma between groups of a long one."""
    return ", ".join(
        " ".join(WORDS[d] for d in group) if group.isdigit() else group
        for group in codes.groups(text)
    )


def mixed(text: str) -> str:
    """A name or code of letters and digits: ``A4``, ``iPhone15``, else by digits."""
    return codes.mixed(text, integer=integer, by_digits=by_digits)


def telephone(text: str) -> str:
    return _joined(speech.digits(text, Language.EN))


def _joined(pieces: list[str]) -> str:
    return " ".join(WORDS[p] for p in pieces).replace(" ,", ",")


def integer(digits: str) -> str:
    """A quantity; digit by digit if it is too great or begins with 0."""
    plain = digits.replace(",", "")
    if (plain.startswith("0") and len(plain) > 1) or int(plain) > speech.GREATEST:
        return by_digits(plain)
    return _joined(speech.number(int(plain), Language.EN))


def number(text: str) -> str:
    whole, _, decimals = text.replace(",", "").partition(".")
    said = integer(whole)
    return f"{said} point {' '.join(WORDS[d] for d in decimals)}" if decimals else said


def year(value: int) -> str:
    """2026: twenty twenty-six; 2005: two thousand five; 1905: nineteen oh five."""
    if 2000 <= value < 2010 or value % 1000 == 0:
        return _joined(speech.number(value, Language.EN))
    century, rest = divmod(value, 100)
    if rest == 0:
        return f"{WORDS[str(century)]} hundred"
    return f"{WORDS[str(century)]} {WORDS[f'oh-{rest}' if rest < 10 else str(rest)]}"


def _date(found: re.Match[str]) -> str:
    month, day = int(found["m"]), int(found["d"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return found[0]
    return f"{speech.MONTHS_EN[month - 1]} {speech.ordinal_en(day)}, {year(int(found['y']))}"


def _time(found: re.Match[str]) -> str:
    hour, minute = int(found["h"]), int(found["min"])
    if hour > 23 or minute > 59:
        return found[0]
    if found["half"]:
        hour = hour % 12 + (12 if found["half"].lower().startswith("p") else 0)
    return _joined(speech.time(hour, minute, Language.EN))


def _coins(found: re.Match[str]) -> str:
    great, small = COINS[found["coin"]]
    whole, _, decimals = found["n"].replace(",", "").partition(".")
    said = f"{integer(whole)} {great}{'' if int(whole) == 1 else 's'}"
    if len(decimals) == 2 and int(decimals):
        cents = small if decimals == "01" else "pence" if small == "penny" else f"{small}s"
        said += f" and {integer(str(int(decimals)))} {cents}"
    return said


def _yuan(text: str) -> str:
    whole, _, decimals = text.replace(",", "").partition(".")
    if len(decimals) > 2 or int(whole) * 100 > speech.GREATEST:
        return f"{number(text)} yuan"
    fen = int(whole) * 100 + int((decimals + "00")[:2])
    return _joined(speech.money(fen, Language.EN))


def _ordinal(found: re.Match[str]) -> str:
    value = int(found[1])
    return speech.ordinal_en(value) if 0 < value < 100 else f"{integer(found[1])}th"


def _capitals(found: re.Match[str]) -> str:
    return found[0].lower() if found[0] in SPOKEN_CAPITALS else " ".join(found[0])


def _rule(
    pattern: str, say: Callable[[re.Match[str]], str], flags: re.RegexFlag = re.NOFLAG
) -> Rule:
    return re.compile(pattern, flags), say


RULES: tuple[Rule, ...] = (
    _rule(
        r"(?<![\d.])(?P<y>(?:19|20)\d\d)(?P<sep>[-/.])(?P<m>\d\d?)(?P=sep)(?P<d>\d\d?)(?!\d)", _date
    ),
    _rule(
        rf"\b({'|'.join(speech.MONTHS_EN)}) (\d\d?)(?:st|nd|rd|th)?(?:, ?(\d{{4}}))?(?!\d)",
        lambda f: (
            f"{f[1]} {speech.ordinal_en(int(f[2]))}" + (f", {year(int(f[3]))}" if f[3] else "")
        ),
    ),
    _rule(r"(?<=\d:\d\d) ?[-–~] ?(?=\d{1,2}:\d\d)", lambda _: " to "),
    _rule(
        r"(?<![\d:])(?P<h>\d{1,2}):(?P<min>\d\d)(?: ?(?P<half>[aApP]\.?[mM]\b\.?))?(?![\d:])",
        _time,
    ),
    _rule(
        r"(?<![\d:])(\d{1,2}) ?([aApP])\.?[mM]\b",
        lambda f: f"{integer(f[1])} {f[2].upper()} M",
    ),
    _rule(r"\b24/7\b", lambda _: "twenty-four seven"),
    _rule(
        r"(?<![\d.\w])(?:\+86[ -]?)?(1[3-9]\d[ -]?\d{4}[ -]?\d{4})(?![\d.]*\d)",
        lambda f: telephone(f[1]),
    ),
    _rule(r"(?<![\d.\w])([48]00[ -]?\d{3,4}[ -]?\d{3,4})(?![\d.]*\d)", lambda f: telephone(f[1])),
    _rule(r"(?<![\d.\w])(0\d{2,3})[ -]?(\d{7,8})(?![\d.]*\d)", lambda f: telephone(f[1] + f[2])),
    _rule(rf"(?P<coin>[$€£]) ?(?P<n>{NUMBER})", _coins),
    _rule(
        rf"¥ ?({NUMBER})|(?<![\d.])({NUMBER}) ?(?:yuan|RMB|CNY)\b", lambda f: _yuan(f[1] or f[2])
    ),
    _rule(rf"({NUMBER}) ?%", lambda f: f"{number(f[1])} percent"),
    _rule(
        rf"(?<![\w.])(-?)({NUMBER}) ?"
        rf"({'|'.join(sorted(map(re.escape, UNITS), key=len, reverse=True))})(?![\w])",
        lambda f: f"{'minus ' if f[1] else ''}{number(f[2])} {UNITS[f[3].lower()]}",
        re.IGNORECASE,
    ),
    _rule(r"\b(\d+)(?:st|nd|rd|th)\b", _ordinal),
    _rule(
        r"(?i:\b(number|extension|agent|code|pin|password|order|room|flight)( is|:)? )"
        r"([A-Za-z]{0,4}-?\d[A-Za-z\d-]+)(?!\.?\d)",
        lambda f: f[0][: f.start(3) - f.start()] + by_digits(f[3]),
    ),
    _rule(
        r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*",
        lambda f: mixed(f[0]),
    ),
    _rule(r"(?<![\d.,])(?:\d{9,}|0\d+|\d{4,}(?:-\d{3,})+)(?![\d.]*\d)", lambda f: by_digits(f[0])),
    _rule(
        rf"(?<![\d.])({NUMBER}) ?[-–~] ?({NUMBER})", lambda f: f"{number(f[1])} to {number(f[2])}"
    ),
    _rule(r"(?<=\bin )(?:19|20)\d\d\b(?!,?\d)", lambda f: year(int(f[0]))),
    _rule(rf"(?<!\w)-({NUMBER})", lambda f: f"minus {number(f[1])}"),
    _rule(NUMBER, lambda f: number(f[0])),
    _rule(r"(?<=[A-Za-z])\.(?=[A-Za-z]{2})", lambda _: " dot "),
    _rule(r"@", lambda _: " at "),
    _rule(r" ?#", lambda _: " hash"),
    _rule(r" ?\*", lambda _: " star"),
    _rule(r"&", lambda _: " and "),
    _rule(r"\+", lambda _: " plus "),
    _rule(r"/", lambda _: ", "),
    _rule(r"\b[A-Z]{2,5}\b", _capitals),
)


def spoken(text: str) -> str:
    """Each rule in turn; what one has put into words the next no longer sees as figures."""
    for pattern, say in RULES:
        text = pattern.sub(say, text)
    return re.sub(r" {2,}", " ", text).strip()

"""How spoken data is joined from pieces (IVR-1: say number, date, amount).

Every function returns names of pieces in the order they are played; a piece ``17`` is the sound
``lb/n/17``. The dialplan's routines say the same data by the same rules; the tables of
``test_speech.py`` bind both.

Mandarin's rules:

* 2 is 两 before 千, 万 and 亿 (两千, 两万, 两亿) and when it alone counts something (两元);
  二 everywhere else (二百, 二十, 十二).
* 10 to 19 are 十, 十一 … at the beginning and 一十, 一十一 … behind a greater place (一百一十).
* One 零 for any run of skipped places (一千零一, 一万零二十), none at the end (一百二十).
* Years digit by digit (二〇二六年); telephone numbers, codes and staff numbers digit by digit with
  幺 for 1.
"""

from __future__ import annotations

import datetime as dt
import string

from linebox.model.languages import Language

GREATEST = 999_999_999
"""The greatest number that can be said, in fen as well as plain."""

GAP = "gap"
"""A short silence between the groups of a telephone number or code."""

DIGITS_ZH = "零一二三四五六七八九"

WORDS_EN = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
TENS_EN = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
MONTHS_EN = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ORDINALS_EN = {
    1: "first",
    2: "second",
    3: "third",
    5: "fifth",
    8: "eighth",
    9: "ninth",
    12: "twelfth",
}


def sound(piece: str) -> str:
    """The piece's name for Playback."""
    return f"lb/n/{piece}"


def number(value: int, language: Language, *, counted: bool = False) -> list[str]:
    """A quantity. ``counted``: a measure word follows (元, 位), so a lone 2 is 两.

    Raises ValueError beyond ±GREATEST."""
    if abs(value) > GREATEST:
        raise ValueError(f"too great to be said: {value}")
    if value < 0:
        return ["minus", *number(-value, language, counted=counted)]
    match language:
        case Language.ZH:
            return _number_zh(value, counted=counted)
        case Language.EN:
            return _number_en(value)


def _number_zh(value: int, *, counted: bool) -> list[str]:
    if value == 2 and counted:
        return ["liang"]
    if value < 10_000:
        return _section_zh(value)
    said: list[str] = []
    for place, unit in ((100_000_000, "yi"), (10_000, "wan")):
        count, value = divmod(value, place)
        if count:
            if count == 2:
                said += ["0", "liang", unit] if said else ["liang", unit]
            else:
                said += [*(_behind_zh(count) if said else _section_zh(count)), unit]
    return said + _behind_zh(value)


def _section_zh(value: int) -> list[str]:
    """0 to 9999 at the beginning of a number."""
    if value < 100:
        return [str(value)]
    if value < 1000:
        return [str(value // 100 * 100), *_rest_zh(value % 100, 10)]
    return [str(value // 1000 * 1000), *_rest_zh(value % 1000, 100)]


def _behind_zh(value: int) -> list[str]:
    """0 to 9999 behind 亿 or 万."""
    return _rest_zh(value, 1000)


def _rest_zh(value: int, place: int) -> list[str]:
    """What follows a greater place; ``place`` is the next one below it, 零 if it is skipped."""
    if value == 0:
        return []
    zero = ["0"] if value < place else []
    if 10 <= value < 20:
        return [*zero, f"t{value}"]
    return zero + _section_zh(value)


def _number_en(value: int) -> list[str]:
    if value < 100:
        return [str(value)]
    said: list[str] = []
    for place, unit in ((1_000_000, "million"), (1000, "thousand")):
        count, value = divmod(value, place)
        if count:
            said += [*_number_en(count), unit]
    if value >= 100:
        said.append(str(value // 100 * 100))
        value %= 100
    return said + ([str(value)] if value else [])


def _digit(digit: str, language: Language) -> str:
    return "yao" if language is Language.ZH and digit == "1" else digit


def digits(text: str, language: Language) -> list[str]:
    """A telephone number, grouped as it is spoken. All but 0–9 is left out (a leading +86 too)."""
    plain = "".join(c for c in text.removeprefix("+86") if c in string.digits)
    said: list[str] = []
    start = 0
    for length in _grouping(plain):
        if said:
            said.append(GAP)
        said += [_digit(d, language) for d in plain[start : start + length]]
        start += length
    return said


def _grouping(plain: str) -> tuple[int, ...]:
    """Lengths of the groups: 138-0013-8000, 400-800-1234, 010-6512-3456, 0755-8201-2345."""
    length = len(plain)
    if length == 11 and plain[0] == "1":
        return (3, 4, 4)
    if length == 10 and plain[:3] in ("400", "800"):
        return (3, 3, 4)
    if length in (11, 12) and plain[0] == "0":
        area = 3 if plain[1] in "12" else 4
        return (area, length - area - 4, 4)
    if length <= 5:
        return (length,)
    return (*[4] * (length // 4), *([length % 4] if length % 4 else []))


def grouping(length: int) -> tuple[int, ...]:
    """How a run of so many digits is parted when it is said one by one."""
    if length <= 5:
        return (length,)
    if length <= 7:
        return (3, length - 3)
    fours, rest = divmod(length, 4)
    if rest == 1:
        return (*[4] * (fours - 1), 5)
    return (*[4] * fours, *([rest] if rest else []))


def code(text: str, language: Language) -> list[str]:
    """Letters and digits one by one (order code, plate's Latin part, staff number).

    A gap stands for every run of other characters, between letters and digits, and after each
    fourth of a longer run."""
    said: list[str] = []
    run = 0
    last = ""
    for char in text.lower():
        if char not in string.ascii_lowercase and char not in string.digits:
            last = ""
            continue
        breaks = last == "" or last.isdigit() != char.isdigit() or run == 4
        if breaks:
            run = 0
            if said:
                said.append(GAP)
        said.append(_digit(char, language))
        run += 1
        last = char
    return said


def date(
    day: dt.date, language: Language, *, year: bool = True, weekday: bool = False
) -> list[str]:
    """A day of 2000 to 2099 (ValueError beyond)."""
    if not 2000 <= day.year <= 2099:
        raise ValueError(f"year can't be said: {day.year}")
    named = [f"weekday-{day.isoweekday()}"] if weekday else []
    month_day = [f"month-{day.month}", f"day-{day.day}"]
    match language:
        case Language.ZH:
            spelled = [*str(day.year), "year"] if year else []
            return [*spelled, *month_day, *named]
        case Language.EN:
            if not year:
                spelled = []
            elif day.year < 2010:
                spelled = _number_en(day.year)
            else:
                spelled = [str(day.year // 100), str(day.year % 100)]
            return [*named, *month_day, *spelled]


def time(hour: int, minute: int, language: Language) -> list[str]:
    """A time of day by the twelve-hour clock: 下午 三点 二十五分; 3 25 PM."""
    match language:
        case Language.ZH:
            if hour == 12:
                return ["noon", "hour-12", f"minute-{minute}"]
            if hour < 6:
                part = "dawn"
            elif hour < 12:
                part = "morning"
            elif hour < 18:
                part = "afternoon"
            else:
                part = "evening"
            return [part, f"hour-{hour % 12}", f"minute-{minute}"]
        case Language.EN:
            half = "am" if hour < 12 else "pm"
            minutes = [] if minute == 0 else [f"oh-{minute}" if minute < 10 else str(minute)]
            return [str(hour % 12 or 12), *minutes, half]


def money(fen: int, language: Language) -> list[str]:
    """An amount in fen: 十二元三角四分, 十二元零五分, 五角; 12 yuan and 34 fen."""
    if fen < 0:
        return ["minus", *money(-fen, language)]
    yuan, rest = divmod(fen, 100)
    match language:
        case Language.ZH:
            said = [*number(yuan, language, counted=True), "yuan"] if yuan or not rest else []
            jiao, single = divmod(rest, 10)
            if jiao:
                said += [*number(jiao, language, counted=True), "jiao"]
            elif single and yuan:
                said.append("0")
            if single:
                said += [*number(single, language, counted=True), "fen"]
            return said
        case Language.EN:
            if not rest:
                return [*number(yuan, language), "yuan"]
            small = [str(rest), "fen"]
            return [*number(yuan, language), "yuan", "and", *small] if yuan else small


def saycdigits(language: Language) -> list[str]:
    """Pieces that say.c of Asterisk 22 plays under ``digits/`` (ast_say_number_full_zh, _en)."""
    tens = [str(n) for n in range(20, 100, 10)]
    match language:
        case Language.ZH:
            return [str(n) for n in range(11)] + tens
        case Language.EN:
            return [str(n) for n in range(20)] + tens


def pieces(language: Language) -> dict[str, str]:
    """The regular series of pieces and what each says; builtin.toml has the other words."""
    match language:
        case Language.ZH:
            return _pieces_zh()
        case Language.EN:
            return _pieces_en()


def _letters() -> dict[str, str]:
    return {c: c.upper() for c in string.ascii_lowercase}


def two_digits_zh(value: int) -> str:
    """0 to 99 in characters: 零, 十一, 二十."""
    tens, ones = divmod(value, 10)
    if tens == 0:
        return DIGITS_ZH[ones]
    return ("" if tens == 1 else DIGITS_ZH[tens]) + "十" + (DIGITS_ZH[ones] if ones else "")


def _pieces_zh() -> dict[str, str]:
    said = {str(n): two_digits_zh(n) for n in range(100)}
    said |= {f"t{n}": "一" + two_digits_zh(n) for n in range(10, 20)}
    said |= {str(n * 100): DIGITS_ZH[n] + "百" for n in range(1, 10)}
    said |= {str(n * 1000): ("两" if n == 2 else DIGITS_ZH[n]) + "千" for n in range(1, 10)}
    said |= {f"month-{n}": two_digits_zh(n) + "月" for n in range(1, 13)}
    said |= {f"day-{n}": two_digits_zh(n) + "日" for n in range(1, 32)}
    said |= {f"weekday-{n}": "星期" + "一二三四五六日"[n - 1] for n in range(1, 8)}
    said |= {f"hour-{n}": ("两" if n == 2 else two_digits_zh(n)) + "点" for n in range(13)}
    said |= {"minute-0": "整"}
    said |= {f"minute-{n}": "零" * (n < 10) + two_digits_zh(n) + "分" for n in range(1, 60)}
    return said | _letters()


def two_digits_en(value: int) -> str:
    """0 to 99 in words: zero, eleven, twenty-one."""
    if value < 20:
        return WORDS_EN[value]
    tens, ones = divmod(value, 10)
    return TENS_EN[tens - 2] + (f"-{WORDS_EN[ones]}" if ones else "")


def ordinal_en(value: int) -> str:
    """1 to 99: first, twentieth, twenty-first."""
    tens, ones = divmod(value, 10)
    if value < 20 or not ones:
        plain = two_digits_en(value)
        return ORDINALS_EN.get(value, (plain[:-1] + "ie" if plain[-1] == "y" else plain) + "th")
    return f"{TENS_EN[tens - 2]}-{ordinal_en(ones)}"


def _pieces_en() -> dict[str, str]:
    said = {str(n): two_digits_en(n) for n in range(100)}
    said |= {str(n * 100): f"{WORDS_EN[n]} hundred" for n in range(1, 10)}
    said |= {f"month-{n}": MONTHS_EN[n - 1] for n in range(1, 13)}
    said |= {f"day-{n}": ordinal_en(n) for n in range(1, 32)}
    said |= {f"weekday-{n}": WEEKDAYS_EN[n - 1] for n in range(1, 8)}
    said |= {f"oh-{n}": f"oh {WORDS_EN[n]}" for n in range(1, 10)}
    return said | _letters()

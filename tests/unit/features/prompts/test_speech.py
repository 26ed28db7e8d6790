"""The tables that bind speech.py and the dialplan's say-routines."""

import datetime as dt
import functools

import pytest

from linebox.features.prompts import builtin, speech
from linebox.model.languages import Language

ZH, EN = Language.ZH, Language.EN


@functools.cache
def words_of(language: Language) -> dict[str, str]:
    words = {
        s.name.removeprefix("lb/n/"): s.text for s in builtin.sounds() if s.language is language
    }
    return words | {speech.GAP: "-" if language is ZH else ","}


def said(pieces: list[str], language: Language) -> str:
    """What is heard: characters without spaces, English words with them."""
    words = words_of(language)
    return ("" if language is ZH else " ").join(words[p] for p in pieces)


NUMBERS = [
    (0, "零", "zero"),
    (2, "二", "two"),
    (10, "十", "ten"),
    (12, "十二", "twelve"),
    (20, "二十", "twenty"),
    (22, "二十二", "twenty-two"),
    (99, "九十九", "ninety-nine"),
    (100, "一百", "one hundred"),
    (101, "一百零一", "one hundred one"),
    (110, "一百一十", "one hundred ten"),
    (112, "一百一十二", "one hundred twelve"),
    (120, "一百二十", "one hundred twenty"),
    (200, "二百", "two hundred"),
    (222, "二百二十二", "two hundred twenty-two"),
    (1000, "一千", "one thousand"),
    (1001, "一千零一", "one thousand one"),
    (1010, "一千零一十", "one thousand ten"),
    (1100, "一千一百", "one thousand one hundred"),
    (2000, "两千", "two thousand"),
    (2200, "两千二百", "two thousand two hundred"),
    (2002, "两千零二", "two thousand two"),
    (9999, "九千九百九十九", "nine thousand nine hundred ninety-nine"),
    (10000, "一万", "ten thousand"),
    (10001, "一万零一", "ten thousand one"),
    (10012, "一万零一十二", "ten thousand twelve"),
    (10020, "一万零二十", "ten thousand twenty"),
    (10100, "一万零一百", "ten thousand one hundred"),
    (12000, "一万两千", "twelve thousand"),
    (20000, "两万", "twenty thousand"),
    (22000, "两万两千", "twenty-two thousand"),
    (100000, "十万", "one hundred thousand"),
    (110000, "十一万", "one hundred ten thousand"),
    (120005, "十二万零五", "one hundred twenty thousand five"),
    (1000000, "一百万", "one million"),
    (2020000, "二百零二万", "two million twenty thousand"),
    (20000000, "两千万", "twenty million"),
    (100000000, "一亿", "one hundred million"),
    (100020000, "一亿零两万", "one hundred million twenty thousand"),
    (200000000, "两亿", "two hundred million"),
    (
        120120012,
        "一亿两千零一十二万零一十二",
        "one hundred twenty million one hundred twenty thousand twelve",
    ),
    (-5, "负五", "minus five"),
]


@pytest.mark.req("IVR-1")
@pytest.mark.parametrize(("value", "zh", "en"), NUMBERS)
def test_number_is_said_as_people_say_it(value: int, zh: str, en: str) -> None:
    assert said(speech.number(value, ZH), ZH) == zh
    assert said(speech.number(value, EN), EN) == en


@pytest.mark.parametrize(("value", "zh"), [(2, "两"), (12, "十二"), (22, "二十二"), (200, "二百")])
def test_lone_two_that_counts_is_liang(value: int, zh: str) -> None:
    assert said(speech.number(value, ZH, counted=True), ZH) == zh


@pytest.mark.parametrize("language", list(Language))
def test_every_number_has_its_pieces(language: Language) -> None:
    for value in [*range(12_000), *range(12_000, speech.GREATEST, 999_983)]:
        assert said(speech.number(value, language), language)


@pytest.mark.parametrize("language", list(Language))
def test_number_beyond_the_greatest_is_refused(language: Language) -> None:
    with pytest.raises(ValueError, match="too great"):
        speech.number(speech.GREATEST + 1, language)


def _value_of(text: str) -> int:
    """A reader of Chinese numbers, independent of the speaker."""
    total = section = digit = 0
    for char in text:
        if char in "零一二三四五六七八九":
            digit = "零一二三四五六七八九".index(char)
        elif char == "两":
            digit = 2
        elif char in "十百千":
            section += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[char]
            digit = 0
        else:
            total = (total + section + digit) * {"万": 10_000, "亿": 100_000_000}[char]
            section = digit = 0
    return total + section + digit


def test_spoken_chinese_number_reads_back_to_itself() -> None:
    for value in [*range(1, 30_000), *range(30_000, 99_999_999, 98_765)]:
        assert _value_of(said(speech.number(value, ZH), ZH)) == value


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        (
            "13800138000",
            "幺三八-零零幺三-八零零零",
            "one three eight , zero zero one three , eight zero zero zero",
        ),
        ("+8613800138000", "幺三八-零零幺三-八零零零", None),
        ("4008001234", "四零零-八零零-幺二三四", None),
        ("01065123456", "零幺零-六五幺二-三四五六", None),
        ("075582012345", "零七五五-八二零幺-二三四五", None),
        ("07558201234", "零七五五-八二零-幺二三四", None),
        ("95588", "九五五八八", "nine five five eight eight"),
        ("8001", "八零零幺", None),
        ("138-0013 8000", "幺三八-零零幺三-八零零零", None),
        ("123456", "幺二三四-五六", None),
        ("", "", ""),
    ],
)
def test_telephone_number_is_grouped(text: str, zh: str, en: str | None) -> None:
    assert said(speech.digits(text, ZH), ZH) == zh
    if en is not None:
        assert said(speech.digits(text, EN), EN) == en


@pytest.mark.parametrize(
    ("text", "zh"),
    [
        ("1001", "幺零零幺"),
        ("SO20261122-0017", "SO-二零二六-幺幺二二-零零幺七"),
        ("A1B2", "A-幺-B-二"),
        ("AB--9", "AB-九"),
        ("--9", "九"),
        ("12345", "幺二三四-五"),
    ],
)
def test_code_is_said_one_by_one(text: str, zh: str) -> None:
    assert said(speech.code(text, ZH), ZH) == zh


@pytest.mark.parametrize(
    ("day", "zh", "en"),
    [
        (
            dt.date(2026, 11, 22),
            "二零二六年十一月二十二日星期日",
            "Sunday November twenty-second twenty twenty-six",
        ),
        (
            dt.date(2026, 1, 1),
            "二零二六年一月一日星期四",
            "Thursday January first twenty twenty-six",
        ),
        (
            dt.date(2005, 10, 31),
            "二零零五年十月三十一日星期一",
            "Monday October thirty-first two thousand five",
        ),
        (dt.date(2010, 2, 12), "二零一零年二月十二日星期五", "Friday February twelfth twenty ten"),
    ],
)
def test_date(day: dt.date, zh: str, en: str) -> None:
    assert said(speech.date(day, ZH, weekday=True), ZH) == zh
    assert said(speech.date(day, EN, weekday=True), EN) == en


def test_date_without_year() -> None:
    day = dt.date(2026, 2, 3)
    assert said(speech.date(day, ZH, year=False), ZH) == "二月三日"
    assert said(speech.date(day, EN, year=False), EN) == "February third"


@pytest.mark.parametrize("year", [1999, 2100])
def test_year_out_of_range_is_refused(year: int) -> None:
    with pytest.raises(ValueError, match="year"):
        speech.date(dt.date(year, 1, 1), ZH)


@pytest.mark.parametrize(
    ("hour", "minute", "zh", "en"),
    [
        (0, 0, "凌晨零点整", "twelve AM"),
        (0, 5, "凌晨零点零五分", "twelve oh five AM"),
        (2, 30, "凌晨两点三十分", "two thirty AM"),
        (6, 0, "上午六点整", "six AM"),
        (11, 59, "上午十一点五十九分", "eleven fifty-nine AM"),
        (12, 0, "中午十二点整", "twelve PM"),
        (12, 10, "中午十二点十分", "twelve ten PM"),
        (13, 2, "下午一点零二分", "one oh two PM"),
        (14, 22, "下午两点二十二分", "two twenty-two PM"),
        (18, 0, "晚上六点整", "six PM"),
        (23, 59, "晚上十一点五十九分", "eleven fifty-nine PM"),
    ],
)
def test_time(hour: int, minute: int, zh: str, en: str) -> None:
    assert said(speech.time(hour, minute, ZH), ZH) == zh
    assert said(speech.time(hour, minute, EN), EN) == en


def test_every_minute_of_the_day_has_its_pieces() -> None:
    for language in Language:
        for minute in range(24 * 60):
            assert said(speech.time(*divmod(minute, 60), language), language)


@pytest.mark.parametrize(
    ("fen", "zh", "en"),
    [
        (0, "零元", "zero yuan"),
        (2, "两分", "two fen"),
        (5, "五分", "five fen"),
        (20, "两角", "twenty fen"),
        (25, "两角五分", "twenty-five fen"),
        (100, "一元", "one yuan"),
        (200, "两元", "two yuan"),
        (205, "两元零五分", "two yuan and five fen"),
        (1200, "十二元", "twelve yuan"),
        (1230, "十二元三角", "twelve yuan and thirty fen"),
        (1234, "十二元三角四分", "twelve yuan and thirty-four fen"),
        (20000, "二百元", "two hundred yuan"),
        (123450, "一千二百三十四元五角", "one thousand two hundred thirty-four yuan and fifty fen"),
        (-1200, "负十二元", "minus twelve yuan"),
    ],
)
def test_money(fen: int, zh: str, en: str) -> None:
    assert said(speech.money(fen, ZH), ZH) == zh
    assert said(speech.money(fen, EN), EN) == en


@pytest.mark.parametrize(
    ("length", "groups"),
    [(4, (4,)), (5, (5,)), (6, (3, 3)), (7, (3, 4)), (8, (4, 4)), (9, (4, 5)), (12, (4, 4, 4))],
)
def test_long_run_is_parted_without_a_lone_digit(length: int, groups: tuple[int, ...]) -> None:
    assert speech.grouping(length) == groups

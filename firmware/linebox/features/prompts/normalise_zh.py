"""Figures and signs in Mandarin texts; see ``normalise.py``."""

from __future__ import annotations

import re
from collections.abc import Callable

from linebox.features.prompts import codes, speech
from linebox.model.languages import Language

Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]

WORDS = speech.pieces(Language.ZH) | {
    **{"wan": "万", "yi": "亿", "liang": "两", "yao": "幺", "minus": "负"},
    **{"yuan": "元", "jiao": "角", "fen": "分", speech.GAP: "，"},
}

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

# 2 is 两 before these (not before 楼 号 栋 月 日: ordinals).
MEASURES = (
    "个|位|名|条|件|次|天|年|周|小时|分钟|分|秒|点|元|块|角|毛|斤|公斤|千克|公里|千米|米|厘米|岁|种|台|辆|份|家|箱|瓶|盒|"
    "本|张|倍|万|千|亿|项|遍|人|只|间|套|批|节|句|段|场|站|颗|吨|升|克|平方米|步|笔|单|场|袋|包|把|双|对|组|支|轮|折|晚|半"
)

UNITS = {
    **{"km/h": "公里每小时", "m/s": "米每秒", "kwh": "千瓦时", "kw": "千瓦", "km": "公里"},
    **{"kg": "公斤", "mg": "毫克", "ml": "毫升", "mm": "毫米", "cm": "厘米", "m2": "平方米"},
    **{"m²": "平方米", "㎡": "平方米", "m³": "立方米", "m3": "立方米", "℃": "摄氏度"},
    **{"°c": "摄氏度", "°": "度", "min": "分钟", "g": "克", "m": "米", "l": "升", "h": "小时"},
    **{"s": "秒", "t": "吨", "L": "升"},
}
# 5G is no weight and 4S no time: units of one letter only as they are written.
UNIT = "|".join(
    re.escape(unit) if len(unit) == 1 else f"(?i:{re.escape(unit)})"
    for unit in sorted(UNITS, key=len, reverse=True)
)
SPOKEN_CAPITALS = {"APP": "app", "PIN": "pin", "OK": "okay", "WIFI": "wifi", "WWW": "W W W"}

NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
# What follows these is said digit by digit.
NAMED = (
    "分机号|分机|工号|转接|密码|验证码|编号|单号|订单号|订单|运单号|流水号|卡号|尾号|账号|邮编|房间号|号码|电话|热线|致电|拨打|"
    "手机号|手机|微信号|微信|客服|拨"
)


def by_digits(text: str) -> str:
    """Letters and digits one by one, 幺 for 1; a comma between groups of a long one."""
    return "，".join(
        "".join("幺" if d == "1" else WORDS[d] for d in group) if group.isdigit() else group
        for group in codes.groups(text)
    )


def mixed(text: str) -> str:
    """A name or code of letters and digits: ``A4`` → A 四, ``iPhone15`` → iPhone 十五."""
    return codes.mixed(text, integer=integer, by_digits=by_digits)


def telephone(text: str) -> str:
    return _joined(speech.digits(text, Language.ZH))


def _joined(pieces: list[str]) -> str:
    said = "".join(f" {w} " if (w := WORDS[p]).isascii() else w for p in pieces)
    return re.sub(r" +", " ", said).strip()


def integer(digits: str, *, counted: bool = False) -> str:
    """A quantity; digit by digit if it is too great or begins with 0."""
    plain = digits.replace(",", "")
    if (plain.startswith("0") and len(plain) > 1) or int(plain) > speech.GREATEST:
        return by_digits(plain)
    return "".join(WORDS[p] for p in speech.number(int(plain), Language.ZH, counted=counted))


def year(digits: str) -> str:
    return "".join("〇" if d == "0" else WORDS[d] for d in digits)


def number(text: str, *, counted: bool = False) -> str:
    """``3.14`` → 三点一四, ``2`` → 二 or, counted, 两."""
    whole, _, decimals = text.replace(",", "").partition(".")
    if not decimals:
        return integer(whole, counted=counted)
    return f"{integer(whole)}点{''.join(WORDS[d] for d in decimals)}"


def money(text: str) -> str:
    """``12.50`` → 十二元五角; with more than two places: 十二点三四五元."""
    plain = text.replace(",", "")
    whole, _, decimals = plain.partition(".")
    if len(decimals) > 2 or int(whole) * 100 > speech.GREATEST:
        return f"{number(plain, counted=True)}元"
    fen = int(whole) * 100 + int((decimals + "00")[:2])
    return "".join(WORDS[p] for p in speech.money(fen, Language.ZH))


def _date(found: re.Match[str]) -> str:
    y, m, d = found["y"], int(found["m"]), int(found["d"])
    if not (1 <= m <= 12 and 1 <= d <= 31):
        return found[0]
    said = f"{year(y)}年" if y else ""
    return f"{said}{integer(str(m))}月{integer(str(d))}{found['end'] or '日'}"


def _time(found: re.Match[str]) -> str:
    hour, minute = int(found["h"]), int(found["min"])
    if hour > 24 or minute > 59:
        return found[0]
    said = integer(str(hour), counted=True) + "点"
    if minute:
        said += ("零" if minute < 10 else "") + integer(str(minute)) + "分"
    elif not found["sec"] and "到" not in found.string[max(0, found.start() - 1) : found.end() + 1]:
        said += "整"
    if found["sec"] and (second := int(found["sec"])):
        said += ("零" if second < 10 else "") + integer(str(second)) + "秒"
    return said


def _unit(found: re.Match[str]) -> str:
    unit = UNITS.get(found["u"]) or UNITS[found["u"].lower()]
    minus = "" if not found["minus"] else "零下" if unit == "摄氏度" else "负"
    return minus + number(found["n"], counted=True) + unit


def _capitals(found: re.Match[str]) -> str:
    word = found[0].upper()
    return SPOKEN_CAPITALS.get(word) or " ".join(found[0])


def _counted(found: re.Match[str]) -> str:
    return number(found["n"], counted=True)


def _rule(
    pattern: str, say: Callable[[re.Match[str]], str], flags: re.RegexFlag = re.NOFLAG
) -> Rule:
    return re.compile(pattern, flags), say


ALONE = r"(?<![\d.A-Za-z])"
END = r"(?![\d.]*\d|[A-Za-z])"

RULES: tuple[Rule, ...] = (
    # dates
    _rule(
        rf"{ALONE}(?P<y>(?:19|20)\d\d)(?P<sep>[-/.])(?P<m>\d\d?)(?P=sep)(?P<d>\d\d?)(?P<end>)(?!\d)",
        _date,
    ),
    _rule(r"(?:(?P<y>\d{4})年)?(?P<m>\d\d?)月(?P<d>\d\d?)(?P<end>[日号])", _date),
    _rule(r"(?<!\d)(\d{4})(?=年(?![假级期薪内后前以]))", lambda f: year(f[1])),
    _rule(r"(?<!\d)(\d{1,2})(?=月)", lambda f: integer(f[1])),
    # times, from–to first
    _rule(r"(?<=\d:\d\d) ?[-~—–至] ?(?=\d{1,2}:\d\d)", lambda _: "到"),
    _rule(r"(?<![\d:])(?P<h>\d{1,2}):(?P<min>\d\d)(?::(?P<sec>\d\d))?(?![\d:])", _time),
    # plates
    _rule(
        rf"([{PROVINCES}])([A-Z])[·. -]?([A-Z0-9]{{5,6}})(?![A-Za-z0-9])",
        lambda f: f"{f[1]} {f[2]}，{by_digits(f[3])}",
    ),
    # telephone numbers
    _rule(
        rf"{ALONE}(?:\+86[ -]?)?(1[3-9]\d[ -]?\d{{4}}[ -]?\d{{4}}){END}", lambda f: telephone(f[1])
    ),
    _rule(rf"{ALONE}([48]00[ -]?\d{{3,4}}[ -]?\d{{3,4}}){END}", lambda f: telephone(f[1])),
    _rule(
        rf"{ALONE}[(（]?(0\d{{2,3}})[)）]?[ -]?(\d{{7,8}})(?:(?:[-转]| 转)(\d{{2,5}}))?{END}",
        lambda f: telephone(f[1] + f[2]) + (f"，转，{by_digits(f[3])}" if f[3] else ""),
    ),
    # money
    _rule(rf"\$ ?({NUMBER})", lambda f: f"{number(f[1], counted=True)}美元"),
    _rule(rf"¥ ?({NUMBER})(?![\d万亿])", lambda f: money(f[1])),
    _rule(rf"¥ ?({NUMBER})([万亿])", lambda f: f"{number(f[1], counted=True)}{f[2]}元"),
    _rule(rf"(?<![\d.])({NUMBER})(?:元|RMB)/", lambda f: f"{money(f[1])}每"),
    _rule(rf"(?<![\d.])({NUMBER}) ?(?:元|RMB)", lambda f: money(f[1])),
    # per cent, temperature and other units
    _rule(rf"(-?)({NUMBER})%", lambda f: f"{'负' if f[1] else ''}百分之{number(f[2])}"),
    _rule(rf"(-?)({NUMBER})‰", lambda f: f"{'负' if f[1] else ''}千分之{number(f[2])}"),
    _rule(
        rf"(?<![A-Za-z\d.])(?P<minus>-)?(?P<n>{NUMBER}) ?"
        rf"(?P<u>{UNIT})(?![A-Za-z0-9])",
        _unit,
    ),
    # what is named before
    _rule(
        rf"((?:{NAMED})(?:是|为|[:：]|[ ]){{0,2}})([A-Za-z]{{0,4}}-?\d[A-Za-z\d-]*)(?!\.?\d)"
        rf"(?! ?(?:{MEASURES}))",
        lambda f: f[1] + by_digits(f[2]),
    ),
    _rule(rf"(转|按)(\d{{3,}})(?!\d| ?(?:{MEASURES}))", lambda f: f[1] + by_digits(f[2])),
    # codes: letters and digits mixed, long or beginning with 0
    _rule(
        r"(?<![A-Za-z0-9-])(?=[A-Za-z0-9-]*\d)(?=[A-Za-z0-9-]*[A-Za-z])[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*",
        lambda f: mixed(f[0]),
    ),
    _rule(r"(?<![\d.,])\d{4,}(?:-\d{3,})+(?![\d.])", lambda f: by_digits(f[0])),
    _rule(r"(?<![\d.,])(?:\d{9,}|0\d+)(?![\d.,])", lambda f: by_digits(f[0])),
    _rule(
        rf"(?<![\d.,])(?:95\d{{3}}|100\d\d|12[13]\d\d)(?![\d.,]| ?(?:{MEASURES}))",
        lambda f: by_digits(f[0]),
    ),
    # ranges, ratios, fractions
    _rule(
        rf"(?<![\d.])({NUMBER}) ?[-~—–至到] ?({NUMBER})(?= ?(?:{MEASURES}))",
        lambda f: f"{number(f[1], counted=True)}到{number(f[2], counted=True)}",
    ),
    _rule(
        rf"(?<![\d.])({NUMBER}) ?[-~—–] ?({NUMBER})", lambda f: f"{number(f[1])}到{number(f[2])}"
    ),
    _rule(r"(?<!\d)(\d+)/(\d+)(?!\d)", lambda f: f"{integer(f[2])}分之{integer(f[1])}"),
    _rule(r"(?<!\d)(\d+):(\d+)(?!\d)", lambda f: f"{integer(f[1])}比{integer(f[2])}"),
    # plain numbers
    _rule(rf"第({NUMBER})", lambda f: f"第{number(f[1])}"),
    _rule(rf"(?<![\d.])(?P<n>{NUMBER})(?= ?(?:{MEASURES}))", _counted),
    _rule(rf"(?<![\w])-({NUMBER})", lambda f: f"负{number(f[1])}"),
    _rule(NUMBER, lambda f: number(f[0])),
    # addresses, signs, capitals
    _rule(r"(?<=[A-Za-z])\.(?=[A-Za-z])", lambda _: " 点 "),
    _rule(r"@", lambda _: " at "),
    _rule(r"#键?", lambda _: "井号键"),
    _rule(r"\*键?", lambda _: "星号键"),
    _rule(r"(?<=\S) ?& ?(?=\S)", lambda _: "和"),
    _rule(r"(?<=\S) ?\+ ?(?=\S)", lambda _: "加"),
    _rule(r"/", lambda _: "，"),
    _rule(r"(?<![A-Za-z])(?:[A-Z]{2,5}|(?i:wifi|www))(?![A-Za-z])", _capitals),
)


def spoken(text: str) -> str:
    """Each rule in turn; what one has put into words the next no longer sees as figures."""
    for pattern, say in RULES:
        text = pattern.sub(say, text)
    return text

"""Text → symbols of the voice model (Kokoro-82M's: IPA with arrows for Mandarin's tones).

Mandarin: jieba's words, pypinyin's syllables, this module's tone sandhi and symbols. Latin words
and English: espeak-ng's IPA in Kokoro's notation. The text comes from ``normalise.py``: it has no
figures in it.
"""

from __future__ import annotations

import functools
import logging
import re
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from types import MappingProxyType

from linebox.model.languages import Language

HAN = "\u4e00-\u9fff〇"
NUMERALS = "零〇一二三四五六七八九十百千万亿两幺点"

PUNCTUATION = str.maketrans(
    {
        **dict.fromkeys("，、", ","),
        **dict.fromkeys("。．", "."),
        **{"！": "!", "？": "?", "；": ";", "：": ":", "（": ",", "）": ","},
        **{"(": ",", ")": ",", "《": "“", "》": "”", "—": ",", "…": ".", "\n": "."},
    }
)

# Words that the dictionaries read wrongly.
WORDS = {
    "重听": ("chong2", "ting1"),
    "重拨": ("chong2", "bo1"),
    "重播": ("chong2", "bo1"),
    "重输": ("chong2", "shu1"),
    "行长": ("hang2", "zhang3"),
    "长按": ("chang2", "an4"),
    "着急": ("zhao2", "ji2"),
    "二〇": ("er4", "ling2"),
    "还款": ("huan2", "kuan3"),
    "分机": ("fen1", "ji1"),
}

INITIALS = {
    **{"b": "p", "p": "pʰ", "m": "m", "f": "f", "d": "t", "t": "tʰ", "n": "n", "l": "l"},
    **{"g": "k", "k": "kʰ", "h": "x", "j": "ʨ", "q": "ʨʰ", "x": "ɕ", "zh": "ꭧ", "ch": "ꭧʰ"},
    **{"sh": "ʂ", "r": "ɻ", "z": "ʦ", "c": "ʦʰ", "s": "s", "": ""},
}
# "0" is where the tone's arrow goes.
FINALS = {
    **{"a": "a0", "ai": "ai0", "an": "a0n", "ang": "a0ŋ", "ao": "au0", "e": "ɤ0", "ei": "ei0"},
    **{"en": "ə0n", "eng": "ə0ŋ", "i": "i0", "ia": "ja0", "ian": "jɛ0n", "iang": "ja0ŋ"},
    **{"iao": "jau0", "ie": "je0", "in": "i0n", "iou": "jou0", "ing": "i0ŋ", "iong": "jʊ0ŋ"},
    **{"ong": "ʊ0ŋ", "ou": "ou0", "u": "u0", "uei": "wei0", "ua": "wa0", "uai": "wai0"},
    **{"uan": "wa0n", "uen": "wə0n", "uang": "wa0ŋ", "ueng": "wə0ŋ", "uo": "wo0", "o": "wo0"},
    **{"v": "y0", "ve": "ɥe0", "van": "ɥɛ0n", "vn": "y0n", "er": "ɚ0", "ê": "ɛ0", "-i": "ɨ0"},
}
TONES = {"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": ""}

PAUSES_S = {",": 0.2, ";": 0.3, ":": 0.3, ".": 0.42, "!": 0.42, "?": 0.42}

LETTERS = {
    **{"A": "ˈA", "B": "bˈi", "C": "sˈi", "D": "dˈi", "E": "ˈi", "F": "ˈɛf", "G": "ʤˈi"},
    **{"H": "ˈAʧ", "I": "ˈI", "J": "ʤˈA", "K": "kˈA", "L": "ˈɛl", "M": "ˈɛm", "N": "ˈɛn"},
    **{"O": "ˈO", "P": "pˈi", "Q": "kjˈu", "R": "ˈɑɹ", "S": "ˈɛs", "T": "tˈi", "U": "jˈu"},
    **{"V": "vˈi", "W": "dˈʌbəlju", "X": "ˈɛks", "Y": "wˈI", "Z": "zˈi"},
}

# espeak-ng's IPA (with ties) → Kokoro's American English (misaki's table E2M).
ESPEAK = (
    *(("ʔˌn\u0329", "tn"), ("ʔn\u0329", "tn"), ("ʔn", "tn"), ("a^ɪ", "I"), ("a^ʊ", "W")),
    *(("d^ʒ", "ʤ"), ("e^ɪ", "A"), ("t^ʃ", "ʧ"), ("ɔ^ɪ", "Y"), ("ə^l", "ᵊl"), ("o^ʊ", "O")),
    *(("ʲo", "jo"), ("ʲə", "jə"), ("ʲ", ""), ("ʔ", "t"), ("e", "A"), ("ɚ", "əɹ"), ("r", "ɹ")),
    *(("x", "k"), ("ç", "k"), ("ɐ", "ə"), ("ɬ", "l"), ("\u0303", ""), ("ɜːɹ", "ɜɹ")),
    *(("ɜː", "ɜɹ"), ("ɪə", "iə"), ("ː", ""), ("o", "ɔ"), ("^", ""), ("\u0329", "")),
)


@functools.cache
def espeak(text: str) -> str:
    """IPA of one English phrase; raises OSError or CalledProcessError when espeak-ng can't."""
    done = subprocess.run(
        ["espeak-ng", "-q", "--ipa", "--tie=^", "-v", "en-us", "--", text],
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    return " ".join(done.stdout.split())


type Readings = Mapping[str, tuple[str, ...]]


def clauses(
    text: str, language: Language, readings: Readings = MappingProxyType({})
) -> list[tuple[str, float]]:
    """The model's symbols of a normalised text, part by part, and the pause in s that follows each.

    ``readings``: words whose syllables the owner has said.
    Mandarin is spoken clause by clause: the model knows no pause at its commas. English is spoken
    sentence by sentence."""
    marks = ",.;:!?" if language is Language.ZH else ".!?"
    parts = re.findall(rf"([^{marks}]+)([{marks}\s]*)", text.translate(PUNCTUATION))
    said: list[tuple[str, float]] = []
    for part, marks_found in parts:
        symbols = _symbols(part, language, readings)
        if symbols:
            said.append(
                (symbols + ".", max((PAUSES_S.get(m, 0.0) for m in marks_found), default=0))
            )
    return said


def _symbols(part: str, language: Language, readings: Readings) -> str:
    said = _symbols_zh(part, readings) if language is Language.ZH else _symbols_en(part)
    return re.sub(r"\s+", " ", said).strip(",;: ")


def _symbols_zh(part: str, readings: Readings) -> str:
    runs = re.findall(rf"[{HAN}]+|[A-Za-z][A-Za-z' -]*", part)
    return " ".join(
        mandarin(run, readings) if re.match(f"[{HAN}]", run) else english(run, articles=False)
        for run in runs
    )


def _symbols_en(part: str) -> str:
    phrases = [phrase for phrase in re.findall(r"[^,;:]+|[,;:]+", part) if phrase.strip()]
    return "".join(
        english(phrase) if re.search("[A-Za-z]", phrase) else f"{phrase[0]} " for phrase in phrases
    )


def english(phrase: str, *, articles: bool = True) -> str:
    """A phrase without punctuation. A single capital is a letter's name.

    ``articles``: but the A of "A box" is none."""
    article = r"A(?= [a-z])|" if articles else ""
    said: list[str] = []
    if len(phrase.strip()) == 1:
        return LETTERS[phrase.strip().upper()]
    for lone, rest in re.findall(
        rf"\b(?!{article}I\b)([A-Z])\b|((?:(?!\b(?!{article}I\b)[A-Z]\b).)+)", phrase
    ):
        if lone:
            said.append(LETTERS[lone])
        elif rest.strip():
            ipa = espeak(rest.strip())
            for old, new in ESPEAK:
                ipa = ipa.replace(old, new)
            said.append(ipa)
    return " ".join(said)


def mandarin(phrase: str, readings: Readings = MappingProxyType({})) -> str:
    """A phrase of Chinese characters only; a space stands between words."""
    words = _words(phrase, readings)
    syllables = sandhi(words, _syllables(words, readings))
    said: list[str] = []
    start = 0
    for word in words:
        said.append("".join(syllable_symbols(s) for s in syllables[start : start + len(word)]))
        start += len(word)
    return " ".join(said)


@functools.cache
def _segmenter() -> Callable[[str], list[str]]:
    """jieba, its table not taken from or left in a folder that others can write."""
    import jieba

    jieba.setLogLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as private:
        jieba.dt.tmp_dir = private
        jieba.initialize()
    for word in WORDS:
        jieba.add_word(word, freq=2_000_000)
    return jieba.lcut  # type: ignore[no-any-return]


def _words(phrase: str, readings: Readings) -> list[str]:
    if not readings:
        return _segmenter()(phrase)
    known = "|".join(sorted(map(re.escape, readings), key=len, reverse=True))
    words: list[str] = []
    for part in re.split(f"({known})", phrase):
        words += [part] if part in readings else _segmenter()(part)
    return words


def _syllables(words: list[str], readings: Readings) -> list[str]:
    """One syllable with its tone's digit per character."""
    from pypinyin import Style, lazy_pinyin

    said: list[str] = []
    for word in words:
        known = readings.get(word) or WORDS.get(word)
        said += known or lazy_pinyin(
            word.replace("〇", "零"), style=Style.TONE3, neutral_tone_with_five=True
        )
    return said


def sandhi(words: list[str], syllables: list[str]) -> list[str]:
    """Changed tones: 一 and 不 by what follows (一 in numbers and dates not), thirds."""
    text = "".join(words)
    said = list(syllables)
    for i, char in enumerate(text[:-1]):
        following = said[i + 1][-1]
        if char == "不" and following == "4":
            said[i] = "bu2"
        elif char == "一":
            changed = "yi2" if following == "4" else "yi4"
            said[i] = changed if _one_changes(text, i) else "yi1"
    start = 0
    for n, word in enumerate(words):
        end = start + len(word)
        last = end if len(word) == 1 and n + 1 < len(words) else end - 1
        for i in range(last - 1, start - 1, -1):
            if syllables[i][-1] == "3" and syllables[i + 1][-1] == "3":
                said[i] = said[i][:-1] + "2"
        start = end
    return said


def _one_changes(text: str, i: int) -> bool:
    before, after = text[i - 1 : i], text[i + 1]
    if after in "百千万亿":
        return True
    counts = (before and before in NUMERALS + "第") or after in NUMERALS + "月日号"
    return not counts


def syllable_symbols(syllable: str) -> str:
    """``zhong1`` → ``ꭧʊ→ŋ``."""
    from pypinyin.contrib.tone_convert import to_finals, to_initials

    plain, tone = syllable[:-1], syllable[-1]
    if plain in ("er", "ê"):
        return FINALS[plain].replace("0", TONES[tone])
    initial = to_initials(plain, strict=True)
    final = to_finals(plain, strict=True, v_to_u=False)
    if final == "i" and initial in ("zh", "ch", "sh", "r", "z", "c", "s"):
        final = "-i"
    return INITIALS[initial] + FINALS[final].replace("0", TONES[tone])


CARRIER_ZH = "xau↘ma↓ ʂɨ↘ "
"""号码是, before a word too short to keep its tones alone."""


def needs_carrier(symbols: str, language: Language) -> bool:
    """Mandarin words of up to three syllables lose their tones when said alone.

    Measured: 一, 二, 五 and 十 then have one and the same pitch."""
    return language is Language.ZH and 1 <= len(re.findall("[→↗↓↘]", symbols)) <= 3


def carried(symbols: str) -> tuple[str, str, float]:
    """Carrier, word and speed for a word that needs one.

    A vowel at its beginning gets a glottal stop, else it can't be told from the carrier's end (but
    二 and 亿 lose their fall by one). Phrase ends are hurried, so words are slowed."""
    count = len(re.findall("[→↗↓↘]", symbols))
    if symbols[0] not in "iuyaɚɤəɛʊo":
        return CARRIER_ZH, symbols, {1: 0.64, 2: 0.8}.get(count, 0.88)
    if count == 1 and "↘" in symbols:
        return CARRIER_ZH, symbols, 0.5
    return f"{CARRIER_ZH}ʔ", symbols, {1: 0.52, 2: 0.75}.get(count, 0.88)


def fair_length_s(symbols: str, language: Language) -> float:
    """How long a piece should last at speed 1, so that joined pieces sound even."""
    if language is Language.ZH:
        finals = sum(symbols.count(vowel) for vowel in "aeiouyɤəɚɛʊɨ")
        count = finals - len(re.findall("(?:a[iu]|ei|ou)[→↗↓↘]", symbols))
    else:
        count = len(re.findall("[iu]ə|[AIOWYiuæɑɛɪʊʌəɜɔᵻᵊ]", symbols))
    return 0.16 + 0.23 * max(count, 1)

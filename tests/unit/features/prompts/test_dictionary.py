"""The owner's dictionary: which texts it changes, and how they are spoken then."""

from __future__ import annotations

import pytest

from linebox.base.errors import InputError
from linebox.features.prompts.defaults import SoundDefaults
from linebox.features.prompts.marks import has, marked
from linebox.features.prompts.model import Prompt, Reading
from linebox.features.prompts.readings import spoken
from linebox.features.prompts.readings_api import READINGS
from linebox.model.languages import Language

pytestmark = pytest.mark.req("IVR-2")
ZH, EN = Language.ZH, Language.EN
USUAL = SoundDefaults()


def reading(lang: Language, word: str, said: str) -> Reading:
    return Reading(id=1, lang=lang, word=word, reading=said)


def test_only_a_prompt_that_has_the_word_becomes_another_sound() -> None:
    has_it = Prompt(id=1, name="a", text_zh="请找行长。", text_en="Ask the head.")
    has_not = Prompt(id=2, name="b", text_zh="请稍候。")
    words = [reading(ZH, "行长", "xing2 chang2"), reading(EN, "Linebox", "line box")]
    assert spoken(has_it, USUAL, words).sound != spoken(has_it, USUAL, []).sound
    assert spoken(has_not, USUAL, words).sound == spoken(has_not, USUAL, []).sound
    assert spoken(has_it, USUAL, words).readings(ZH) == {"行长": "xing2 chang2"}
    assert spoken(has_it, USUAL, words).readings(EN) == {}


def test_a_recording_and_a_built_in_sound_have_no_words() -> None:
    words = [reading(ZH, "行长", "xing2 chang2")]
    played = Prompt(id=1, name="a", text_zh="行长", file_zh="a" * 32)
    assert spoken(played, USUAL, words).words == ()
    assert spoken(Prompt(id=1, name="a", text_zh="行长", builtin="lb/x"), USUAL, words).words == ()


def test_the_boxs_voice_is_that_of_prompts_that_name_none() -> None:
    other = SoundDefaults(voice_zh="zm_yunxi", speed=1.2)
    plain = Prompt(id=1, name="a", text_zh="您好")
    named = Prompt(id=2, name="b", text_zh="您好", voice_zh="zf_xiaoyi", speed=0.9)
    assert spoken(plain, other, []).voice(ZH) == "zm_yunxi"
    assert spoken(plain, other, []).speed == pytest.approx(1.2)
    assert spoken(plain, other, []).sound != spoken(plain, USUAL, []).sound
    assert spoken(named, other, []).voice(ZH) == "zf_xiaoyi"
    assert spoken(named, other, []).speed == pytest.approx(0.9)


def test_pinyin_is_a_reading_and_other_words_are_said_instead() -> None:
    text = marked("Linebox 的行长，LINEBOX2", {"行长": "hang2 zhang3", "linebox": "莱恩"})
    assert text.parts == (("莱恩 的行长，LINEBOX2", 0.0),)
    assert text.readings == {"行长": ("hang2", "zhang3")}


def test_a_mark_in_the_text_goes_before_the_dictionary() -> None:
    text = marked("行长[xing2 chang2]好", {"行长": "hang2 zhang3"})
    assert text.readings == {"行长": ("xing2", "chang2")}


def test_a_latin_word_stands_alone() -> None:
    assert has("the API.", "api")
    assert not has("rapid", "api")
    assert has("重庆的API接口", "API")


@pytest.mark.parametrize("said", ["chong2", "chong qing4", "chong2 qing4 shi4"])
def test_pinyin_that_is_none_or_too_little_is_refused(said: str) -> None:
    with pytest.raises(InputError) as refused:
        READINGS.planned(None, {"lang": "zh", "word": "重庆", "reading": said})
    assert refused.value.fields["problems"][0]["code"] == "reading-no-pinyin"


def test_pinyin_is_kept_plainly() -> None:
    made = READINGS.planned(None, {"lang": "zh", "word": " 重庆", "reading": "Chong2  qing4 "})
    assert (made.word, made.reading) == ("重庆", "chong2 qing4")

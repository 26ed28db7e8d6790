"""What needs no voice layer: tone sandhi, carriers, the model's edit, chunks."""

import pytest

from linebox.features.prompts import pronounce, pronounce_model, speak
from linebox.model.languages import Language


@pytest.mark.parametrize(
    ("words", "syllables", "said"),
    [
        ("不 在", "bu4 zai4", "bu2 zai4"),
        ("不 好", "bu4 hao3", "bu4 hao3"),
        ("一百一十", "yi1 bai3 yi1 shi2", "yi4 bai3 yi1 shi2"),
        ("十一元", "shi2 yi1 yuan2", "shi2 yi1 yuan2"),
        ("一位", "yi1 wei4", "yi2 wei4"),
        ("一月 一日", "yi2 yue4 yi1 ri4", "yi1 yue4 yi1 ri4"),
        ("第一 位", "di4 yi1 wei4", "di4 yi1 wei4"),
        ("按 一", "an4 yi1", "an4 yi1"),
        ("你好", "ni3 hao3", "ni2 hao3"),
        ("我 想 买 雨伞", "wo3 xiang3 mai3 yu3 san3", "wo2 xiang2 mai2 yu2 san3"),
        ("五百", "wu3 bai3", "wu2 bai3"),
        ("请 输入", "qing3 shu1 ru4", "qing3 shu1 ru4"),
    ],
)
def test_tones_change_as_in_speech(words: str, syllables: str, said: str) -> None:
    assert pronounce.sandhi(words.split(), syllables.split()) == said.split()


def test_short_mandarin_words_are_carried_and_others_not() -> None:
    assert pronounce.needs_carrier("u↓.", Language.ZH)
    assert pronounce.needs_carrier("sa→nʂɨ↗sɨ↘.", Language.ZH)
    assert not pronounce.needs_carrier("ni↗n ɕjɛ↘nʦai↘ ti↘.", Language.ZH)
    assert not pronounce.needs_carrier("ˈA.", Language.ZH)
    assert not pronounce.needs_carrier("wˈʌn.", Language.EN)


def test_word_that_begins_with_a_vowel_is_parted_from_its_carrier() -> None:
    assert pronounce.carried("u↓.")[0].endswith("ʔ")
    assert not pronounce.carried("sɨ↘.")[0].endswith("ʔ")


def test_long_text_is_split_where_people_pause() -> None:
    sentence = "a" * 200 + ". "
    parts = speak.chunks(sentence * 5)
    assert len(parts) == 3
    assert all(part.endswith(".") for part in parts)
    assert all(len(part) <= speak.MAX_SYMBOLS for part in speak.chunks("b" * 2000))
    assert speak.chunks("") == []


def test_model_gets_one_output_more_and_nothing_else_changes() -> None:
    node = pronounce_model.block(1, pronounce_model.block(2, pronounce_model.DURATIONS.encode()))
    graph = node + pronounce_model.block(12, pronounce_model.block(1, b"audio"))
    model = b"\x08\x09" + pronounce_model.block(7, graph) + pronounce_model.block(8, b"\x10\x14")
    told = pronounce_model.telling(model)
    outer = [
        (number, bytes(whole)) for number, whole, _ in pronounce_model.fields(memoryview(told))
    ]
    inner = dict(outer)[7]
    assert [number for number, _ in outer] == [1, 7, 8]
    assert graph in inner
    assert inner.count(pronounce_model.DURATIONS.encode()) == 2


def test_another_model_is_refused() -> None:
    with pytest.raises(ValueError, match="has no"):
        pronounce_model.telling(b"\x08\x09")

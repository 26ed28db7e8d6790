"""Marks in a text: rests, and how a word is read."""

from __future__ import annotations

import pytest

from linebox.features.prompts.marks import marked


@pytest.mark.req("IVR-2")
def test_rests_part_the_text_and_last_as_long_as_they_say() -> None:
    assert marked("您好[0.5]请按1[1.25]").parts == (("您好", 0.5), ("请按1", 1.25), ("", 0.0))
    assert marked("您好").parts == (("您好", 0.0),)


@pytest.mark.req("IVR-2")
def test_a_reading_that_is_said_is_the_one_spoken() -> None:
    said = marked("我去重庆[zhong4 qing4]")
    assert said.readings == {"重庆": ("zhong4", "qing4")}
    (text, _), *_ = said.parts
    assert text == "我去重庆"
    assert marked("绿[lü4]").readings == {"绿": ("lv4",)}


@pytest.mark.req("IVR-2")
@pytest.mark.parametrize("text", ["好[", "好]", "[9]", "[停]", "好[hao3 le5]", "好[xyz1]", "a[b]"])
def test_what_is_no_mark_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        marked(text)

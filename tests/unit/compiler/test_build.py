"""What a generation says of itself, from settings alone."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.dialplan_house import house, to
from linebox.asterisk.confwriter import sections
from linebox.base.errors import ConfigError
from linebox.compiler.build import build
from linebox.compiler.generation import KeptBody
from linebox.features.prompts.model import Spoken


def test_dangling_routes_are_told_and_do_not_stop_the_build() -> None:
    snapshot = house()
    menu = replace(snapshot.menus[0], fallback=to("group", 99))
    made = build(replace(snapshot, menus=(menu,)), number=1)
    assert [(r.origin, r.destination) for r in made.dangling] == [
        ("menu 1 fallback", to("group", 99))
    ]


def test_every_goto_and_gosub_with_a_fixed_target_has_one() -> None:
    made = build(house(), number=1)
    text = "\n".join(made.files.values())
    named = set(re.findall(r"(?:Goto|Gosub)\((lb-[a-z0-9-]+),", text))
    named |= set(re.findall(r"[?:](lb-[a-z0-9-]+),", text)) | set(
        re.findall(r"b\((lb-[a-z0-9-]+)\^", text)
    )
    assert named and named <= set(made.contexts)


def test_kept_generation_is_whole_and_its_queues_stay() -> None:
    old = build(house(), number=1)
    body, queues = old.files[f"body-{old.hash}.conf"], old.files["own-queues.conf"]
    kept = KeptBody(number=1, hash=old.hash, body=body, queues=queues)
    snapshot = house()
    made = build(replace(snapshot, groups=snapshot.groups[:1]), number=2, kept=[kept])
    assert made.files[f"kept/{old.hash}/body.conf"] == body
    assert set(old.contexts) <= set(made.contexts)
    assert made.queues == {"g1": "leastrecent", "g2": "ringall", "g3": "linear"}
    assert set(sections(made.files["queues.conf"])) == {"g2", "g3"}
    assert made.kept == {1: old.hash}


def test_generation_equal_to_the_kept_one_is_not_kept_twice() -> None:
    old = build(house(), number=1)
    kept = KeptBody(number=1, hash=old.hash, body=old.files[f"body-{old.hash}.conf"], queues="")
    made = build(house(), number=2, kept=[kept])
    assert made.kept == {} and len(made.contexts) == len(old.contexts)


def test_manifest_tells_what_to_read_back() -> None:
    made = build(house(), number=3)
    said = json.loads(made.manifest(made_at=datetime(2026, 11, 22, tzinfo=UTC)))
    assert said["number"] == 3 and said["hash"] == made.hash
    assert said["queues"]["g1"] == "leastrecent" and "8001" in said["endpoints"]
    assert set(said["staff"]) == {"zh_1001", "zh_1002", "en_1001", "en_1002"}
    assert said["live"]["agents"][0] == {"number": "1001", "name": "林晓燕"}


def test_sounds_that_are_played_are_known() -> None:
    snapshot = house()
    prompts = (*snapshot.prompts, Spoken(id=3, name="own", text_zh="您好"))
    dids = (replace(snapshot.dids[0], greeting_id=3), *snapshot.dids[1:])
    names = {
        s.name
        for s in build(replace(snapshot, prompts=prompts, dids=dids), number=1).required_sounds
    }
    assert prompts[2].sound in names and prompts[2].sound.startswith("owner/")
    assert {"lb/menu-main", "lb/closed", "lb/order-shipped", "lb/rating-ask"} <= names


@given(text=st.text(max_size=60))
def test_names_are_only_ever_the_value_of_a_key(text: str) -> None:
    """Whatever a phone is called, the files have the same lines but for its caller id."""
    plain = house()
    named = replace(plain, extensions=tuple(replace(e, name=text) for e in plain.extensions))
    before, after = build(plain, number=1).files, build(named, number=1).files
    theirs = [n for n in after if n not in before or n == "pjsip.conf"]
    lines = [
        (a, b)
        for a, b in zip(
            before["pjsip.conf"].split("\n"), after["pjsip.conf"].split("\n"), strict=True
        )
        if a != b
    ]
    assert all(b.startswith('callerid = "') and b.endswith(">") for _, b in lines)
    assert len(theirs) <= 2  # pjsip.conf, and the body's name by its hash


@given(text=st.text(min_size=1, max_size=30))
def test_what_becomes_dialplan_is_a_word_or_refused(text: str) -> None:
    plain = house()
    snapshot = replace(plain, prompts=(Spoken(id=1, name="x", builtin=text), plain.prompts[1]))
    try:
        made = build(snapshot, number=1)
    except ConfigError as error:
        assert error.code == "unsafe-setting"
    else:
        assert re.fullmatch(r"[0-9A-Za-z_.:/*#+@&%-]+", text)
        assert f"LB_M_SAY={text}," in "".join(made.files.values()).replace(made.hash, "H")


@pytest.mark.parametrize("secret", ["a\nb" * 8, " leading-blank-16ch", "tab\tin-the-secret-"])
def test_secret_that_cannot_be_written_is_refused(secret: str) -> None:
    plain = house()
    with pytest.raises(ConfigError):
        build(replace(plain, extensions=(replace(plain.extensions[0], secret=secret),)), number=1)

"""Own music on hold, the box's voices and the dictionary by clicks; and calls hear them."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from fixtures.boxes import Box, until
from fixtures.browser import Tab
from fixtures.people import People
from fixtures.site import Site
from fixtures.tones import level_db, read_mono

BEFORE_HZ, TONE_HZ = 900, 700


@pytest.fixture
def owner(tab: Tab, people: People) -> Tab:
    tab.log_in_as(people.cookie("owner"), "/settings/groups")
    expect(tab.page.get_by_test_id("new")).to_be_visible(timeout=15_000)
    return tab


def apply(page: Page, outcome: str = "已") -> None:
    expect(page.get_by_test_id("apply")).to_be_enabled(timeout=20_000)
    page.get_by_test_id("apply").click()
    expect(page.get_by_test_id("outcome")).to_contain_text(outcome, timeout=60_000)


def tone(at: Path, hz: int) -> Path:
    made = ["sox", "-n", "-r", "44100", "-c", "2", str(at), "synth", "20", "sine", str(hz)]
    subprocess.run([*made, "vol", "0.1"], check=True, timeout=20)
    return at


def choose(page: Page, field: str, option: str) -> None:
    page.locator(f'[data-field="{field}"] .el-select__wrapper').click()
    page.get_by_role("option", name=option, exact=True).click()


def loudest_db(heard: bytes, hz: float, *, from_s: float = 0, to_s: float = 1e6) -> float:
    sound = read_mono(heard)[int(from_s * 8000) : int(to_s * 8000)]
    return max(level_db(sound[at : at + 8000], hz) for at in range(0, len(sound) - 8000, 4000))


def spoken_files(box: Box) -> dict[str, str]:
    """The owner's spoken sounds and the file that each is: another one is made anew."""
    lines = box.sh("sh", "-c", "stat -c '%n %i' /data/prompts/zh/owner/*.alaw || true")
    return dict(line.split() for line in lines.splitlines())


@pytest.mark.req("IVR-2", "ACD-5")
def test_who_waits_hears_the_music_of_the_group_and_is_not_cut(
    owner: Tab, site: Site, nobody_free: None, tmp_path: Path
) -> None:
    page, box = owner.page, site.box
    # The owner's music for all, heard by somebody who waits already …
    owner.open("/settings/music")
    page.get_by_test_id("new").click()
    page.locator("#music-name").fill("全公司的")
    page.get_by_test_id("file").set_input_files(tone(tmp_path / "before.wav", BEFORE_HZ))
    expect(page.get_by_test_id("piece")).to_have_count(1, timeout=30_000)
    page.get_by_test_id("hear").click()
    expect(page.get_by_test_id("hear")).to_have_attribute("data-state", "playing")
    assert owner.axe() == []
    apply(page)
    owner.open("/settings/voices")
    choose(page, "sound-defaults-music_id", "全公司的")
    apply(page)
    first = site.place(site.caller(), keys=["1"], listen=True, talk_s=60)
    until("the first waits", lambda: waiting(box), within_s=30)
    time.sleep(4)
    # … then that of the group alone, by which the first isn't cut.
    owner.open("/settings/music")
    page.get_by_test_id("new").click()
    page.locator("#music-name").fill("一组的")
    page.get_by_test_id("file").set_input_files(tone(tmp_path / "tone.wav", TONE_HZ))
    expect(page.get_by_test_id("piece")).to_have_count(1, timeout=30_000)
    apply(page)
    group = box.value("SELECT id FROM groups ORDER BY id LIMIT 1")
    owner.open(f"/settings/groups/{group}")
    choose(page, "group-music_id", "一组的")
    apply(page)
    assert waiting(box), "who waited is still there"
    second = site.place(site.caller(), keys=["1"], listen=True, talk_s=20)
    site.ended([first, second])
    assert loudest_db(site.exchange.heard(first), BEFORE_HZ) > -24
    assert loudest_db(site.exchange.heard(second), TONE_HZ) > -24
    assert loudest_db(site.exchange.heard(second), BEFORE_HZ) < -40
    assert f"g{group}" in box.asterisk("moh show classes")
    # Music in use can't be deleted; undone, the group plays what all play.
    page.get_by_test_id("undo-applied").click()
    expect(page.get_by_test_id("outcome")).to_contain_text("已撤销", timeout=30_000)
    assert f"g{group}" not in box.asterisk("moh show classes")
    site.quiet()


def waiting(box: Box) -> list[str]:
    """Channels in queues."""
    shown = box.asterisk("core show channels concise")
    return [line for line in shown.splitlines() if "!Queue!" in line]


@pytest.mark.req("IVR-2")
def test_a_reading_speaks_anew_only_the_prompts_that_have_the_word(owner: Tab, site: Site) -> None:
    page, box = owner.page, site.box
    for name, text in (("长", "请找行长。"), ("短", "请稍候。")):
        owner.open("/settings/prompts")
        page.get_by_test_id("new").click()
        page.locator("#prompt-name").fill(name)
        page.locator("#prompt-text_zh").fill(text)
    apply(page)
    before = spoken_files(box)
    owner.open("/settings/readings")
    page.get_by_test_id("new").click()
    row = page.get_by_test_id("reading")
    row.locator('[data-field="word"]').fill("行长")
    row.locator('[data-field="reading"]').fill("hang2")
    expect(row.get_by_role("alert")).to_contain_text("2 个拼音", timeout=15_000)
    assert owner.axe() == []
    row.locator('[data-field="reading"]').fill("xing2 chang2")
    row.get_by_test_id("hear").click()
    expect(row.get_by_test_id("hear")).to_have_attribute("data-state", "playing", timeout=60_000)
    apply(page)
    after = spoken_files(box)
    made = {name.rpartition("-")[0] for name in after.keys() - before.keys()}
    ids = {row["name"]: row["id"] for row in box.rows("SELECT id, name FROM prompts")}
    assert made == {f"/data/prompts/zh/owner/{ids['长']}"}
    assert all(after[name] == before[name] for name in after.keys() & before.keys())


@pytest.mark.req("IVR-2")
def test_every_voice_is_heard_and_the_usual_one_is_that_of_prompts_that_name_none(
    owner: Tab, site: Site
) -> None:
    page = owner.page
    owner.open("/settings/voices")
    voice = page.locator('[data-voice="zm_yunxi"]')
    voice.get_by_test_id("hear").click()
    expect(voice.get_by_test_id("hear")).to_have_attribute("data-state", "playing", timeout=60_000)
    assert owner.axe() == []
    before = spoken_files(site.box)
    voice.get_by_role("radio").check()
    expect(voice).to_contain_text("短")
    apply(page)
    assert spoken_files(site.box).keys() - before.keys()
    page.get_by_test_id("undo-applied").click()
    expect(page.get_by_test_id("outcome")).to_contain_text("已撤销", timeout=60_000)

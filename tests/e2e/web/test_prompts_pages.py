"""Prompts by clicks: recorded by the browser's microphone, uploaded, spoken; and a call hears them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from fixtures import browser
from fixtures.boxes import Box, until
from fixtures.browser import Tab, open_tab
from fixtures.people import People
from fixtures.site import Site
from fixtures.tones import level_db, read_mono

TONE_HZ = 620


@pytest.fixture(scope="module")
def microphone(site: Site) -> Iterator[Browser]:
    """A browser whose microphone beeps once a second."""
    fake = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    with browser.chromium(site.exchange_box.pid, *fake) as running:
        yield running


@pytest.fixture
def owner(microphone: Browser, home: str, people: People) -> Iterator[Tab]:
    with open_tab(microphone, home) as tab:
        tab.log_in_as(people.cookie("owner"), "/settings/prompts")
        expect(tab.page.get_by_test_id("setting-row").first).to_be_visible(timeout=15_000)
        yield tab
        assert tab.complaints == []


def sound(page: Page, place: int) -> Locator:
    """The owner's own sound: 0 Chinese, 1 English."""
    return page.locator(".sound").nth(place)


def apply(page: Page, outcome: str = "已生效") -> None:
    expect(page.get_by_test_id("apply")).to_be_enabled(timeout=20_000)
    page.get_by_test_id("apply").click()
    expect(page.get_by_test_id("outcome")).to_contain_text(outcome, timeout=60_000)


def lies(box: Box, name: str) -> bool:
    return bool(box.sh("sh", "-c", f"ls /data/prompts/{name} 2>/dev/null || true").strip())


@pytest.mark.req("IVR-2")
def test_a_prompt_is_recorded_in_the_browser_heard_and_applied(owner: Tab, site: Site) -> None:
    page = owner.page
    page.get_by_test_id("new").click()
    page.locator("#prompt-name").fill("录的问候")
    sound(page, 0).get_by_test_id("record").click()
    expect(page.get_by_test_id("level")).to_be_visible(timeout=10_000)
    level = "document.querySelector('[data-test=level]').value"
    until("the microphone is seen to hear", lambda: page.evaluate(level) > 0.05)
    page.wait_for_timeout(2500)  # what is recorded takes its time
    page.get_by_test_id("finish").click()
    expect(sound(page, 0).get_by_test_id("measured")).to_contain_text("秒", timeout=30_000)
    assert owner.axe() == []
    sound(page, 0).get_by_test_id("hear").click()
    expect(sound(page, 0).get_by_test_id("hear")).to_have_attribute("data-state", "playing")
    apply(page, "已保存")  # no caller comes to it yet

    row = site.box.rows("SELECT id, file_zh FROM prompts WHERE name = '录的问候'")[0]
    assert lies(site.box, f"files/{row['file_zh']}.orig")
    assert lies(site.box, f"zh/owner/{row['id']}-*.alaw")


@pytest.mark.req("IVR-2")
def test_a_call_hears_the_file_that_was_uploaded(owner: Tab, site: Site, tmp_path: Path) -> None:
    page, box = owner.page, site.box
    file = tmp_path / "tone.mp3"
    made = ["sox", "-n", "-r", "44100", "-c", "2", str(file), "synth", "4", "sine", str(TONE_HZ)]
    subprocess.run([*made, "vol", "0.1"], check=True, timeout=20)
    greeting = box.value("SELECT greeting_id FROM dids WHERE number = '4008001234'")
    owner.open(f"/settings/prompts/{greeting}")
    expect(page.get_by_test_id("hear")).to_have_count(2, timeout=15_000)
    expect(page.locator(".sound")).to_have_count(0)
    page.locator('[data-field="prompt-builtin"] .el-select__wrapper').click()
    page.get_by_role("option", name="不用，自己做").click()
    for place in (0, 1):
        sound(page, place).get_by_test_id("file").set_input_files(file)
        expect(sound(page, place).get_by_test_id("measured")).to_contain_text("4", timeout=30_000)
    apply(page)

    call = site.place(site.caller(), keys=[], listen=True)
    site.ended([call])
    heard = read_mono(site.exchange.heard(call))
    loudest = max(
        level_db(heard[at : at + 8000], TONE_HZ) for at in range(0, len(heard) - 8000, 4000)
    )
    assert loudest > -24, "the tone is heard at the common loudness"
    page.get_by_test_id("undo-applied").click()
    expect(page.get_by_test_id("outcome")).to_contain_text("已撤销", timeout=30_000)
    site.quiet()


@pytest.mark.req("IVR-2")
def test_a_text_is_heard_at_once_and_what_is_no_sound_is_told(owner: Tab, tmp_path: Path) -> None:
    page = owner.page
    page.get_by_test_id("new").click()
    page.locator("#prompt-text_zh").fill("您好[0.5]欢迎来重庆[chong2 qing4]")
    hear = page.get_by_test_id("hear").first
    hear.click()
    expect(hear).to_have_attribute("data-state", "playing", timeout=60_000)
    wrong = tmp_path / "letter.mp3"
    wrong.write_text("not a sound")
    sound(page, 1).get_by_test_id("file").set_input_files(wrong)
    expect(sound(page, 1).get_by_role("alert")).to_contain_text("不是能用的声音", timeout=30_000)
    owner.forgive("422")

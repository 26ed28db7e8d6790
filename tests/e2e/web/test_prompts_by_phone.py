"""A prompt recorded by telephone: the box rings it, the page takes it up, it waits for a page."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from fixtures.browser import Tab
from fixtures.handset import Handset, Leg
from fixtures.people import People
from fixtures.site import Site

pytestmark = pytest.mark.req("IVR-2")


@pytest.fixture(scope="module")
def phone(site: Site) -> Iterator[Handset]:
    """It says a tone."""
    with site.practice_phone(tone_hz=620) as made:
        yield made


@pytest.fixture
def owner(tab: Tab, people: People) -> Tab:
    tab.log_in_as(people.cookie("owner"), "/settings/prompts")
    expect(tab.page.get_by_test_id("new")).to_be_visible(timeout=15_000)
    return tab


def rings(page: Page, phone: Handset, place: int = 0) -> Leg:
    """Ask for it at the Chinese (0) or English field; the telephone's leg."""
    before = len(phone.legs)
    page.get_by_test_id("by-phone").nth(place).click()
    page.locator(".phones .el-select__wrapper").click()
    page.get_by_role("option", name=phone.number).first.click()
    page.get_by_test_id("take-ring").click()
    phone.until("it rings", lambda: len(phone.legs) > before, within_s=40)
    return phone.legs[-1]


def new_prompt(page: Page, name: str) -> None:
    page.get_by_test_id("new").click()
    page.locator("#prompt-name").fill(name)


def test_it_rings_records_lets_hear_and_the_page_takes_it_up(
    owner: Tab, site: Site, phone: Handset
) -> None:
    page = owner.page
    calls = site.box.value("SELECT count(*) FROM calls")
    new_prompt(page, "电话录的")
    leg = rings(page, phone)
    expect(page.get_by_test_id("take")).to_contain_text("正在拨")
    assert owner.axe() == []
    leg.answer()
    expect(page.get_by_test_id("take")).to_contain_text("正在录", timeout=20_000)
    time.sleep(2.5)
    leg.press("#")
    expect(page.get_by_test_id("take")).to_contain_text("录好了", timeout=10_000)
    time.sleep(1)
    leg.hang_up()
    expect(page.get_by_test_id("measured")).to_contain_text("秒", timeout=30_000)
    page.locator(".sound").first.get_by_test_id("hear").click()
    expect(page.locator(".sound").first.get_by_test_id("hear")).to_have_attribute(
        "data-state", "playing"
    )
    expect(page.get_by_test_id("apply")).to_be_enabled(timeout=20_000)
    page.get_by_test_id("apply").click()
    expect(page.get_by_test_id("outcome")).to_contain_text("已保存", timeout=60_000)
    row = site.box.rows("SELECT file_zh FROM prompts WHERE name = '电话录的'")[0]
    size = int(site.box.sh("stat", "-c", "%s", f"/data/prompts/files/{row['file_zh']}.alaw"))
    assert 2 * 8000 < size < 4 * 8000, "what was said between the tone and #"
    assert site.box.sh("ls", "/data/recordings/takes").strip() == ""
    site.quiet()
    time.sleep(3)  # the filer looks every 2 s
    assert site.box.value("SELECT count(*) FROM calls") == calls


def test_what_was_recorded_waits_when_the_browser_has_gone(
    owner: Tab, site: Site, phone: Handset
) -> None:
    page = owner.page
    new_prompt(page, "等着的")
    leg = rings(page, phone)
    owner.open("/settings/groups")
    leg.answer()
    time.sleep(9)  # the instruction, and some of the tone
    leg.hang_up()
    site.quiet()
    page.evaluate("sessionStorage.clear()")
    owner.open("/settings/prompts")
    new_prompt(page, "等着的")
    expect(page.get_by_test_id("take-waits").first).to_contain_text(phone.number, timeout=15_000)
    page.get_by_test_id("take-use").nth(0).click()
    expect(page.get_by_test_id("measured")).to_contain_text("秒", timeout=10_000)
    expect(page.get_by_test_id("take-waits")).to_have_count(0)


def test_who_does_not_answer_or_says_nothing_is_told_so(
    owner: Tab, site: Site, phone: Handset
) -> None:
    page = owner.page
    new_prompt(page, "没有的")
    page.get_by_test_id("by-phone").first.click()
    expect(page.get_by_test_id("take-ring")).to_be_visible()
    assert owner.axe() == []
    page.get_by_test_id("by-phone").first.click()
    rings(page, phone).refuse(486)
    expect(page.locator(".sound").first.get_by_role("alert")).to_contain_text(
        "正忙", timeout=15_000
    )
    page.get_by_test_id("take-ring").click()
    phone.until("it rings again", lambda: phone.legs[-1].state == "ringing")
    leg = phone.legs[-1]
    leg.answer()
    time.sleep(1)
    leg.hang_up()
    expect(page.locator(".sound").first.get_by_role("alert")).to_contain_text(
        "还没开始录", timeout=15_000
    )
    site.quiet()

"""A supervisor's board on the booted box: agents are asked, Asterisk's answer is shown; the wall."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import expect

from fixtures.boxes import until
from fixtures.browser import Tab
from fixtures.site import Site


@pytest.mark.req("SUP-2", "SUP-4")
def test_an_agent_is_paused_by_key_and_brought_back_by_undo(
    tab: Tab, site: Site, code: str
) -> None:
    tab.log_in(code)
    page = tab.page
    ready = page.locator('[data-test="agent"][data-state="ready"]').first
    ready.wait_for(timeout=30_000)
    number = ready.get_attribute("data-number")
    agent = page.locator(f'[data-test="agent"][data-number="{number}"]')
    agent.click()
    expect(page.get_by_test_id("dock")).to_contain_text(str(number))
    page.keyboard.press("p")
    page.get_by_role("menuitem", name=re.compile("用餐")).click()
    expect(agent).to_have_attribute("data-state", "paused")
    expect(agent).to_contain_text("用餐")
    assert f"agent-{number}" in _paused(site)
    page.get_by_test_id("notice").get_by_role("button", name="撤销").click()
    expect(agent).to_have_attribute("data-state", "ready")
    assert f"agent-{number}" not in _paused(site)
    assert not tab.axe()


@pytest.mark.req("SUP-4", "SUP-2")
def test_an_agent_is_moved_to_another_group_and_logged_out(tab: Tab, site: Site, code: str) -> None:
    tab.log_in(code)
    page = tab.page
    number = "1001"
    agent = page.locator(f'[data-test="agent"][data-number="{number}"]')
    expect(agent).to_have_attribute("data-state", "ready", timeout=30_000)
    before = _groups(site, number)
    (name,) = site.box.rows(
        "SELECT id, name_zh FROM groups WHERE id <> ALL(%s) ORDER BY id LIMIT 1", before
    )
    agent.click()
    page.keyboard.press("g")
    page.get_by_role("menuitem", name=name["name_zh"]).first.click()
    until("moved", lambda: _groups(site, number) == [name["id"]])
    page.get_by_test_id("notice").get_by_role("button", name="撤销").click()
    until("back", lambda: _groups(site, number) == before)
    agent.focus()
    page.keyboard.press("o")
    expect(agent).to_have_attribute("data-state", "out")
    assert _groups(site, number) == []
    assert not tab.axe()
    site.log_in_all()


@pytest.mark.req("SUP-1")
def test_the_wall_opens_by_its_link_and_shows_figures_only(tab: Tab, site: Site, code: str) -> None:
    tab.log_in(code)
    page = tab.page
    page.get_by_test_id("wall-link").click()
    link = page.get_by_role("link", name="在这里打开")
    address = link.get_attribute("href")
    assert address is not None
    page.context.clear_cookies()
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto(address)
    expect(page.get_by_test_id("wall-group").first).to_be_visible(timeout=15_000)
    caller = site.caller()
    site.place(caller, keys=["1"], with_agent_s=3)
    expect(page.get_by_test_id("wall-age")).to_be_visible()
    assert caller not in page.content()
    assert page.context.request.get(f"{tab.home}/api/live").status == 401
    assert not tab.axe()
    site.quiet()


@pytest.mark.req("SUP-1", "SEC-1")
def test_all_links_of_the_wall_are_ended_from_the_board(tab: Tab, code: str) -> None:
    tab.log_in(code)
    page = tab.page
    page.get_by_test_id("wall-link").click()
    address = page.get_by_role("link", name="在这里打开").get_attribute("href")
    wall = page.context.new_page()
    wall.goto(str(address))
    expect(wall.get_by_test_id("wall-group").first).to_be_visible(timeout=15_000)
    page.get_by_test_id("walls-end").click()
    assert not tab.axe()
    page.get_by_test_id("walls-end").click()
    expect(page.get_by_test_id("walls-ended")).to_be_visible()
    expect(wall.get_by_text("这块大屏的链接已停用")).to_be_visible(timeout=15_000)
    wall.close()


@pytest.mark.req("SUP-1")
def test_a_wall_loads_itself_anew_when_the_box_has_newer_pages(tab: Tab, code: str) -> None:
    tab.log_in(code)
    page = tab.page
    page.get_by_test_id("wall-link").click()
    address = page.get_by_role("link", name="在这里打开").get_attribute("href")
    wall = page.context.new_page()
    wall.clock.install()
    wall.goto(str(address))
    expect(wall.get_by_test_id("wall-group").first).to_be_visible(timeout=15_000)
    wall.evaluate("window.before = true")
    wall.clock.fast_forward(601_000)
    wall.clock.run_for(2000)
    assert wall.evaluate("window.before"), "the same pages"
    newer = '<!doctype html><script type="module" src="/assets/newer.js"></script>'
    wall.route(f"{tab.home}/", lambda route: route.fulfill(body=newer, content_type="text/html"))
    wall.clock.fast_forward(601_000)
    for _ in range(20):
        wall.clock.run_for(1000)
        # The wall goes to its new pages at a moment of its own.
        with suppress(PlaywrightError):
            if not wall.evaluate("window.before ?? false"):
                break
    wall.wait_for_load_state()
    assert not wall.evaluate("window.before ?? false")
    expect(wall.get_by_test_id("wall-group").first).to_be_visible(timeout=15_000)
    wall.close()


def _groups(site: Site, agent: str) -> list[int]:
    """The groups in which Asterisk itself has this agent."""
    shown = re.split(r"^g(\d+) has ", site.box.asterisk("queue show"), flags=re.MULTILINE)
    found = zip(shown[1::2], shown[2::2], strict=True)
    return sorted(int(group) for group, said in found if f"agent-{agent} " in said)


def _paused(site: Site) -> list[str]:
    """The members that Asterisk itself holds paused."""
    shown = site.box.asterisk("queue show")
    return re.findall(r"(agent-\d+) \([^\n]*\(paused", shown)

"""The limits of calls out by clicks: the switch acts at once, the rest by the draft (SEC-2)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from fixtures.boxes import Box, until
from fixtures.browser import Tab
from fixtures.people import People
from fixtures.site import Site


@pytest.fixture
def page(tab: Tab, people: People) -> Page:
    tab.log_in_as(people.cookie("owner"), "/settings/limits")
    expect(tab.page.get_by_test_id("stop")).to_be_visible(timeout=15_000)
    return tab.page


def stopped(box: Box) -> bool:
    return "Value: 1" in box.asterisk("database get lb-out stop")


@pytest.mark.req("SEC-2")
def test_calls_out_are_stopped_and_let_go_by_a_click(site: Site, page: Page) -> None:
    try:
        page.get_by_test_id("stop").click()
        page.get_by_test_id("stop-new").click()
        expect(page.get_by_test_id("resume")).to_be_visible(timeout=10_000)
        assert stopped(site.box)
        page.reload()
        page.get_by_test_id("resume").click(timeout=15_000)
        expect(page.get_by_test_id("stop")).to_be_visible(timeout=10_000)
        assert not stopped(site.box)
    finally:
        site.box.asterisk("database del lb-out stop")


@pytest.mark.req("SEC-2", "SET-3")
def test_a_country_is_allowed_when_it_is_applied(site: Site, page: Page) -> None:
    def allowed() -> bool:
        text = site.box.sh("sh", "-c", "cat /data/generations/current/body-*.conf")
        return "exten => _852!,1,Return(1)" in text

    assert not allowed()
    page.locator("#limits-countries").click()
    page.locator("#limits-countries").press_sequentially("香港")
    page.get_by_role("option", name="香港").first.click()
    expect(page.get_by_test_id("countries")).to_contain_text("香港")
    assert not allowed(), "a draft changes nothing"
    expect(page.get_by_test_id("apply")).to_be_enabled(timeout=20_000)
    page.get_by_test_id("apply").click()
    expect(page.get_by_test_id("outcome")).to_contain_text("已生效", timeout=30_000)
    until("it may be called", allowed)

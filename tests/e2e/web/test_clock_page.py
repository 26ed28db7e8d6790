"""The clock's page: what the booted box tells of it, and how it looks where the clock is its own."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from fixtures.browser import Tab
from fixtures.people import People
from fixtures.site import Site


@pytest.fixture(params=[("zh", 1440), ("en", 360)], ids=["zh-1440", "en-360"])
def owner(request: pytest.FixtureRequest, people: People, home: str) -> Iterator[Tab]:
    with people.owner_at(home, "/settings/clock", *request.param) as tab:
        yield tab


def as_on_a_machine(page: Page, state: str) -> None:
    """The next looks find a clock that is the box's own; what is asked of it goes to the box."""

    def answer(route: Route) -> None:
        if route.request.method != "GET":
            route.continue_()
            return
        told = json.loads(route.fetch().text()) | {
            "state": state,
            "source": "ntp.lan" if state == "synchronised" else None,
            "offset_ms": -1.25 if state == "synchronised" else None,
            "servers": ["ntp.lan"],
        }
        route.fulfill(json=told)

    page.route("**/api/clock", answer)


@pytest.mark.req("SET-1", "SET-3")
def test_a_container_s_clock_is_its_host_s_and_nothing_is_offered(owner: Tab) -> None:
    page = owner.page
    expect(page.get_by_test_id("clock-state")).to_have_attribute(
        "data-state", "not-ours", timeout=15_000
    )
    expect(page.locator("#clock-servers")).to_have_count(0)
    expect(page.get_by_test_id("set-clock")).to_have_count(0)
    assert owner.axe() == []


@pytest.mark.req("SET-1", "SET-3")
def test_a_refusal_of_the_box_stands_at_its_field(owner: Tab, site: Site) -> None:
    page = owner.page
    as_on_a_machine(page, "synchronised")
    page.reload()
    expect(page.get_by_test_id("clock-state")).to_contain_text("ntp.lan", timeout=15_000)
    expect(page.get_by_test_id("clock-state")).to_contain_text("1.3")
    expect(page.get_by_test_id("set-clock")).to_have_count(0)
    expect(page.locator("#clock-servers")).to_have_value("ntp.lan")
    page.locator("#clock-servers").fill("a.lan, b.lan, c.lan, d.lan, e.lan")
    page.get_by_test_id("save-servers").click()
    expect(page.locator(".errmsg")).to_be_visible()
    page.locator("#clock-servers").fill("192.0.2.1, ntp.example.org")
    page.get_by_test_id("save-servers").click()
    expect(page.locator("#clock-servers-fault")).to_be_visible(timeout=15_000)
    assert owner.axe() == []
    assert not (site.box.data / "clock/owner.sources").exists()

    as_on_a_machine(page, "by-hand")
    page.reload()
    page.locator("#clock-at").wait_for()
    assert owner.axe() == []
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0, "wider than the screen"
    page.locator("#clock-at").fill("2026-01-01T12:00:00")
    page.get_by_test_id("set-clock").click()
    expect(page.locator("#clock-at-fault")).to_be_visible(timeout=15_000)
    owner.forgive("/api/clock")  # refused twice, as asked

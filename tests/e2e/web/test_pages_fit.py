"""Every page at a telephone's and a desk's width, in both languages and themes: axe and width."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from fixtures.browser import open_tab
from fixtures.site import Site

#: Settings pages, and what is there once each is; their own tests change things.
SETTINGS = (
    ("groups", "setting-row"),
    ("groups/1", "member"),
    ("numbers", "setting-row"),
    ("numbers/4008001234", "field"),
    ("people", "setting-row"),
    ("people/1001", "person-groups"),
    ("extensions", "setting-row"),
    ("extensions/8001", "renew"),
    ("hours", "setting-row"),
    ("hours/2", "week"),
    ("menus", "setting-row"),
    ("menus/1", "keys"),
    ("lists", "setting-row"),
    ("sheets/agent", "template"),
    ("lines", "setting-row"),
    ("lines/1", "field"),
    ("company", "field"),
    ("clock", "clock-state"),
    ("updates", "no-slots"),
    ("history?view=generations", "past-generation"),
    ("transfer", "export"),
)


@pytest.mark.req("SET-6")
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_every_page_is_accessible_and_fits(
    chromium: Browser, site: Site, home: str, code: str, width: int, theme: str, language: str
) -> None:
    """With a call in the queue and one with an agent, so that the board isn't empty."""
    wrong: list[str] = []
    recorded = site.caller()
    site.ended([site.place(recorded, keys=["1"], with_agent_s=1)])
    site.filed([recorded])
    calls = [site.place(site.caller(), keys=["1"], with_agent_s=60) for _ in range(2)]
    with open_tab(chromium, home, width=width, theme=theme, language=language) as tab:
        page = tab.page

        def look(name: str) -> None:
            wrong.extend(f"{name}: {what}" for what in tab.axe())
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append(f"{name}: wider than the screen")

        tab.open("/login")
        page.locator("#code").wait_for()
        look("log-in")
        tab.log_in(code)
        page.locator('[data-test="live-call"]').nth(1).wait_for()
        look("live")
        tab.open("/calls")
        page.get_by_test_id("call").first.wait_for()
        look("calls")
        page.get_by_test_id("hear").first.click()
        page.get_by_test_id("dock").wait_for()
        look("calls with player")
        with_sound = page.get_by_test_id("call").filter(has=page.get_by_test_id("hear"))
        with_sound.first.locator("time").click()
        page.get_by_test_id("call-page").wait_for()
        look("call")
        for path, ready in SETTINGS:
            tab.open(f"/settings/{path}")
            page.get_by_test_id(ready).first.wait_for()
            look(f"settings/{path}")
    for call in calls:
        site.exchange.hang_up(call)
    assert wrong == []
    assert tab.complaints == []

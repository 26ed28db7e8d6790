"""The page of updates: what a box in a container tells of it, and how it goes where there are slots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from fixtures.browser import Tab
from fixtures.people import People

#: Words by which a reader knows the sentence.
NO_SLOTS = {"zh": "双分区", "en": "two slots"}


@pytest.fixture(params=[("zh", 1440), ("en", 360), ("zh", 360)], ids=lambda it: f"{it[0]}-{it[1]}")
def owner(request: pytest.FixtureRequest, people: People, home: str) -> Iterator[Tab]:
    with people.owner_at(home, "/settings/updates", *request.param) as tab:
        yield tab


def slot(name: str, **more: object) -> dict[str, object]:
    plain = {"name": name, "running": False, "next": False, "state": "empty", "version": ""}
    return {**plain, "why": "", **more}


class Told:
    """What the page is told in the box's place, and what it asks for."""

    def __init__(self, page: Page) -> None:
        self.now: dict[str, Any] = {
            "slots": [
                slot("A", running=True, next=True, state="good", version="2026.11.22-a"),
                slot("B"),
            ],
            "doing": "idle", "percent": 0, "step": "", "file": "", "version": "", "fault": None,
            "bundles": [], "calls": 0,
        }  # fmt: skip
        self.asked: list[tuple[str, object]] = []
        page.route("**/api/update", lambda route: route.fulfill(json=self.now))
        page.route("**/api/update/*", self._act)

    def _act(self, route: Route) -> None:
        act = route.request.url.rpartition("/")[2]
        self.asked.append((act, route.request.post_data_json))
        if act == "install":
            self.now |= {"doing": "installing", "percent": 46, "bundles": []}
            self.now |= {"step": "Copying image to rootfs.1", "file": "good.raucb", "version": "v2"}
            self.now["slots"][1] = slot("B", state="writing")
        route.fulfill(json={"calls": self.now["calls"]} if act == "restart" else self.now)


def fits(tab: Tab) -> None:
    assert tab.axe() == []
    assert tab.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.req("SET-5", "SET-6")
def test_a_box_without_slots_says_so_and_offers_nothing(owner: Tab) -> None:
    page = owner.page
    language = "zh" if (page.get_attribute("html", "lang") or "").startswith("zh") else "en"
    expect(page.get_by_test_id("no-slots")).to_contain_text(NO_SLOTS[language])
    for act in ("install", "look", "restart", "back", "slot"):
        expect(page.get_by_test_id(act)).to_have_count(0)
    fits(owner)


@pytest.mark.req("SET-5")
def test_an_update_is_installed_and_tried_from_the_page(owner: Tab) -> None:
    page, told = owner.page, Told(owner.page)
    good = {"name": "good.raucb", "size_bytes": 400_000_000, "version": "v2", "fault": None}
    wrong = {"code": "update-untrusted", "zh": "签名不对。", "en": "Not signed by the maker."}
    told.now["bundles"] = [good, {**good, "name": "x.raucb", "version": "", "fault": wrong}]
    page.reload()
    expect(page.get_by_test_id("bundle")).to_have_count(2)
    expect(page.get_by_test_id("install")).to_have_count(1)
    fits(owner)
    page.get_by_test_id("install").click()
    expect(page.get_by_test_id("progress")).to_have_attribute("value", "46")
    expect(page.get_by_test_id("install")).to_have_count(0)
    fits(owner)

    waiting = slot("B", next=True, state="waiting", version="v2")
    told.now |= {"doing": "idle", "calls": 2}
    told.now["slots"] = [told.now["slots"][0] | {"next": False}, waiting]
    expect(page.get_by_test_id("progress")).to_have_count(0)
    page.get_by_test_id("restart").click()
    expect(page.locator(".asks")).to_contain_text("2")
    fits(owner)
    page.get_by_test_id("restart-now").click()
    expect(page.get_by_test_id("restarting")).to_be_visible()
    assert told.asked == [("install", {"file": "good.raucb"}), ("restart", {"cut_calls": True})]


@pytest.mark.req("SET-5")
def test_a_version_that_failed_is_told_with_its_reason(owner: Tab) -> None:
    page, told = owner.page, Told(owner.page)
    told.now["slots"][1] = slot("B", state="refused", version="2026.11.23-b", why="asterisk")
    page.reload()
    expect(page.get_by_test_id("outcome")).to_contain_text("2026.11.22-a")
    expect(page.get_by_test_id("outcome")).to_contain_text("Asterisk")
    expect(page.get_by_test_id("back")).to_have_count(0)
    fits(owner)
    told.now["slots"][1] = slot("B", state="good", version="2026.11.21-b")
    page.reload()
    page.get_by_test_id("back").click()
    expect(page.get_by_role("status").first).to_contain_text("2026.11.21-b")
    assert told.asked == [("back", None)]

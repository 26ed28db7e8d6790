"""The manual's pictures, taken by ``make pictures`` on the booted box (docs/manual/pictures)."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from e2e.changes import changed
from fixtures import softphone
from fixtures.boxes import REPO
from fixtures.browser import Tab, open_tab
from fixtures.desk import at_desk
from fixtures.people import People
from fixtures.site import Site

FOLDER = REPO / "docs/manual/pictures"
#: A file larger than this doesn't belong into the repository.
MOST_BYTES = 300_000


def take(site: Site, browser: Browser, told: str) -> None:
    """Each page that the manual shows, in both languages; ``told`` is the call of *A call*."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    people = People(site.box, browser)
    owner = people.fresh("owner")
    for language in ("zh", "en"):
        with open_tab(browser, f"https://{site.box.address}", language=language) as tab:
            _pages(tab, language, told, owner)
        with open_tab(browser, f"https://{site.box.address}", width=360, language=language) as tab:
            tab.log_in_as(owner, "/setup")
            tab.page.locator("main").first.wait_for()
            _keep(tab, "setup", language)


def take_desk(site: Site) -> None:
    """The desk in a call; all other calls have ended."""
    site.quiet()
    for phone in site.box.practice["phones"]:
        site.box.asterisk(f"queue pause member PJSIP/{phone['ext']}")
    with softphone.chromium(site.exchange_box.pid) as headsets:
        crew = People(site.box, headsets)
        for language in ("zh", "en"):
            with at_desk(headsets, site, crew, "1001", language=language) as desk:
                call = site.place("13900008888", keys=["1"], talk_s=60)
                desk.comes_to(stage="ringing")
                desk.press("F2")
                desk.comes_to(stage="talking")
                desk.page.wait_for_timeout(6000)
                _keep(desk.tab, "desk", language)
                site.exchange.hang_up(call)
                desk.comes_to(stage="idle")


def _pages(tab: Tab, language: str, told: str, owner: dict[str, object]) -> None:
    shown: dict[str, tuple[str, Callable[[Page], object]]] = {
        "home": ("/home", lambda page: expect(page.get_by_test_id("ceiling")).to_have_count(4)),
        "live": ("/", lambda page: page.get_by_test_id("live-call").first.wait_for()),
        "call": (f"/calls/{told}", lambda page: page.locator(".wave:not(.empty)").first.wait_for()),
        "group": ("/settings/groups/1", changed),
    }
    for name, (path, ready) in shown.items():
        tab.log_in_as(owner, path)
        ready(tab.page)
        _keep(tab, name, language)


def _keep(tab: Tab, name: str, language: str) -> None:
    tab.page.wait_for_timeout(600)
    kept = FOLDER / f"{name}-{language}.png"
    tab.page.screenshot(path=kept)
    tab.forgive("style-src")  # a screenshot hides the caret by a style of its own
    assert kept.stat().st_size < MOST_BYTES, f"{kept} is too large for the repository"

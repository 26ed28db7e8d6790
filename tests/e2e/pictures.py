"""Pictures of the pages on a booted box with calls going on; ``make pictures`` runs it.

``python3 -m e2e.pictures [FOLDER]`` boots a site of its own, places calls, and takes every page in
both languages, themes and widths into FOLDER (build/pictures); those of the READMEs go to
docs/pictures.
"""

from __future__ import annotations

import shutil
import sys
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Page

from e2e import manual_pictures
from e2e.changes import changed
from fixtures.boxes import REPO, box, exchange_box, until
from fixtures.browser import Tab, chromium, open_tab
from fixtures.exchange import ExchangeClient
from fixtures.people import leave_setup
from fixtures.site import Site

#: What the READMEs and docs show: page, language, theme, width.
KEPT = {
    ("live", "zh", "light", 1440),
    ("live", "en", "light", 1440),
    ("live", "zh", "light", 360),
    ("call", "zh", "light", 1440),
}
#: Customers of the exchange's own list, so that numbers of several cities are seen.
CITIES = ("057188001234", "02165001122", "01084001357")
VIP = "13900008888"
HEARD = "window.sounds.some(sound => sound.currentTime > 4)"


def booted() -> Site:
    """Box and exchange, fresh, with the practice agents logged in."""
    one, other = box(), exchange_box()
    for each in (one, other):
        each.down()
        each.reset()
        each.up()
    site = Site(one, other, ExchangeClient(other.address))
    until("the box is healthy", site.healthy, within_s=120, every_s=0.5)
    until("the exchange answers", lambda: site.exchange.up() is None, within_s=60)
    leave_setup(one)
    site.log_in_all()
    return site


def past(site: Site) -> str:
    """A morning's calls, ended and filed; the id of the one whose page is taken."""
    phones = site.box.practice["phones"]
    for phone in phones:
        site.exchange.change_agent(phone["ext"], talk_s=9)
    told = site.caller()
    calls = [site.place(told, keys=["1@6"], rating="5")]
    calls += [site.place(site.caller(), keys=["1"], rating=rating) for rating in "453"]
    site.ended(calls)
    calls = [site.place(number, keys=["1"], with_agent_s=11) for number in (*CITIES, VIP)]
    site.ended(calls)
    calls = [site.place(site.caller(), keys=["1"]) for _ in range(4)]
    calls += [site.place(site.caller(), keys=["2"], talk_s=12), site.place(site.caller(), talk_s=7)]
    calls += [site.place(site.caller(), keys=["9"], talk_s=14), site.place("13800000000")]
    calls += [site.place(site.caller(), keys=["1@6"], talk_s=6)]
    site.ended(calls)
    number = "from_number = %s AND result = 'answered'"
    return until(
        "filed", lambda: site.box.value(f"SELECT id FROM calls WHERE {number}", told), within_s=40
    )


def going_on(site: Site) -> list[str]:
    """Three talk, one agent is on a break, five callers wait: for as long as the pictures take."""
    phones = site.box.practice["phones"]
    for phone in phones:
        site.exchange.change_agent(phone["ext"], talk_s=600)
    site.exchange.dial(phones[3]["ext"], "*13")
    calls = [site.place(site.caller(), keys=["1"]) for _ in range(2)]
    calls.append(site.place(VIP, keys=["1"]))
    for call in calls:
        site.exchange.wait_for(call, lambda record: record["agents"], within_s=60)
    calls += [site.place(number, keys=["1@3"]) for number in CITIES]
    calls += [site.place(site.caller(), keys=["1@9"]) for _ in range(2)]
    until("callers wait", lambda: _waiting(site) >= 5, within_s=60)
    return calls


def passing(site: Site, page: Page) -> list[str]:
    """Calls too short for all the pictures: two leave a message, one listens to the menu."""
    calls = [site.place(site.caller(), keys=["9@2"]) for _ in range(2)]
    page.locator('[data-state="voicemail"]').nth(1).wait_for(timeout=60_000)
    calls.append(site.place(site.caller()))
    page.locator('[data-test="live-call"][data-state="menu"]').first.wait_for(timeout=60_000)
    return calls


def _waiting(site: Site) -> int:
    return int(site.box.asterisk("queue show g1").split(" has ")[1].split()[0])


def take(site: Site, browser: Browser, told: str, folder: Path) -> None:
    """Every page in every look."""
    home, code = f"https://{site.box.address}", site.box.secret("setup-code")
    for width in (1440, 360):
        for theme in ("light", "dark"):
            for language in ("zh", "en"):
                look = (language, theme, width)
                with open_tab(browser, home, width=width, theme=theme, language=language) as tab:
                    tab.open("/login")
                    tab.page.locator("#code").wait_for()
                    shoot(tab, folder, ("login", *look))
                    tab.log_in(code)
                    short = passing(site, tab.page)
                    shoot(tab, folder, ("live", *look))
                    for call in short:
                        site.exchange.hang_up(call)
                    tab.open("/calls")
                    tab.page.get_by_test_id("call").first.wait_for()
                    shoot(tab, folder, ("calls", *look))
                    tab.open(f"/calls/{told}")
                    tab.page.get_by_test_id("play").click()
                    tab.page.locator(".wave:not(.empty)").first.wait_for()
                    until("heard", partial(tab.page.evaluate, HEARD))
                    tab.page.get_by_test_id("play").click()
                    shoot(tab, folder, ("call", *look))
                    tab.open("/settings/groups/1")
                    changed(tab.page)
                    shoot(tab, folder, ("group", *look))
                assert not tab.complaints, tab.complaints


def shoot(tab: Tab, folder: Path, what: tuple[str, str, str, int]) -> None:
    page, language, theme, width = what
    file = folder / f"{page}-{language}-{theme}-{width}.png"
    tab.page.wait_for_timeout(400)
    tab.page.screenshot(path=file)
    tab.forgive("style-src")  # a screenshot hides the caret by a style of its own
    if what in KEPT:
        kept = REPO / "docs/pictures" / f"{page}-{language}-{width}.png"
        shutil.copyfile(file, kept)
        assert kept.stat().st_size < 300_000, f"{kept} is too large for the repository"


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else REPO / "build/pictures"
    folder.mkdir(parents=True, exist_ok=True)
    site = booted()
    try:
        told = past(site)
        calls = going_on(site)
        with chromium(site.exchange_box.pid) as browser:
            take(site, browser, told, folder)
            manual_pictures.take(site, browser, told)
        for call in calls:
            site.exchange.hang_up(call)
        manual_pictures.take_desk(site)
    finally:
        for each in (site.exchange_box, site.box):
            each.down()


if __name__ == "__main__":
    main()

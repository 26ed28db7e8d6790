"""What a desk sounds, shows and says: the ring, notices, keys pressed in a call, headsets that fail, calls left to ring."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, expect

from fixtures import browser, softphone
from fixtures.boxes import until
from fixtures.desk import Desk, at_desk
from fixtures.people import People
from fixtures.site import Site

#: Whether the ring is heard: an element that repeats, plays and has got on.
_RINGS = (
    "window.sounds.some(one => one.loop && !one.paused && one.currentTime > 0 && one.volume > 0)"
)
_NOTICES = """
window.notices = []; const Plain = Notification;
window.Notification = class extends Plain {
  constructor(title, more) { super(title, more); window.notices.push(this); this.said = [title, more.body]; this.is = 'made';
    this.addEventListener('show', () => { this.is = 'shown'; }); this.addEventListener('error', () => { this.is = 'failed'; });
    this.addEventListener('close', () => { this.is = 'closed'; }); }
};
Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' });
"""


def rings(site: Site, desk: Desk) -> tuple[str, str]:
    """A caller comes: the exchange's id, the number."""
    number = site.caller()
    call = site.place(number, keys=["1"], with_agent_s=60)
    desk.comes_to(stage="ringing", within_s=40)
    return call, number


def ended(site: Site, desk: Desk, call: str) -> None:
    site.exchange.hang_up(call)
    site.ended([call])
    desk.comes_to(stage="idle")


def sent(site: Site, desk: Desk) -> int:
    """RTP packets that Asterisk has had from the desk."""
    shown = site.box.asterisk("pjsip show channelstats")
    rows = [line.split() for line in shown.splitlines() if f" w{desk.agent}-" in line]
    return sum(int(row[4]) for row in rows if len(row) > 4 and row[4].isdigit())


@contextmanager
def desk_in(running: Browser, site: Site) -> Iterator[Desk]:
    """Agent 1001's desk in another browser."""
    with at_desk(running, site, People(site.box, running), "1001") as desk:
        yield desk


@pytest.mark.req("AGT-6", "TEL-6")
def test_it_rings_in_the_loudspeaker_and_in_the_title_until_it_is_answered(
    site: Site, desk: Desk
) -> None:
    call, _ = rings(site, desk)
    until("the ring plays", lambda: desk.page.evaluate(_RINGS))
    until("the title says so", lambda: re.match(r"\(\d+:\d\d\) 来电", desk.page.title()))
    desk.press("F2")
    desk.comes_to(stage="talking")
    until("it is still", lambda: not desk.page.evaluate(_RINGS))
    until("so is the title", lambda: "来电" not in desk.page.title())
    ended(site, desk, call)


@pytest.mark.req("AGT-6")
def test_a_page_in_the_background_shows_a_notice_and_takes_it_back(site: Site, desk: Desk) -> None:
    desk.page.context.grant_permissions(["notifications", "microphone"])
    desk.page.evaluate(_NOTICES)
    call, number = rings(site, desk)
    said = until("a notice", lambda: desk.page.evaluate("window.notices.map(one => one.said)"))
    (notice,) = said
    assert notice[1].replace(" ", "") == number
    shown = "window.notices[0].is"
    until("it is shown", lambda: desk.page.evaluate(shown) == "shown")
    desk.press("F2")
    desk.comes_to(stage="talking")
    until("it is gone", lambda: desk.page.evaluate(shown) == "closed")
    ended(site, desk, call)


@pytest.mark.req("AGT-2")
def test_keys_pressed_in_a_call_reach_the_other_side(site: Site, desk: Desk) -> None:
    call, _ = rings(site, desk)
    desk.press("F2")
    desk.comes_to(stage="talking")
    desk.page.get_by_test_id("introduces").wait_for(state="detached", timeout=15_000)
    exchange = site.exchange_box
    exchange.asterisk("logger add channel keys dtmf")
    try:
        desk.press("F7", "4", "7", "#")
        desk.page.get_by_test_id("key-9").click()

        def heard() -> bool:
            log = exchange.sh("sh", "-c", "cat /data/exchange/asterisk-log/keys")
            return re.findall(r"DTMF end '(.)' received", log) == ["4", "7", "#", "9"]

        until("the other side has them", heard, within_s=10)
    finally:
        exchange.asterisk("logger remove channel keys")
    desk.press("Escape")
    ended(site, desk, call)


@pytest.mark.req("AGT-6", "TEL-6")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([*softphone.ARGUMENTS[1:], "--use-fake-device-for-media-stream"], "浏览器不许用麦克风"),
        ([*softphone.ARGUMENTS], "没有找到麦克风"),
    ],
    ids=["refused", "absent"],
)
def test_without_a_microphone_the_desk_says_why_and_what_to_do(
    site: Site, phones_back: None, nobody_free: None, arguments: list[str], words: str
) -> None:
    with (
        browser.chromium(site.exchange_box.pid, *arguments) as running,
        desk_in(running, site) as desk,
    ):
        call, _ = rings(site, desk)
        desk.press("F2")
        trouble = desk.page.get_by_test_id("trouble-voice")
        expect(trouble).to_contain_text(words)
        expect(trouble).to_contain_text("再点重试")
        assert desk.stage == "ringing", "the caller still rings, and goes to the next in time"
        assert desk.tab.axe() == []
        ended(site, desk, call)
        assert desk.tab.complaints == []


@pytest.mark.req("AGT-6", "TEL-6")
def test_another_microphone_is_chosen_in_the_middle_of_a_call(
    site: Site, phones_back: None, nobody_free: None
) -> None:
    several = "--use-fake-device-for-media-stream=device-count=3"
    with (
        browser.chromium(site.exchange_box.pid, several, *softphone.ARGUMENTS) as running,
        desk_in(running, site) as desk,
    ):
        call, _ = rings(site, desk)
        desk.press("F2")
        desk.comes_to(stage="talking")
        desk.page.get_by_test_id("introduces").wait_for(state="detached", timeout=15_000)
        desk.page.get_by_test_id("devices").first.click()
        choice = desk.page.get_by_test_id("microphone")
        until("all are listed", lambda: choice.locator("option").count() >= 3)
        choice.select_option(index=2)
        chosen = choice.input_value()
        desk.press("Escape")
        before = sent(site, desk)
        until("the voice goes on", lambda: sent(site, desk) > before + 50, within_s=10)
        kept = desk.page.evaluate("JSON.parse(localStorage.getItem('linebox.phone.devices'))")
        assert kept["microphone"] == chosen != ""
        ended(site, desk, call)


@pytest.fixture
def impatient(site: Site) -> Iterator[None]:
    """Group 1 rings 5 s, and one call that rings out pauses."""
    (before,) = site.box.rows("SELECT ring_s, max_missed FROM groups WHERE id = 1")

    def put(ring_s: int, most: int) -> None:
        set_ = "UPDATE groups SET ring_s = %s, max_missed = %s WHERE id = 1 RETURNING id"
        site.box.rows(set_, ring_s, most)
        site.box.sh("linebox", "apply")

    put(5, 1)
    yield
    put(before["ring_s"], before["max_missed"])


def paused_as(site: Site, agent: str) -> str:
    """Why Asterisk holds an agent paused; empty when it doesn't."""
    found = re.search(rf"PJSIP/w{agent}\).*?\(paused:([^ )]+)", site.box.asterisk("queue show g1"))
    return found[1] if found else ""


@pytest.mark.req("ACD-13", "AGT-1")
def test_who_lets_a_call_ring_out_is_paused_and_told_why(
    site: Site, desk: Desk, impatient: None
) -> None:
    call, _ = rings(site, desk)
    desk.comes_to(stage="idle", state="paused", within_s=30)
    assert "未接来电" in desk.page.get_by_test_id("own-state").first.inner_text()
    until("the journal's reason", lambda: paused_as(site, "1001") == "missed")
    site.exchange.hang_up(call)
    site.ended([call])
    desk.press("Alt+1")
    desk.comes_to(state="ready")
    assert paused_as(site, "1001") == ""
    # Asterisk does it by itself.
    site.box.stop("linebox-calld")
    try:
        call, _ = rings(site, desk)
        until("paused", lambda: paused_as(site, "1001") == "Auto-Pause", within_s=15)
        site.exchange.hang_up(call)
        site.ended([call])
    finally:
        site.box.systemctl("start", "linebox-calld")
    desk.comes_to(source="live", state="paused", within_s=60)
    assert "未接来电" in desk.page.get_by_test_id("own-state").first.inner_text()
    desk.tab.forgive("Failed to load resource", "WebSocket connection")


@pytest.mark.req("ACD-13")
def test_who_may_miss_two_is_paused_after_the_second(
    site: Site, desk: Desk, impatient: None
) -> None:
    site.box.rows("UPDATE groups SET max_missed = 2 WHERE id = 1 RETURNING id")
    site.box.sh("linebox", "apply")
    # calld reads the new generation's names.
    desk.page.wait_for_timeout(2500)
    call, _ = rings(site, desk)
    desk.comes_to(stage="idle", state="ready", within_s=15)
    desk.comes_to(stage="ringing", within_s=15)
    desk.comes_to(stage="idle", state="paused", within_s=30)
    assert paused_as(site, "1001") == "missed"
    site.exchange.hang_up(call)
    site.ended([call])

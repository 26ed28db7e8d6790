"""The agent's desk with two browser phones: a day in miniature, and what breaks in the middle of it.

What a page says is held against Asterisk's own word (``queue show``) and the exchange's log.
"""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Browser

from fixtures.boxes import until
from fixtures.browser import open_tab
from fixtures.desk import Desk, at_desk
from fixtures.people import People
from fixtures.site import Site


def members(site: Site) -> dict[str, str]:
    """Asterisk's line about each member's interface of group 1."""
    lines = site.box.asterisk("queue show g1").splitlines()
    return {
        line.split("(PJSIP/")[1].split(")")[0]: line
        for line in lines
        if "(PJSIP/" in line and "Callers" not in line
    }


def in_bridge(site: Site, desk: Desk) -> bool:
    """Does the desk's leg hear somebody?"""
    legs = site.box.asterisk("core show channels concise").splitlines()
    return any(leg.startswith(f"PJSIP/w{desk.agent}-") and leg.split("!")[-2] for leg in legs)


def takes(site: Site, desk: Desk, *, with_agent_s: float = 60) -> tuple[str, str]:
    """A caller comes, is seen and answered by key, is told the staff number and talks; the
    exchange's id and the number. Until then nothing can be handed over, nor is a lost leg noticed."""
    number = site.caller()
    call = site.place(number, keys=["1"], with_agent_s=with_agent_s)
    desk.comes_to(stage="ringing", within_s=40)
    desk.shows_pop_of(number)
    desk.press("F2")
    desk.comes_to(stage="talking", state="talking")
    until("together", lambda: in_bridge(site, desk))
    return call, number


def handed_over(site: Site, desk: Desk) -> None:
    """The call is another's: neither the page nor the live picture shows this agent in it."""
    desk.comes_to(stage="idle")
    until(
        "free in the live picture",
        lambda: desk.source == "live" and desk.state in ("ready", "wrapup"),
    )


@pytest.mark.req("TEL-6", "AGT-1", "AGT-2", "AGT-3", "AGT-6")
def test_agent_takes_holds_and_ends_a_call_by_keys_alone(site: Site, desk: Desk) -> None:
    call, number = takes(site, desk)
    assert desk.page.get_by_test_id("path").inner_text().count("1") > 0
    desk.press("F4")
    until("held", lambda: "保持" in desk.page.get_by_test_id("phone").inner_text())
    desk.press("F4", "F9")
    desk.page.get_by_test_id("muted").wait_for()
    desk.press("F9", "Shift+F2")
    desk.comes_to(stage="idle", state="wrapup")
    desk.press("Alt+3")
    desk.comes_to(state="ready", source="live")
    site.exchange.hang_up(call)
    (record,) = site.ended([call])
    row = site.filed([number])[number]
    assert (row["result"], row["agent"]) == ("answered", "1001"), record


@pytest.mark.req("ACD-8", "AGT-6")
def test_while_the_caller_is_told_the_staff_number_the_desk_says_so(site: Site, desk: Desk) -> None:
    number = site.caller()
    call = site.place(number, keys=["1"], with_agent_s=60)
    desk.comes_to(stage="ringing", within_s=40)
    desk.press("F2")
    introduces = desk.page.get_by_test_id("introduces")
    introduces.wait_for(timeout=20_000)
    assert not in_bridge(site, desk)
    introduces.wait_for(state="detached", timeout=20_000)
    until("together", lambda: in_bridge(site, desk), within_s=5)
    desk.press("Shift+F2")
    desk.comes_to(stage="idle")
    site.exchange.hang_up(call)
    site.ended([call])


@pytest.mark.req("AGT-1", "ACD-8")
def test_state_is_asterisks_whoever_changes_it(site: Site, desk: Desk) -> None:
    desk.press("Alt+2", "2")
    desk.comes_to(state="paused", source="live")
    assert "paused:meal" in members(site)["w1001"]
    desk.press("Alt+1")
    desk.comes_to(state="ready")
    assert "paused" not in members(site)["w1001"]
    site.box.asterisk("queue pause member PJSIP/w1001 queue g1 reason meeting")
    desk.comes_to(state="paused")


@pytest.mark.req("AGT-6", "ACD-8")
def test_customer_comes_back_to_the_same_agent_after_a_reload(site: Site, desk: Desk) -> None:
    _, number = takes(site, desk)
    began = time.monotonic()
    desk.page.reload()
    desk.comes_to(stage="talking")
    came_back_s = time.monotonic() - began
    assert came_back_s < 6, f"{came_back_s:.1f} s"
    assert desk.page.get_by_test_id("pop").get_attribute("data-number") == number
    desk.press("Shift+F2")
    desk.comes_to(stage="idle")


@pytest.mark.req("AGT-6", "TEL-6")
def test_with_webd_dead_calls_go_on_and_buttons_dial(site: Site, desk: Desk) -> None:
    takes(site, desk)
    site.box.stop("linebox-webd")
    try:
        desk.page.get_by_test_id("gone").wait_for(timeout=10_000)
        assert desk.stage == "talking"
        desk.press("Shift+F2")
        desk.comes_to(stage="idle")
        desk.press("Alt+2", "3")
        desk.comes_to(state="paused", source="dialled")
        until("paused in Asterisk", lambda: "paused:meeting" in members(site)["w1001"])
        desk.press("Alt+1")
        desk.comes_to(state="ready", source="dialled")
        number = site.caller()
        site.place(number, keys=["1"], with_agent_s=30)
        desk.comes_to(stage="ringing", within_s=60)
        assert desk.page.get_by_test_id("pop").get_attribute("data-number") == number
        desk.press("F2")
        desk.comes_to(stage="talking")
    finally:
        site.box.systemctl("start", "linebox-webd")
    until("fed again", lambda: desk.page.get_by_test_id("gone").count() == 0, within_s=30)
    assert desk.stage == "talking"
    desk.press("Shift+F2")
    desk.comes_to(stage="idle", source="live")
    desk.tab.forgive("Failed to load resource", "WebSocket connection")


@pytest.mark.req("AGT-6", "TEL-6")
def test_second_tab_asks_and_takes_the_call_over_when_told(site: Site, desk: Desk) -> None:
    takes(site, desk)
    page = desk.page.context.new_page()
    page.goto(desk.tab.home + "/desk")
    second = Desk(page, desk.tab, desk.agent)
    second.comes_to(line="busy")
    assert desk.stage == "talking"
    page.get_by_test_id("trouble-line").get_by_role("button").click()
    desk.comes_to(line="elsewhere", stage="idle")
    second.comes_to(stage="talking", within_s=25)
    second.press("Shift+F2")
    second.comes_to(stage="idle")
    page.close()
    desk.comes_to(line="registered")


@pytest.mark.req("AGT-2")
def test_colleague_is_asked_joins_and_gets_the_caller_with_the_pop(
    site: Site, desk: Desk, headsets: Browser, crew: People
) -> None:
    call, number = takes(site, desk)
    with at_desk(headsets, site, crew, "1002") as colleague:
        desk.press("F8")
        desk.page.get_by_test_id("target").fill("1002")
        desk.press("Shift+Enter")
        colleague.comes_to(stage="ringing")
        # Who rings is the colleague, whom it is about the caller.
        colleague.shows_pop_of(number)
        assert colleague.page.get_by_test_id("caller").inner_text() == "1001"
        assert colleague.page.get_by_test_id("path").inner_text().count("1") > 0
        colleague.press("F2")
        colleague.comes_to(stage="talking")
        colleague.page.get_by_test_id("about").wait_for()
        assert "保持" in desk.page.get_by_test_id("phone").inner_text()
        desk.press("F10")
        until("three", lambda: "三方通话" in desk.page.get_by_test_id("phone").inner_text())
        desk.press("F8")
        desk.comes_to(stage="idle")
        assert colleague.stage == "talking"
        colleague.shows_pop_of(number)
        handed_over(site, desk)
        assert colleague.page.get_by_test_id("about").count() == 0
        assert colleague.page.get_by_test_id("caller").inner_text().replace(" ", "") == number
        colleague.press("Shift+F2")
        colleague.comes_to(stage="idle")
        site.exchange.hang_up(call)
        site.ended([call])
        assert colleague.tab.complaints == []


@pytest.mark.req("AGT-2", "AGT-3")
def test_caller_sent_on_to_a_colleague_arrives_with_the_pop(
    site: Site, desk: Desk, headsets: Browser, crew: People
) -> None:
    with at_desk(headsets, site, crew, "1002") as colleague:
        # Who has no group's calls: the caller must come by the transfer.
        colleague.press("Alt+2", "5")
        colleague.comes_to(state="paused")
        call, number = takes(site, desk)
        colleague.press("Alt+1")
        colleague.comes_to(state="ready")
        desk.press("F8")
        desk.page.get_by_test_id("target").fill("1002")
        desk.press("Enter")
        colleague.comes_to(stage="ringing")
        colleague.shows_pop_of(number)
        colleague.press("F2")
        colleague.comes_to(stage="talking")
        handed_over(site, desk)
        colleague.press("Shift+F2")
        colleague.comes_to(stage="idle")
        site.exchange.hang_up(call)
        site.ended([call])
        assert colleague.tab.complaints == []


@pytest.mark.req("AGT-6", "TEL-6")
def test_page_is_told_at_once_that_the_phone_is_used_elsewhere(
    site: Site, desk: Desk, headsets: Browser, crew: People
) -> None:
    with open_tab(headsets, desk.tab.home) as tab:
        tab.log_in_as(crew.fresh(desk.agent), "/desk")
        other = Desk(tab.page, tab, desk.agent)
        other.comes_to(line="registered")
        desk.comes_to(line="replaced", within_s=15)
        desk.page.get_by_test_id("trouble-line").wait_for()
        assert other.line == "registered"
    desk.tab.forgive("401")


@pytest.mark.req("AGT-6")
def test_hanging_up_and_leaving_at_once_ends_the_call(site: Site, desk: Desk) -> None:
    takes(site, desk)
    desk.press("Shift+F2")
    desk.page.goto("about:blank")
    leg = f"PJSIP/w{desk.agent}-"
    # A leg that is lost without a BYE is noticed after 4 s only.
    until("told", lambda: leg not in site.box.asterisk("core show channels concise"), within_s=2)
    desk.page.goto(desk.tab.home + "/desk")
    desk.comes_to(line="registered", stage="idle")
    # An empty page has no storage for what every tab is begun with.
    desk.tab.forgive("'localStorage'")


@pytest.mark.req("TEL-6", "AGT-6")
def test_devices_are_tried_by_an_echo_and_the_pad_dials(site: Site, desk: Desk) -> None:
    desk.page.get_by_test_id("devices").first.click()
    desk.page.get_by_test_id("echo").click()
    until("echo", lambda: "Echo" in site.box.asterisk("core show channels concise"))
    desk.page.get_by_test_id("echo").click()
    until("no echo", lambda: "Echo" not in site.box.asterisk("core show channels concise"))
    desk.press("Escape")
    desk.press("F7")
    desk.page.keyboard.type("13800000060")
    desk.press("Enter")
    desk.comes_to(stage="talking")
    desk.press("Shift+F2")
    desk.comes_to(stage="idle")


@pytest.mark.req("AGT-3")
def test_a_caller_is_called_back_by_one_click(site: Site, desk: Desk) -> None:
    call, number = takes(site, desk)
    desk.press("Shift+F2")
    desk.comes_to(stage="idle", state="wrapup")
    site.exchange.hang_up(call)
    site.filed([number])
    desk.tab.open("/mine")
    desk.page.get_by_test_id("mine").wait_for()
    assert desk.tab.axe() == []
    desk.page.get_by_test_id("call-back").first.click()
    desk.comes_to(stage="talking", within_s=20)
    assert desk.page.get_by_test_id("caller").inner_text().replace(" ", "") == number
    desk.press("Shift+F2")
    desk.comes_to(stage="idle")
    back = "SELECT count(*) FROM calls WHERE direction = 'out' AND did = %s"
    until("filed", lambda: site.box.value(back, number) == 1)


@pytest.mark.req("AGT-3")
def test_pop_is_drawn_within_150_ms_of_the_invite(site: Site, desk: Desk) -> None:
    for _ in range(3):
        takes(site, desk)
        desk.press("Shift+F2")
        desk.comes_to(state="wrapup")
        desk.press("Alt+3")
        desk.comes_to(state="ready")
    invites, pops = desk.marks("linebox:invite"), desk.marks("linebox:pop")
    assert len(invites) == len(pops) == 3
    assert max(pop - invite for invite, pop in zip(invites, pops, strict=True)) <= 150


@pytest.mark.req("AGT-6")
def test_desk_is_accessible_in_every_state(site: Site, desk: Desk) -> None:
    assert desk.tab.axe() == []
    for key in ("F1", "F7"):
        desk.press(key)
        assert desk.tab.axe() == [], key
        desk.press("Escape")
    desk.page.get_by_test_id("devices").first.click()
    assert desk.tab.axe() == [], "devices"
    desk.press("Escape")
    number = site.caller()
    site.place(number, keys=["1"], with_agent_s=60)
    desk.comes_to(stage="ringing", within_s=40)
    assert desk.tab.axe() == [], "ringing"
    desk.press("F2")
    desk.comes_to(stage="talking")
    assert desk.tab.axe() == [], "talking"
    desk.press("F8")
    assert desk.tab.axe() == [], "transfer"
    desk.press("Escape", "Shift+F2")
    desk.comes_to(stage="idle")

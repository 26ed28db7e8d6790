"""What breaks in the middle of a call at the desk: the call goes on, the page says so, and all finds together again."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

from fixtures.boxes import until
from fixtures.day import PATIENT_S, Shift, cut_off
from fixtures.desk import Desk
from fixtures.site import Site

#: What the browser itself notes of a service that is away.
AWAY = ("Failed to load resource", "WebSocket connection")


def ends(today: Shift, desk: Desk, call: str, number: str) -> None:
    """The agent hangs up; the exchange and the books agree; the agent is ready again."""
    desk.press("Shift+F2")
    desk.comes_to(stage="idle", within_s=PATIENT_S)
    record = today.site.exchange.ended(call)
    row = today.site.filed([number], within_s=90)[number]
    assert (row["result"], row["agent"], row["cut"]) == ("answered", desk.agent, False)
    lasted = (row["ended_at"] - row["started_at"]).total_seconds()
    assert abs(lasted - (record["ended_at"] - record["invited_at"])) <= 2.5
    if desk.state == "wrapup":
        desk.press("Alt+3")
    desk.comes_to(state="ready", within_s=PATIENT_S)


def fed_again(today: Shift) -> None:
    """No page shows an old picture any more."""
    for tab in (today.board, *(desk.tab for desk in today.desks.values())):
        expect(tab.page.get_by_test_id("gone")).to_have_count(0, timeout=60_000)


@pytest.mark.req("AGT-1", "AGT-6", "ACD-8", "TEL-6")
def test_webd_killed_in_a_call_and_the_state_goes_by_the_phone(site: Site, today: Shift) -> None:
    desk, call, number = today.takes()
    site.box.kill9("linebox-webd")
    site.box.stop("linebox-webd")
    try:
        desk.page.get_by_test_id("gone").wait_for(timeout=30_000)
        today.goes_on(desk, number)
        desk.press("Alt+2", "3")

        def paused() -> bool:
            return "(paused:meeting" in today.members()[desk.agent].said

        until("paused in Asterisk", paused, within_s=PATIENT_S)
        desk.page.get_by_test_id("trouble-dialled").wait_for(timeout=10_000)
        today.goes_on(desk, number)
    finally:
        site.box.systemctl("start", "linebox-webd")
    fed_again(today)
    today.goes_on(desk, number)
    desk.press("Alt+1")
    until("ready in Asterisk", lambda: not paused(), within_s=PATIENT_S)
    ends(today, desk, call, number)
    today.agree(a1001="ready", a1002="ready")
    today.forgive(*AWAY)


@pytest.mark.req("AGT-6", "SUP-1")
def test_calld_killed_in_a_call(site: Site, today: Shift) -> None:
    desk, call, number = today.takes()
    site.box.kill9("linebox-calld")
    desk.page.get_by_test_id("gone").wait_for(timeout=30_000)
    today.goes_on(desk, number)
    fed_again(today)
    today.agree(**{f"a{desk.agent}": "talking"})
    today.goes_on(desk, number)
    ends(today, desk, call, number)
    today.agree(a1001="ready", a1002="ready")
    today.forgive(*AWAY)


@pytest.mark.expects_errors("odbc")
@pytest.mark.req("AGT-3", "AGT-6")
def test_database_stopped_in_a_call_and_the_pop_says_so(site: Site, today: Shift) -> None:
    desk, call, number = today.takes()
    site.box.stop("postgresql")
    try:
        today.goes_on(desk, number)
        desk.press("Shift+F2")
        desk.comes_to(stage="idle", within_s=PATIENT_S)
        site.exchange.ended(call)
        if desk.state == "wrapup":
            desk.press("Alt+3")
        desk.comes_to(state="ready", within_s=PATIENT_S)
        next_number = today.customer()
        next_call = site.place(next_number, keys=["1"])
        rung = today.rings()
        pop = rung.page.get_by_test_id("pop")
        expect(pop).to_have_attribute("data-number", next_number)
        expect(pop).to_contain_text("客户资料暂时读不到", timeout=PATIENT_S * 1000)
        assert "1" in rung.page.get_by_test_id("path").inner_text().split()[1:]
        rung.press("F2")
        rung.comes_to(stage="talking", within_s=PATIENT_S)
        until("connected", lambda: next_number in today.customers_talk_with(), within_s=PATIENT_S)
        today.goes_on(rung, next_number)
    finally:
        site.box.systemctl("start", "postgresql")
    today.goes_on(rung, next_number)
    ends(today, rung, next_call, next_number)
    row = site.filed([number], within_s=90)[number]
    assert (row["result"], row["agent"]) == ("answered", desk.agent)
    today.agree(a1001="ready", a1002="ready")
    today.forgive(*AWAY)


@pytest.mark.req("AGT-6", "ACD-8")
def test_reloaded_in_a_call_the_customer_is_back_within_10_s(site: Site, today: Shift) -> None:
    desk, call, number = today.takes()
    before = {one[-1] for one in today.channels()}
    began = time.monotonic()
    desk.page.reload(wait_until="commit")

    def back() -> bool:
        with_customer = today.customers_talk_with().get(number) == f"w{desk.agent}"
        phones = [one for one in today.channels() if one[0].startswith(f"PJSIP/w{desk.agent}-")]
        return with_customer and {one[-1] for one in phones}.isdisjoint(before)

    until("the customer is back with the same agent", back, within_s=30, every_s=0.1)
    took_s = time.monotonic() - began
    print(f"back after {took_s:.1f} s")
    assert took_s <= 10
    desk.comes_to(stage="talking", within_s=PATIENT_S)
    desk.shows_pop_of(number)
    assert today.other(desk).stage == "idle"
    today.agree(**{f"a{desk.agent}": "talking"})
    today.goes_on(desk, number)
    ends(today, desk, call, number)


@pytest.mark.req("AGT-6", "TEL-6")
def test_network_away_for_3_s_in_a_call(site: Site, today: Shift) -> None:
    desk, call, number = today.takes()
    phone = f"w{desk.agent}"
    (before,) = (one[-1] for one in today.channels() if one[0].startswith(f"PJSIP/{phone}-"))
    with cut_off(site):
        desk.page.wait_for_timeout(300)
        stood_at = today.heard(phone)
        desk.page.wait_for_timeout(2700)
        assert today.heard(phone) == stood_at, "nothing was cut"
    today.goes_on(desk, number)
    fed_again(today)
    (after,) = (one[-1] for one in today.channels() if one[0].startswith(f"PJSIP/{phone}-"))
    assert before == after, "the call was made anew"
    desk.comes_to(line="registered", within_s=PATIENT_S)
    today.agree(**{f"a{desk.agent}": "talking"})
    ends(today, desk, call, number)
    today.forgive(*AWAY)

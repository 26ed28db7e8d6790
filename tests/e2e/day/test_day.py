"""The whole of a day in miniature: two browser phones, the exchange's customers, and Asterisk's word on each stage."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from fixtures.boxes import until
from fixtures.day import PATIENT_S, Shift, rates
from fixtures.desk import Desk


@pytest.mark.req("TEL-6", "AGT-1", "AGT-2", "AGT-3", "AGT-6", "SUP-1", "CRM-1", "ACD-8")
def test_a_day_in_miniature(today: Shift) -> None:
    takes_and_hands_over(today)
    breaks_and_a_lost_caller(today)
    today.clean()


def takes_and_hands_over(today: Shift) -> None:
    """A call rings with its pop, is held and taken back, handed on blind, brought back after asking, rated, written up."""
    site, number = today.site, today.customer()
    call = site.place(number, keys=["1"], rating="5", rating_after_s=0.5)
    first = today.rings()
    second = today.other(first)
    one, two = f"a{first.agent}", f"a{second.agent}"
    first.shows_pop_of(number)
    assert "杭州" in first.page.get_by_test_id("phone").inner_text()
    assert "1" in first.page.get_by_test_id("path").inner_text().split()[1:]
    today.agree(**{one: "ringing", two: "ready"})

    first.press("F2")
    first.comes_to(stage="talking", within_s=PATIENT_S)
    until("connected", lambda: number in today.customers_talk_with(), within_s=PATIENT_S)
    today.agree(**{one: "talking", two: "ready"})
    today.goes_on(first, number)

    first.press("F4")
    until("held", lambda: today.holds(first))
    expect(first.page.get_by_test_id("hold")).to_have_attribute("aria-pressed", "true")
    first.press("F4")
    until("taken back", lambda: not today.holds(first))
    expect(first.page.get_by_test_id("hold")).to_have_attribute("aria-pressed", "false")
    today.goes_on(first, number)

    first.press("F8")
    first.page.get_by_test_id("target").fill(second.agent)
    first.press("Enter")
    second.comes_to(stage="ringing", within_s=PATIENT_S)
    second.shows_pop_of(number)
    second.press("F2")
    second.comes_to(stage="talking", within_s=PATIENT_S)
    first.comes_to(stage="idle", within_s=PATIENT_S)
    until("with the other", lambda: today.customers_talk_with().get(number) == f"w{second.agent}")
    today.agree(**{two: "talking"})
    if first.state == "wrapup":
        first.press("Alt+3")
    today.agree(**{one: "ready", two: "talking"})

    second.press("F8")
    second.page.get_by_test_id("target").fill(first.agent)
    second.press("Shift+Enter")
    first.comes_to(stage="ringing", within_s=PATIENT_S)
    first.press("F2")
    first.comes_to(stage="talking", within_s=PATIENT_S)
    until("the other is held", lambda: "保持" in second.page.get_by_test_id("phone").inner_text())
    second.press("F8")
    second.comes_to(stage="idle", within_s=PATIENT_S)
    until("back again", lambda: today.customers_talk_with().get(number) == f"w{first.agent}")
    first.shows_pop_of(number)
    today.agree(**{one: "talking"})
    today.goes_on(first, number)

    first.press("Shift+F2")
    first.comes_to(stage="idle", within_s=PATIENT_S)
    rating = today.board.page.locator(f'[data-test="live-call"][data-from="{number}"]')
    expect(rating).to_have_attribute("data-state", "rating", timeout=PATIENT_S * 1000)
    rates(site, number)
    site.exchange.ended(call)
    writes_up(first, number)
    for desk in (first, second):
        if desk.state == "wrapup":
            desk.press("Alt+3")
        desk.comes_to(state="ready", within_s=PATIENT_S)
    today.agree(a1001="ready", a1002="ready")


def writes_up(desk: Desk, number: str) -> None:
    """The service record of the call that was just ended, complete."""
    page = desk.page
    assert page.get_by_test_id("pop").get_attribute("data-number") == number
    page.get_by_test_id("note").fill("答应明天上门")
    page.get_by_test_id("head-1").click()
    if page.get_by_test_id("child-1").count():
        page.get_by_test_id("child-1").click()
    page.get_by_test_id("outcome-solved").click()
    finish = page.get_by_test_id("finish")
    finish.click()
    # Finished, or gone with the end of the wrap-up.
    until("finished", lambda: not (finish.is_visible() and finish.is_enabled()), within_s=PATIENT_S)


def breaks_and_a_lost_caller(today: Shift) -> None:
    """Both take a break, each with a reason; a customer waits, gives up; they come back."""
    one, two = today.desks.values()
    one.press("Alt+2", "2")
    two.press("Alt+2", "3")
    today.agree(a1001="paused", a1002="paused")
    assert "(paused:meal" in today.members()["1001"].said
    assert "(paused:meeting" in today.members()["1002"].said
    number = today.customer()
    call = today.site.place(number, keys=["1"])
    until("waits", lambda: today.waiting() == 1, within_s=PATIENT_S)
    today.agree(a1001="paused", a1002="paused")
    today.site.exchange.hang_up(call)
    until("has gone", lambda: today.waiting() == 0)
    one.press("Alt+1")
    two.press("Alt+1")
    today.agree(a1001="ready", a1002="ready")
    assert one.stage == two.stage == "idle"

"""The whole of a day in miniature: two browser phones, the exchange's customers, and Asterisk's word on each stage."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from fixtures.boxes import until
from fixtures.day import PATIENT_S, Shift, moved, rates
from fixtures.desk import Desk
from fixtures.site import Site

#: How far a length may be off between the exchange's log and ours: seconds, on a loaded machine.
LATE_S = 2.5


@pytest.mark.req("TEL-6", "AGT-1", "AGT-2", "AGT-3", "AGT-6", "SUP-1", "CRM-1", "ACD-7", "ACD-8")
def test_a_day_in_miniature(today: Shift) -> None:
    number, call, last = takes_and_hands_over(today)
    abandoned, lost = breaks_and_a_lost_caller(today)
    back = calls_back(today, last, abandoned)
    books(today.site, number, call, last)
    lost_and_found(today.site, abandoned, lost, back, last)
    today.clean()


def takes_and_hands_over(today: Shift) -> tuple[str, str, Desk]:
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
    return number, call, first


def writes_up(desk: Desk, number: str) -> None:
    """The service record of the call that was just ended, complete."""
    page = desk.page
    assert page.get_by_test_id("pop").get_attribute("data-number") == number
    page.get_by_test_id("note").fill("答应明天上门")
    page.get_by_test_id("head-1").click()
    if page.get_by_test_id("child-1").count():
        page.get_by_test_id("child-1").click()
    page.get_by_test_id("outcome-solved").click()
    page.get_by_test_id("finish").click()
    # Finished, or gone with the end of the wrap-up.
    waits = page.locator('[data-test="finish"]:enabled')
    until("finished", lambda: waits.count() == 0, within_s=PATIENT_S)


def breaks_and_a_lost_caller(today: Shift) -> tuple[str, str]:
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
    return number, call


def calls_back(today: Shift, desk: Desk, number: str) -> str:
    """The lost caller stands in the list, is taken and called by one click; the exchange's id of that call."""
    today.site.filed([number], within_s=90)
    page = desk.page
    page.locator('nav.rail a[href="/follow-ups"]').click()
    # Its number is masked until somebody takes it.
    (stands,) = today.box.rows("SELECT id FROM follow_ups WHERE number = %s", number)
    line = page.locator(f'[data-test="line"][data-id="{stands["id"]}"]')
    expect(line).to_have_attribute("data-state", "open", timeout=PATIENT_S * 1000)
    line.get_by_test_id("take").click()
    expect(line).to_have_attribute("data-state", "taken")
    since = today.site.exchange.calls()
    known = {one["id"] for one in since}
    line.get_by_test_id("call").click()

    def answered() -> str:
        calls = [one for one in today.site.exchange.calls() if one["id"] not in known]
        (call,) = [one["id"] for one in calls if one["to"] == number and one["answered_at"]]
        return str(call)

    call: str = until("the customer answers", answered, within_s=PATIENT_S)
    state = "SELECT state FROM follow_ups WHERE number = %s"
    until("noted", lambda: today.box.value(state, number) == "called", within_s=PATIENT_S)
    desk.comes_to(stage="talking", state="talking", within_s=PATIENT_S)
    today.agree(only_agents=True, **{f"a{desk.agent}": "talking"})
    desk.press("Shift+F2")
    desk.comes_to(stage="idle", within_s=PATIENT_S)
    record = today.site.exchange.ended(call)
    assert record["ended_by"] == "box", record
    page.locator('nav.rail a[href="/follow-ups"]').click()
    line.get_by_test_id("close").click()
    page.get_by_test_id("close-dialog").get_by_label("联系上了").check()
    page.get_by_test_id("close-do").click()
    expect(line).to_have_count(0)
    page.locator('nav.rail a[href="/desk"]').click()
    if desk.state == "wrapup":
        desk.press("Alt+3")
    today.agree(a1001="ready", a1002="ready")
    return call


def books(site: Site, number: str, call: str, last: Desk) -> None:
    """The row of the call that went from hand to hand says what the exchange's log says."""
    record, row = site.exchange.call(call), site.filed([number], within_s=90)[number]
    assert "".join(key["key"] for key in record["keys"]) == "15", record
    assert (row["result"], row["agent"], row["keys"], row["rating"]) == (
        "answered",
        last.agent,
        "1",
        5,
    )
    assert set(row["agents"]) == {"1001", "1002"}
    lasted = (row["ended_at"] - row["started_at"]).total_seconds()
    assert abs(lasted - (record["ended_at"] - record["invited_at"])) <= LATE_S
    assert moved(site, row["id"]) == ["blind", "attended"]
    (written,) = site.box.rows("SELECT * FROM service_records WHERE call_id = %s", row["id"])
    assert (written["note"], written["outcome"], written["draft"], written["agent"]) == (
        "答应明天上门",
        "solved",
        False,
        last.agent,
    )


def lost_and_found(site: Site, number: str, lost: str, back: str, desk: Desk) -> None:
    """The caller who gave up, and the call that went back to them."""
    record = site.exchange.call(lost)
    row = site.filed([number], within_s=90)[number]
    assert (row["result"], row["agent"]) == ("abandoned", None)
    lasted = (row["ended_at"] - row["started_at"]).total_seconds()
    assert abs(lasted - (record["ended_at"] - record["invited_at"])) <= LATE_S
    record = site.exchange.call(back)

    def filed() -> dict[str, object] | None:
        rows = site.box.rows("SELECT * FROM calls WHERE direction = 'out' AND did = %s", number)
        return next((one for one in rows if one["result"] != "open"), None)

    out = until("filed", filed, within_s=PATIENT_S)
    assert out is not None and (out["result"], out["agent"]) == ("answered", desk.agent)
    talked = record["ended_at"] - record["answered_at"]
    assert abs(float(str(out["talk_s"])) - talked) <= LATE_S
    (line,) = site.box.rows("SELECT * FROM follow_ups WHERE number = %s", number)
    assert (line["state"], line["owner"], line["result"]) == ("closed", desk.agent, "reached")

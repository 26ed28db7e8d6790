"""What a page says and keeps while a part of the box dies, and that it finds back without a hole."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import WebSocketRoute, expect

from fixtures.boxes import until
from fixtures.browser import Tab
from fixtures.site import Site


@pytest.mark.req("SUP-1", "DIA-1")
def test_calld_killed_is_told_and_the_board_comes_back_whole(
    tab: Tab, site: Site, code: str, nobody_free: None
) -> None:
    tab.log_in(code)
    page = tab.page
    before, meanwhile = site.caller(), site.caller()
    calls = [site.place(before, keys=["1"])]
    on_board(tab, before, "waiting")
    site.box.kill9("linebox-calld")
    calls.append(site.place(meanwhile, keys=["1"]))
    until("the page said so", lambda: "stale" in tab.seen("page"))
    expect(page.get_by_test_id("gone")).to_have_count(0, timeout=30_000)
    for caller in (before, meanwhile):
        on_board(tab, caller, "waiting")
    assert "gone" not in tab.seen(before), "a caller who waited left the board"
    hang_up(tab, site, calls, [before, meanwhile])


@pytest.mark.req("SUP-1", "DIA-1")
def test_webd_killed_the_page_reconnects_without_a_hole(
    tab: Tab, site: Site, code: str, nobody_free: None
) -> None:
    tab.log_in(code)
    page = tab.page
    before, meanwhile = site.caller(), site.caller()
    calls = [site.place(before, keys=["1"])]
    on_board(tab, before, "waiting")
    site.box.kill9("linebox-webd")
    calls.append(site.place(meanwhile, keys=["1"]))
    until("the page said so", lambda: "stale" in tab.seen("page"))
    expect(page.get_by_test_id("gone")).to_have_count(0, timeout=30_000)
    for caller in (before, meanwhile):
        on_board(tab, caller, "waiting")
    assert "gone" not in tab.seen(before), "a caller who waited left the board"
    hang_up(tab, site, calls, [before, meanwhile])
    # The browser itself notes each connection that was refused.
    tab.forgive("503", "/api/live/ws")


@pytest.mark.req("SUP-1", "AGT-6")
def test_broken_line_greys_the_board_stops_its_clocks_and_comes_back(tab: Tab, code: str) -> None:
    page = tab.page
    cut = False
    lines: list[WebSocketRoute] = []

    def connect(line: WebSocketRoute) -> None:
        if cut:
            line.close()
        else:
            line.connect_to_server()
            lines.append(line)

    page.route_web_socket(re.compile(r"/api/live/ws"), connect)
    tab.log_in(code)
    cut = True
    lines[-1].close()
    gone = page.get_by_test_id("gone")
    expect(gone).to_contain_text("与机器断开")
    clock = page.locator(".line time")
    shown = clock.inner_text()
    expect(gone).to_contain_text(re.compile(r"00:0[3-9]|00:[1-5]\d"))
    assert clock.inner_text() == shown
    assert tab.axe() == []
    cut = False
    expect(gone).to_have_count(0, timeout=30_000)
    expect(clock).not_to_have_text(shown)


@pytest.mark.req("DIA-5")
def test_alarm_is_told_in_words(tab: Tab, site: Site, code: str) -> None:
    try:
        site.box.rows(
            "INSERT INTO alarms (code, subject, count) VALUES ('journal-rejects', 'e2e/cel', 3) RETURNING 1"
        )
        tab.log_in(code)
        told = tab.page.locator('[data-test="alert"][data-kind="journal"]')
        ours = told.filter(has_text="有 3 行通话流水没能入库")
        everything = tab.page.locator('[data-test="alert"] button[aria-expanded="false"]')
        until(
            "the alarm",
            lambda: ours.is_visible() or (everything.is_visible() and everything.click()),
            within_s=15,
        )
        tab.page.get_by_role("button", name="English").click()
        unaffected = told.filter(has_text="Calls and all other records are unaffected")
        expect(unaffected.first).to_be_visible()
    finally:
        site.box.rows("DELETE FROM alarms WHERE subject = 'e2e/cel' RETURNING 1")
    expect(unaffected).to_have_count(0, timeout=15_000)


def on_board(tab: Tab, caller: str, state: str) -> None:
    row = tab.page.locator(f'[data-test="live-call"][data-from="{caller}"]')
    expect(row).to_have_attribute("data-state", state, timeout=60_000)


def hang_up(tab: Tab, site: Site, calls: list[str], callers: list[str]) -> None:
    for call in calls:
        site.exchange.hang_up(call)
    expect(tab.page.get_by_test_id("live-call")).to_have_count(0, timeout=10_000)
    rows = site.filed(callers)
    assert {row["result"] for row in rows.values()} == {"abandoned"}

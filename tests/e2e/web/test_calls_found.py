"""On the booted box: who reached nobody is called back and closed; calls are searched; a message heard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from fixtures.boxes import until
from fixtures.browser import Tab
from fixtures.site import Site

FILED_MS = 20_000


@pytest.mark.req("ACD-7")
def test_a_lost_caller_is_listed_taken_and_closed(
    tab: Tab, site: Site, code: str, nobody_free: None
) -> None:
    left, message = site.caller(), site.caller()
    site.ended(
        [site.place(left, keys=["1"], talk_s=12), site.place(message, keys=["9"], talk_s=14)]
    )
    filed = site.filed([left, message])
    assert (filed[left]["result"], filed[message]["result"]) == ("abandoned", "voicemail")
    tab.log_in(code)
    page = tab.page
    page.get_by_role("link", name="未接").click()
    line = page.locator(f'[data-test="line"][data-number="{left}"]')
    expect(line).to_have_attribute("data-state", "open", timeout=FILED_MS)
    expect(line).to_contain_text("放弃")
    line.get_by_test_id("take").click()
    expect(line).to_have_attribute("data-state", "taken")
    line.get_by_test_id("called").click()
    expect(line).to_have_attribute("data-state", "called")

    spoken = page.locator(f'[data-test="line"][data-number="{message}"]')
    spoken.get_by_test_id("listen").click()
    expect(page.get_by_test_id("position")).to_have_text(re.compile("00:0[1-9]"), timeout=15_000)
    until(
        "noted that it was heard",
        lambda: site.box.value(
            "SELECT heard_at FROM voicemails WHERE call_id = %s", filed[message]["id"]
        ),
        within_s=10,
    )

    line.get_by_test_id("close").click()
    page.get_by_test_id("close-dialog").get_by_label("联系上了").check()
    page.get_by_test_id("note").fill("已约上门")
    page.get_by_test_id("close-do").click()
    expect(line).to_have_count(0)
    page.get_by_test_id("state-closed").click()
    expect(line).to_contain_text("联系上了")
    assert site.box.rows(
        "SELECT state, result, note, closed_by FROM follow_ups WHERE number = %s", left
    ) == [
        {"state": "closed", "result": "reached", "note": "已约上门", "closed_by": "owner"},
    ]


@pytest.mark.req("REC-2", "ACD-7")
def test_a_search_stands_in_the_address_with_its_counts(tab: Tab, site: Site, code: str) -> None:
    rated, other = site.caller(), site.caller()
    for phone in site.box.practice["phones"]:
        site.exchange.change_agent(phone["ext"], talk_s=5)
    site.ended(
        [
            site.place(rated, keys=["1"], rating="4"),
            site.place(other, keys=["1"], with_agent_s=2),
        ]
    )
    filed = site.filed([rated, other])
    assert (filed[rated]["rating"], "1" in filed[rated]["pressed"]) == (4, True)
    tab.log_in(code)
    page = tab.page
    tab.open(f"/calls?number={rated[:7]}&rating=4&when=today&key=1")
    found = page.get_by_test_id("call")
    expect(page.locator(f'[data-test="call"][data-from="{rated}"]')).to_be_visible(timeout=FILED_MS)
    expect(page.locator(f'[data-test="call"][data-from="{other}"]')).to_have_count(0)
    expect(page.get_by_test_id("total")).to_have_text(f"共 {found.count()} 通")
    page.get_by_test_id("clear").click()
    expect(page.locator(f'[data-test="call"][data-from="{other}"]')).to_be_visible()
    assert page.url.endswith("/calls")
    page.locator('[data-result="answered"]').click()
    expect(page).to_have_url(re.compile("result=answered"))
    difference = page.evaluate(
        "fetch('/api/follow-ups/check').then(a => a.json()).then(a => a.difference)"
    )
    assert difference == 0

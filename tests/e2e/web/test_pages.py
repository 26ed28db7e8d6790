"""The pages on the booted box: log-in, the live board, the list of calls, one call, its recording."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from fixtures.browser import Tab
from fixtures.site import Site

#: An answered call is filed within this time of its end (milliseconds).
FILED_MS = 20_000


@pytest.mark.req("SUP-1", "RPT-5", "REC-2")
def test_call_is_live_within_a_second_then_listed_then_heard(
    tab: Tab, site: Site, code: str, nobody_free: None
) -> None:
    tab.log_in(code)
    page = tab.page
    caller = site.caller()
    phone = site.box.practice["phones"][0]
    site.exchange.change_agent(phone["ext"], talk_s=6)
    call = site.place(caller, keys=["1"], rating="5")
    row = page.locator(f'[data-test="live-call"][data-from="{caller}"]')
    expect(row).to_have_attribute("data-state", "waiting", timeout=60_000)
    expect(page.get_by_test_id("waiting")).to_contain_text(caller[-4:])
    site.box.asterisk(f"queue unpause member PJSIP/{phone['ext']}")
    expect(row).to_have_attribute("data-state", "talking", timeout=30_000)
    expect(page.locator(f'[data-test="agent"][data-number="{phone["agent"]}"]')).to_have_attribute(
        "data-state", "talking"
    )
    [record] = site.ended([call])
    expect(row).to_have_count(0, timeout=10_000)

    # Against the exchange's own record, and, for what only the box knows, its journal.
    seen = tab.seen(caller)
    filed = site.filed([caller])[caller]
    queued, connected = (
        site.box.value(
            "SELECT extract(epoch FROM at)::float FROM call_events"
            " WHERE call_id = %s AND kind = %s ORDER BY n LIMIT 1",
            filed["id"],
            kind,
        )
        for kind in ("queue", "talk")
    )
    late = {
        "arrived": min(seen.values()) - record["invited_at"],
        "queued": seen["waiting"] - queued,
        "connected": seen["talking"] - connected,
        "ended": seen["gone"] - record["ended_at"],
    }
    assert all(-0.5 < s < 1.0 for s in late.values()), late

    page.get_by_role("link", name="通话").click()
    listed = page.locator(f'[data-test="call"][data-from="{caller}"]')
    expect(listed).to_contain_text("已接通", timeout=FILED_MS)
    expect(listed.locator(".c-keys")).to_have_text("1")
    expect(listed.locator(".c-rating")).to_have_text("5 / 5")
    expect(listed.locator(".c-agent")).to_contain_text(phone["agent"])
    expect(listed.locator(".c-wait")).to_have_text(_clock(filed["wait_s"]))
    expect(listed.locator(".c-talk")).to_have_text(_clock(filed["talk_s"]))

    listed.locator("time").click()
    page.get_by_test_id("play").click(timeout=FILED_MS)
    expect(page.get_by_test_id("position")).to_have_text(re.compile(r"00:0[1-9]"), timeout=20_000)
    heard = page.evaluate(
        "(() => { const s = window.sounds.find(s => s.currentTime > 0);"
        " return { at: s.currentTime, long: s.duration, ready: s.readyState }; })()"
    )
    recorded = site.box.value(
        "SELECT extract(epoch FROM stopped_at - started_at)::float FROM recordings WHERE call_id = %s",
        filed["id"],
    )
    # MixMonitor may write more than time went by, when a busy machine's packets come in bursts.
    assert heard["ready"] >= 2 and recorded - 1 < heard["long"] < recorded + 3
    for side in ("来电方", "我方"):
        wave = page.get_by_role("img", name=f"{side}的波形")
        assert _loudest(wave.locator("path").last.get_attribute("d") or "") > 5, side
        page.get_by_role("button", name=f"只听{side}").click()
    page.get_by_role("button", name="两边").click()
    assert page.get_by_test_id("step").count() >= 8


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60:02}:{int(seconds) % 60:02}"


def _loudest(path: str) -> float:
    """The greatest height of a drawn wave, of 48."""
    return max((50 - float(top) for top in re.findall(r"M[\d.]+ ([\d.]+)V", path)), default=0.0)


@pytest.mark.req("RPT-5")
def test_list_is_filtered_by_number_and_result(tab: Tab, site: Site, code: str) -> None:
    answered, left = site.caller(), site.caller()
    site.ended(
        [
            site.place(answered, keys=["1"], with_agent_s=2),
            site.place(left, talk_s=6),
        ]
    )
    site.filed([answered, left])
    tab.log_in(code)
    tab.open("/calls")
    page = tab.page
    rows = page.get_by_test_id("call")
    page.locator(f'[data-from="{answered}"]').wait_for()
    page.get_by_test_id("find").fill(left)
    expect(page.locator(f'[data-test="call"]:not([data-from="{left}"])')).to_have_count(0)
    expect(rows).to_have_count(1)
    page.get_by_test_id("find").fill("00000000000000000")
    expect(page.get_by_text("没有符合的通话")).to_be_visible()
    page.get_by_role("button", name="看全部通话").click()
    page.get_by_test_id("result").select_option("menu")
    expect(page.locator(f'[data-from="{left}"]')).to_be_visible()
    expect(page.locator('[data-test="call"]', has_text="已接通")).to_have_count(0)


@pytest.mark.req("SEC-1", "SEC-2")
def test_wrong_code_says_how_many_tries_are_left(tab: Tab, code: str) -> None:
    page = tab.page
    tab.open("/login")
    left: list[int] = []
    for wrong in ("surely-not-the-code", "nor-this-one"):
        page.locator("#code").fill(wrong)
        page.locator("button[type=submit]").click()
        expect(page.locator("button[type=submit]")).to_be_enabled()
        trouble = page.locator("#code-trouble")
        expected = rf"还能试 {left[-1] - 1} 次" if left else r"还能试 \d+ 次"
        expect(trouble).to_contain_text(re.compile(expected), timeout=15_000)
        left.append(int(re.findall(r"还能试 (\d+) 次", trouble.inner_text())[0]))
        expect(page.locator("#code")).to_be_focused()
    tab.log_in(code)
    # The browser itself notes the refusals.
    tab.forgive("401")


@pytest.mark.req("SEC-1")
def test_page_without_session_leads_to_log_in_and_back_and_logging_out_ends_it(
    tab: Tab, home: str, code: str
) -> None:
    page = tab.page
    tab.open("/calls")
    page.locator("#code").fill(code)
    page.locator("#code").press("Enter")
    expect(page.get_by_role("heading", name="通话")).to_be_visible(timeout=15_000)
    cookies = page.context.cookies()
    page.get_by_test_id("account").click()
    page.get_by_role("button", name="退出登录").click()
    expect(page.locator("#code")).to_be_visible()
    tab.open("/calls")
    expect(page.locator("#code")).to_be_visible()
    # A copy of the cookie is worth nothing either.
    page.context.add_cookies(cookies)
    assert page.context.request.get(f"{home}/api/calls").status == 401


#: Every number of seconds that the page shows of a wrap-up, noted in the page itself: however slow
#: the machine, none that was shown is missed.
_SECONDS_LEFT = r"""
window.left = [];
setInterval(() => {
  const cell = document.querySelector('[data-test="agent"][data-state="wrapup"]');
  const found = cell && /还剩 00:(\d\d)/.exec(cell.innerText);
  if (found && window.left.at(-1) !== Number(found[1])) window.left.push(Number(found[1]));
}, 100);
"""


@pytest.mark.req("SUP-1")
def test_agents_wrap_up_counts_down_on_the_board(tab: Tab, site: Site, code: str) -> None:
    tab.log_in(code)
    page = tab.page
    wrapping = page.locator('[data-test="agent"][data-state="wrapup"]')
    page.locator('[data-test="agent"]').first.wait_for(timeout=15_000)
    expect(wrapping).to_have_count(0, timeout=30_000)  # of a call before
    page.evaluate(_SECONDS_LEFT)
    site.place(site.caller(), keys=["1"], with_agent_s=1)
    wrapping.first.wait_for(timeout=60_000)
    expect(wrapping).to_have_count(0, timeout=60_000)
    left: list[int] = page.evaluate("window.left")
    assert len(left) > 1 and left == sorted(left, reverse=True), left

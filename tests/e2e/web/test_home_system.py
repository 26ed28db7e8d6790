"""On the booted box: the owner's home page and the system page say what is, and act."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from playwright.sync_api import expect

from fixtures.boxes import until
from fixtures.browser import Tab
from fixtures.site import Site


@pytest.mark.req("SET-9")
def test_home_says_whether_calls_are_answered_and_what_was_lost(
    tab: Tab, site: Site, code: str, nobody_free: None
) -> None:
    tab.log_in(code)
    page = tab.page
    page.get_by_role("link", name="首页").click()
    expect(page.get_by_role("heading", level=2).first).to_contain_text("电话正常接听")
    offered = page.get_by_test_id("home-offered")
    expect(offered).to_have_text(re.compile(r"\d"))
    before = int(offered.inner_text().replace(",", ""))
    lost = site.caller()
    site.ended([site.place(lost, keys=["1"], talk_s=6)])
    site.filed([lost])
    page.reload()
    expect(offered).to_have_text(f"{before + 1:,}")
    expect(page.locator('[data-test="issue"][data-key="lost"]')).to_contain_text("没人认领")
    expect(page.get_by_test_id("ceiling")).to_have_count(4)

    site.box.sh("systemctl", "stop", "linebox-guardd")
    try:
        expect(page.locator('[data-key="unit linebox-guardd"]')).to_be_visible(timeout=30_000)
        expect(page.get_by_role("heading", level=2).first).to_contain_text("件事要处理")
    finally:
        site.box.sh("systemctl", "start", "linebox-guardd")


@pytest.mark.req("SET-9")
def test_the_box_writes_down_what_it_does_each_minute(site: Site) -> None:
    sample = until(
        "a minute is filed",
        lambda: next(iter(site.box.rows("SELECT * FROM samples ORDER BY at DESC LIMIT 1")), None),
        within_s=100,
        every_s=2,
    )
    assert sample["cpu_ms"] > 0
    assert sample["asterisk_ms"] > 0
    # A container has no memory of its units to tell; a machine has.
    assert sample["memory_mb"] is None or sample["memory_mb"] > 50
    assert sample["trunk_capacity"] == 30


@pytest.mark.req("DIA-1")
def test_the_system_page_tells_every_part_and_restarts_one(tab: Tab, site: Site, code: str) -> None:
    tab.log_in(code)
    page = tab.page
    tab.open("/system")
    units = page.get_by_test_id("unit")
    expect(units.first).to_be_visible(timeout=20_000)
    states = {
        unit.get_attribute("data-unit"): unit.get_attribute("data-state") for unit in units.all()
    }
    assert {"asterisk", "postgresql", "nginx", "linebox-calld", "linebox-webd"} <= states.keys()
    assert states["asterisk"] == states["linebox-calld"] == "active"
    expect(page.locator('[data-unit="asterisk"]')).to_contain_text("22.")

    begun = site.box.sh("systemctl", "show", "-p", "InvocationID", "linebox-guardd")
    page.locator('[data-unit="linebox-guardd"]').get_by_test_id("restart").click()
    expect(page.get_by_test_id("said")).to_contain_text("已重新启动", timeout=30_000)
    assert site.box.sh("systemctl", "show", "-p", "InvocationID", "linebox-guardd") != begun


@pytest.mark.req("DIA-1")
def test_restarting_the_engine_asks_first_when_that_ends_calls(
    tab: Tab, site: Site, code: str
) -> None:
    call = site.place(site.caller(), talk_s=60)
    tab.log_in(code)
    page = tab.page
    expect(page.locator('[data-test="live-call"]').first).to_be_visible(timeout=15_000)
    tab.open("/system")
    page.locator('[data-unit="asterisk"]').get_by_test_id("restart").click()
    expect(page.get_by_role("alert")).to_contain_text("会挂断正在通话的 1 通", timeout=20_000)
    page.get_by_role("button", name="先不动").click()
    assert "1 active call" in site.box.asterisk("core show channels count")
    site.exchange.hang_up(call)
    tab.forgive("409")


@pytest.mark.req("DIA-1")
def test_one_file_for_support_and_a_call_s_log(tab: Tab, site: Site, code: str) -> None:
    caller = site.caller()
    site.ended([site.place(caller, keys=["1"], with_agent_s=1)])
    call = site.filed([caller])[caller]["id"]
    tab.log_in(code)
    page = tab.page
    tab.open(f"/system?call={call}")
    logs = page.get_by_label("按通话查日志")
    expect(logs.get_by_text(re.compile("日志里没有提到|电话引擎")).first).to_be_visible(
        timeout=20_000
    )
    page.get_by_test_id("log-call").fill("s00000099-1.1")
    page.get_by_role("button", name="查", exact=True).click()
    expect(logs.get_by_role("alert")).to_contain_text("没有这个编号的通话")
    with page.expect_download(timeout=60_000) as download:
        page.get_by_test_id("bundle").click()
    with zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())) as archive:
        names = archive.namelist()
        words = archive.read("asterisk/core-show-version.txt").decode()
    assert "about.txt" in names
    assert "Asterisk 22" in words
    tab.forgive("404")

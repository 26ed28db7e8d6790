"""Hours, menus, agents, extensions, lists and tables by clicks: what is applied is what calls meet."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Download, Page, expect

from fixtures.boxes import Box
from fixtures.browser import Tab
from fixtures.people import People
from fixtures.site import Site

TABLE = "分机号,名称\n8078,门卫\n8079,仓库\n80A0,写错的\n"


@pytest.fixture
def owner(tab: Tab, people: People) -> Tab:
    tab.log_in_as(people.cookie("owner"), "/settings/groups")
    expect(tab.page.get_by_test_id("setting-row").first).to_be_visible(timeout=15_000)
    return tab


def go(tab: Tab, place: str) -> Page:
    """A tab of the settings, by its link."""
    tab.page.get_by_test_id("settings").get_by_role("link", name=place).first.click()
    expect(tab.page.get_by_test_id("new")).to_be_visible(timeout=15_000)
    return tab.page


def apply(page: Page) -> None:
    expect(page.get_by_test_id("apply")).to_be_enabled(timeout=20_000)
    page.get_by_test_id("apply").click()
    expect(page.get_by_test_id("outcome")).to_contain_text("已生效", timeout=30_000)


def take_back(page: Page) -> None:
    page.get_by_test_id("undo-applied").click()
    expect(page.get_by_test_id("outcome")).to_contain_text("已撤销", timeout=30_000)


def compiled(box: Box) -> str:
    return box.sh("sh", "-c", "cat /data/generations/current/*.conf")


def text_of(download: Download) -> str:
    return Path(download.path()).read_text(encoding="utf-8-sig")


@pytest.mark.req("SET-3")
def test_new_hours_have_the_times_that_were_typed(owner: Tab, site: Site) -> None:
    page = go(owner, "工作时间")
    page.get_by_test_id("new").click()
    page.locator("#calendar-name").fill("夏季")
    monday = page.locator('[data-weekday="1"] input')
    monday.first.fill("8:30")
    monday.last.fill("1745")
    monday.last.press("Tab")
    page.locator('[data-weekday="6"]').get_by_test_id("add-span").click()
    page.get_by_test_id("new-day").fill("2027-01-01")
    page.get_by_test_id("add-day").click()
    assert owner.axe() == []
    apply(page)
    hours = site.box.rows(
        "SELECT h.weekday, h.opens::text, h.closes::text FROM calendar_hours h JOIN calendars c"
        " ON c.id = h.calendar_id WHERE c.name = '夏季' ORDER BY h.weekday"
    )
    assert [one["weekday"] for one in hours] == [1, 2, 3, 4, 5, 6]
    assert (hours[0]["opens"], hours[0]["closes"]) == ("08:30:00", "17:45:00")
    now = compiled(site.box)
    assert "$[${at} >= 10830 & ${at} < 11745]" in now and "exten => d20270101,1," in now
    take_back(page)
    assert site.box.value("SELECT count(*) FROM calendars WHERE name = '夏季'") == 0


@pytest.mark.req("SET-3", "IVR-1")
def test_a_key_that_leads_elsewhere_takes_the_next_call_there(owner: Tab, site: Site) -> None:
    page = go(owner, "语音菜单")
    page.get_by_test_id("setting-row").first.get_by_role("link").click()
    key = page.locator('li[data-key="1"]')
    key.locator(".el-select").click()
    key.get_by_role("option", name="技能组：投诉").click()
    expect(page.get_by_test_id("changes").first).to_contain_text("投诉")
    assert owner.axe() == []
    apply(page)
    caller = site.caller()
    site.ended([site.place(caller, keys=["1"], with_agent_s=1)])
    row = site.filed([caller])[caller]
    assert row["group_id"] == 2
    take_back(page)
    site.quiet()


@pytest.mark.req("SET-3", "ACD-1")
def test_a_new_agent_has_pin_group_and_a_password_told_once(owner: Tab, site: Site) -> None:
    page = go(owner, "坐席")
    page.get_by_test_id("new").click()
    page.locator("#agent-number").fill("1077")
    page.locator("#agent-name").fill("夜班新人")
    page.get_by_test_id("pin").fill("4711")
    page.get_by_test_id("add-group").select_option("1")
    assert owner.axe() == []
    apply(page)
    expect(page.get_by_test_id("told-once")).to_contain_text("一次性密码")
    page.get_by_role("button", name="我记下了").click()
    page.wait_for_url("**/settings/people/1077")
    section = compiled(site.box).partition("exten => 1077,1,MSet(LB_A_SALT=")[2].partition("\n")[0]
    assert "LB_A_GROUPS=g1:0" in section and "4711" not in section
    take_back(page)
    assert site.box.value("SELECT count(*) FROM agents WHERE number = '1077'") == 0


@pytest.mark.req("SET-3")
def test_a_new_password_of_an_extension_counts_once_applied(owner: Tab, site: Site) -> None:
    page = go(owner, "分机")
    page.get_by_test_id("new").click()
    page.locator("#extension-number").fill("8077")
    page.locator("#extension-name").fill("会议室")
    apply(page)
    first = page.get_by_test_id("told-once").locator("code").inner_text()
    page.get_by_role("button", name="我记下了").click()
    assert f"password = {first}" in compiled(site.box)
    page.wait_for_url("**/settings/extensions/8077")
    page.get_by_test_id("renew").click()
    page.get_by_test_id("renew-yes").click()
    told = page.get_by_test_id("new-secret").inner_text(timeout=15_000)
    assert f"password = {first}" in compiled(site.box), "not before it is applied"
    page.get_by_test_id("apply-saved").click(timeout=15_000)
    expect(page.get_by_test_id("outcome")).to_contain_text("已生效", timeout=30_000)
    now = compiled(site.box)
    assert f"password = {first}" not in now
    secret = told.partition("：")[2].partition("。")[0]
    assert f"password = {secret}" in now
    page.get_by_test_id("delete").click()
    page.get_by_test_id("confirm-delete").click()
    apply(page)
    assert site.box.value("SELECT count(*) FROM extensions WHERE number = '8077'") == 0


@pytest.mark.req("SET-3", "ACD-3")
def test_a_number_put_on_the_black_list_is_refused(owner: Tab, site: Site) -> None:
    caller = site.caller()
    page = go(owner, "名单")
    page.get_by_test_id("new").click()
    page.locator("#number-number").fill(caller)
    page.locator("#number-note").fill("反复骚扰")
    page.get_by_test_id("until").fill("2099-12-31")
    assert owner.axe() == []
    apply(page)
    [record] = site.ended([site.place(caller, keys=["1"])])
    assert record["answered_at"] is None and record["cause"] == 17
    page.get_by_test_id("outcome").get_by_role("button", name="关闭").click()
    go(owner, "名单")
    page.get_by_test_id("find-row").fill(f"{caller[:3]} {caller[3:7]} {caller[7:]}")
    row = page.get_by_test_id("setting-row")
    expect(row).to_have_count(1, timeout=15_000)
    expect(row).to_contain_text("2099-12-31")
    assert owner.axe() == []
    row.get_by_role("link").click()
    page.get_by_test_id("delete").click()
    page.get_by_test_id("confirm-delete").click()
    apply(page)
    assert site.box.value("SELECT count(*) FROM number_lists WHERE number = %s", caller) == 0
    owner.open("/settings/groups")
    expect(page.get_by_test_id("setting-row").first).to_be_visible(timeout=15_000)
    owner.forgive(f"/number-lists/{caller}")  # its page asked again after it went
    site.quiet()


def _past_differences(owner: Tab) -> None:
    """What the last generation changed is read; the first one has none before it."""
    page = owner.page
    owner.open("/settings/history?view=generations")
    rows = page.get_by_test_id("past-generation")
    rows.first.get_by_test_id("past-difference").click()
    told = page.get_by_test_id("difference").filter(has_text="[lb-listed]")
    expect(told).to_contain_text("Return(white)", timeout=15_000)
    assert owner.axe() == []
    page.keyboard.press("Escape")
    rows.last.get_by_test_id("past-difference").click()
    expect(rows.last).to_contain_text("不在盒子上", timeout=15_000)
    owner.forgive("/difference")


@pytest.mark.req("SET-3", "ACD-3")
def test_a_number_put_on_the_white_list_skips_the_menu(owner: Tab, site: Site) -> None:
    caller = site.caller()
    page = go(owner, "名单")
    page.get_by_test_id("list-white").click()
    page.get_by_test_id("new").click()
    page.locator("#number-number").fill(caller)
    expect(page.get_by_test_id("field").filter(has_text="白名单").first).to_be_visible()
    assert owner.axe() == []
    apply(page)
    site.ended([site.place(caller, with_agent_s=2)])
    row = site.filed([caller])[caller]
    kinds = [e["kind"] for e in site.box.rows(
        "SELECT kind FROM call_events WHERE call_id = %s ORDER BY n", row["id"]
    )]  # fmt: skip
    assert row["result"] == "answered" and "list" in kinds and "menu" not in kinds
    take_back(page)
    assert site.box.value("SELECT count(*) FROM number_lists WHERE number = %s", caller) == 0
    _past_differences(owner)
    owner.open("/settings/groups")
    expect(page.get_by_test_id("setting-row").first).to_be_visible(timeout=15_000)
    owner.forgive(f"/number-lists/{caller}")  # its page asked again after it went
    site.quiet()


@pytest.mark.req("SET-3")
def test_a_table_s_good_rows_are_taken_and_the_bad_one_told(owner: Tab, site: Site) -> None:
    page = go(owner, "分机")
    page.get_by_test_id("from-table").click()
    with page.expect_download() as template:
        page.get_by_test_id("template").filter(has_text="现有的（CSV）").click()
    assert text_of(template.value).startswith("分机号,名称")
    page.get_by_test_id("file").set_input_files(
        {"name": "分机.csv", "mimeType": "text/csv", "buffer": TABLE.encode("gb18030")}
    )
    page.get_by_test_id("check").click(timeout=15_000)
    expect(page.get_by_test_id("sums")).to_contain_text("新建 2", timeout=15_000)
    bad = page.get_by_test_id("bad-row")
    expect(bad).to_have_count(1)
    expect(bad).to_contain_text("第 4 行")
    with page.expect_download() as report:
        page.get_by_test_id("report").click()
    assert "写错的,4," in text_of(report.value)
    assert owner.axe() == []
    page.get_by_test_id("take").click()
    codes = page.get_by_test_id("told-once").locator("code")
    expect(codes).to_have_count(2, timeout=30_000)
    with page.expect_download() as told:
        page.get_by_test_id("told-download").click()
    secrets = codes.all_inner_texts()
    assert all(one in text_of(told.value) for one in secrets)
    page.get_by_role("button", name="我记下了").click()
    assert all(f"password = {one}" in compiled(site.box) for one in secrets)
    take_back(page)
    assert site.box.value("SELECT count(*) FROM extensions WHERE number LIKE '807_'") == 0

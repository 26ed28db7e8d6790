"""Settings by clicks: what will change is read before it is applied, taken back by one click, and two
people at once don't overwrite each other unseen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from fixtures.boxes import Box, until
from fixtures.browser import Tab, open_tab
from fixtures.people import People
from fixtures.site import Site

GROUP = "/settings/groups/1"


@pytest.fixture
def owner(tab: Tab, people: People) -> Tab:
    tab.log_in_as(people.cookie("owner"), "/settings/groups")
    expect(tab.page.get_by_test_id("setting-row").first).to_be_visible(timeout=15_000)
    return tab


@pytest.fixture
def other(chromium: Browser, home: str, people: People) -> Iterator[Tab]:
    """Somebody else at the same time, with a browser of their own."""
    with open_tab(chromium, home) as tab:
        tab.log_in_as(people.fresh("owner"), GROUP)
        expect(field(tab.page, "ring_s")).to_be_visible(timeout=15_000)
        yield tab
        assert tab.complaints == []


def field(page: Page, name: str) -> Locator:
    return page.locator(f"#group-{name}")


def changes(page: Page) -> list[str]:
    return page.get_by_test_id("changes").first.get_by_test_id("change").all_inner_texts()


def apply(page: Page) -> None:
    expect(page.get_by_test_id("apply")).to_be_enabled(timeout=20_000)
    page.get_by_test_id("apply").click()
    expect(page.get_by_test_id("outcome")).to_contain_text("已生效", timeout=30_000)


def take_back(page: Page, box: Box, place: int) -> None:
    """Undo an act of the history, counted from the newest."""
    acts = page.get_by_test_id("act")
    expect(acts.nth(place)).to_be_visible(timeout=15_000)
    count = box.value("SELECT count(DISTINCT act) FROM settings_log")
    acts.nth(place).get_by_test_id("undo-act").click()
    until(
        "the undo is an act",
        lambda: box.value("SELECT count(DISTINCT act) FROM settings_log") == count + 1,
        within_s=30,
    )
    expect(acts).to_have_count(count + 1, timeout=15_000)


def rings_s(box: Box) -> int:
    """How long a phone of group 1 rings, as Asterisk has been given it."""
    section = box.sh(
        "sed", "-n", "/^\\[g1\\]/,/^\\[/p", "/data/generations/current/own-queues.conf"
    )
    pairs = dict(line.split(" = ", 1) for line in section.splitlines() if " = " in line)
    return int(pairs["timeout"])


def longest_ring_s(site: Site, caller: str) -> float:
    """The first leg of that caller's call that nobody answered: how long it rang."""
    return float(
        site.box.value(
            "SELECT extract(epoch FROM l.ended_at - l.started_at) FROM call_legs l"
            " JOIN calls c ON c.id = l.call_id WHERE c.from_number = %s"
            " AND l.uniqueid <> c.id AND l.answered_at IS NULL ORDER BY l.started_at LIMIT 1",
            caller,
        )
    )


@pytest.mark.req("SET-3")
def test_a_ring_time_is_read_applied_met_by_the_next_call_and_taken_back(
    owner: Tab, site: Site
) -> None:
    page, before = owner.page, rings_s(site.box)
    page.get_by_test_id("setting-row").first.get_by_role("link").click()
    field(page, "ring_s").fill("6")
    expect(page.get_by_test_id("impact")).to_contain_text("新设置", timeout=20_000)
    (line,) = changes(page)
    assert "振铃时长" in line and f"{before} 秒" in line and "6 秒" in line
    page.get_by_test_id("see-difference").click()
    expect(page.get_by_test_id("difference").first).to_contain_text("timeout = 6")
    assert owner.axe() == []
    page.keyboard.press("Escape")
    assert rings_s(site.box) == before, "nothing is saved before it is applied"
    apply(page)
    assert rings_s(site.box) == 6
    expect(page.get_by_test_id("thing-history").locator("li").first).to_contain_text("6 秒")

    phones = [phone["ext"] for phone in site.box.practice["phones"]]
    for ext in phones:
        site.exchange.change_agent(ext, behaviour="ring")
    caller = site.caller()
    site.ended([site.place(caller, keys=["1"], talk_s=30)])
    for ext in phones:
        site.exchange.change_agent(ext, behaviour="answer")
    site.filed([caller])
    assert longest_ring_s(site, caller) == pytest.approx(6, abs=1.5)

    page.get_by_test_id("undo-applied").click()
    expect(page.get_by_test_id("outcome")).to_contain_text("已撤销", timeout=30_000)
    assert rings_s(site.box) == before
    expect(field(page, "ring_s")).to_have_value(str(before))
    site.quiet()


@pytest.mark.req("SET-3")
def test_what_can_not_be_is_told_at_its_field_with_its_cure(owner: Tab, site: Site) -> None:
    page = owner.page
    owner.open(GROUP)
    field(page, "max_wait_s").fill("12")
    row = page.locator('[data-field="group-max_wait_s"]')
    expect(row).to_contain_text("要比振铃时长长", timeout=15_000)
    expect(page.get_by_test_id("apply")).to_be_disabled()
    expect(page.get_by_test_id("why-not")).to_contain_text("最多等多久")
    assert owner.axe() == []
    row.get_by_test_id("cure").click()
    expect(page.get_by_test_id("why-not")).to_have_count(0)
    expect(page.get_by_test_id("apply")).to_be_enabled(timeout=20_000)
    row.get_by_test_id("undo-field").click()
    expect(page.get_by_test_id("apply-bar")).to_have_count(0)


@pytest.mark.req("SET-3")
def test_a_draft_of_several_things_outlives_a_reload_and_is_applied_as_one(
    owner: Tab, site: Site
) -> None:
    """A new group, copied, with an agent in it; one undo of the history takes all of it back."""
    page = owner.page
    groups = site.box.value("SELECT count(*) FROM groups")
    owner.open(GROUP)
    page.get_by_test_id("copy").click()
    field(page, "name_zh").fill("夜班")
    page.get_by_label("加坐席").first.click()
    page.get_by_role("option", name="1001").click()
    expect(page.get_by_test_id("member")).to_have_count(1)
    page.reload()
    expect(field(page, "name_zh")).to_have_value("夜班", timeout=15_000)
    assert len(changes(page)) == 2
    apply(page)
    made = site.box.value("SELECT id FROM groups WHERE name_zh = '夜班'")
    assert site.box.value("SELECT agent FROM group_agents WHERE group_id = %s", made) == "1001"
    owner.open("/settings/history")
    act = page.get_by_test_id("act").first
    expect(act).to_contain_text("夜班", timeout=15_000)
    expect(act).to_contain_text("加入夜班")
    expect(act).to_contain_text("owner")
    assert owner.axe() == []
    act.get_by_test_id("undo-act").click()
    expect(page.get_by_test_id("outcome")).to_contain_text("已撤销", timeout=30_000)
    assert site.box.value("SELECT count(*) FROM groups") == groups


@pytest.mark.req("SET-3")
def test_two_people_at_once_see_each_other_s_changes(owner: Tab, other: Tab, site: Site) -> None:
    """Different fields are both kept; the same field asks, with theirs beside mine."""
    page, before = owner.page, rings_s(site.box)
    owner.open(GROUP)
    field(page, "ring_s").fill("22")
    expect(page.get_by_test_id("apply")).to_be_enabled(timeout=20_000)
    field(other.page, "ring_s").fill("25")
    field(other.page, "wrapup_s").fill("17")
    apply(other.page)
    conflict = page.get_by_test_id("conflict")
    expect(conflict).to_contain_text("25 秒", timeout=15_000)
    expect(conflict).to_contain_text("22 秒")
    expect(field(page, "wrapup_s")).to_have_value("17")
    expect(page.get_by_test_id("apply")).to_be_disabled()
    assert owner.axe() == []
    conflict.get_by_test_id("keep-mine").click()
    apply(page)
    assert rings_s(site.box) == 22
    owner.open("/settings/history")
    for place in (0, 2):  # an undo is an act too: it stands above what it took back
        take_back(page, site.box, place)
    assert rings_s(site.box) == before


@pytest.mark.req("SET-3")
def test_all_settings_as_one_file_go_out_and_come_back_after_a_look(owner: Tab, site: Site) -> None:
    page, before = owner.page, rings_s(site.box)
    owner.open("/settings/transfer")
    with page.expect_download() as going:
        page.get_by_test_id("export").click()
    text = going.value.path().read_text(encoding="utf-8")
    assert f"ring_s: {before}" in text
    page.locator("#import-file").set_input_files(_yaml(text))
    expect(page.get_by_test_id("import-preview")).to_contain_text("不用改", timeout=30_000)
    page.locator("#import-file").set_input_files(
        _yaml(text.replace(f"ring_s: {before}", "ring_s: 1"))
    )
    expect(page.get_by_test_id("import-problem").first).to_contain_text("行", timeout=30_000)
    page.locator("#import-file").set_input_files(
        _yaml(text.replace(f"ring_s: {before}", "ring_s: 9", 1))
    )
    change = page.get_by_test_id("import-change")
    expect(change).to_contain_text("振铃时长", timeout=30_000)
    expect(change).to_contain_text("9 秒")
    assert owner.axe() == []
    page.get_by_test_id("import-apply").click()
    expect(page.get_by_test_id("outcome")).to_contain_text("已生效", timeout=30_000)
    assert rings_s(site.box) == 9
    page.get_by_test_id("undo-applied").click()
    expect(page.get_by_test_id("outcome")).to_contain_text("已撤销", timeout=30_000)
    assert rings_s(site.box) == before


def _yaml(text: str) -> FilePayload:
    return {"name": "linebox.yaml", "mimeType": "text/yaml", "buffer": text.encode()}


@pytest.mark.req("SUP-3", "SET-3")
def test_a_group_s_alarms_count_as_soon_as_they_are_saved(owner: Tab, site: Site) -> None:
    page = owner.page
    owner.open(GROUP)
    limits = page.get_by_test_id("group-limits")
    limits.locator("#limit-waiting").fill("0")
    expect(limits.get_by_test_id("save-limits")).to_be_disabled()
    limits.locator("#limit-waiting").fill("7")
    limits.locator("#limit-abandoned_15m").fill("")
    limits.get_by_test_id("save-limits").click()
    expect(limits).to_contain_text("告警已保存", timeout=15_000)
    (saved,) = site.box.rows("SELECT waiting, abandoned_15m FROM board_settings WHERE group_id = 1")
    assert saved == {"waiting": 7, "abandoned_15m": None}
    site.box.rows("DELETE FROM board_settings WHERE group_id = 1 RETURNING 1")


@pytest.mark.req("SET-3")
def test_one_search_finds_pages_settings_groups_and_numbers(owner: Tab) -> None:
    page = owner.page
    page.keyboard.press("/")
    page.get_by_test_id("find-text").fill("振铃")
    expect(page.get_by_test_id("found").first).to_contain_text("振铃时长")
    assert owner.axe() == []
    page.get_by_test_id("find-text").fill("4008001234")
    expect(page.get_by_test_id("found").first).to_contain_text("400 800 1234")
    page.keyboard.press("Enter")
    page.wait_for_url("**/settings/numbers/4008001234")
    page.keyboard.press("Control+k")
    page.get_by_test_id("find-text").fill("现场")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("board")).to_be_visible(timeout=15_000)

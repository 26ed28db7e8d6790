"""Customers' pages on the booted box: made, found, changed, a number told twice, a table taken in."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from fixtures.browser import Tab, open_tab
from fixtures.site import Site

TABLE = "姓名,手机号,公司,随便\n张三丰,13911112222,甲公司,x\n李四,1.39E+10,乙公司,y\n沈国平,139 7777 1111,云河,\n"


@pytest.fixture(autouse=True)
def no_customers(site: Site) -> None:
    site.box.value("WITH gone AS (DELETE FROM customers RETURNING 1) SELECT count(*) FROM gone")


@pytest.mark.req("CRM-1", "CRM-3")
def test_a_card_is_made_found_by_a_part_and_its_number_is_its_own(tab: Tab, code: str) -> None:
    tab.log_in(code)
    page = tab.page
    tab.open("/customers/new")
    page.get_by_test_id("card-name").fill("沈国平")
    page.get_by_test_id("number-0").fill("139 7777 1111")
    page.get_by_test_id("save-card").click()
    expect(page).to_have_url(re.compile(r"/customers/\d+$"))
    expect(page.get_by_test_id("customer-card")).to_contain_text("139 7777 1111")

    tab.open("/customers")
    page.get_by_test_id("find").fill("国")
    expect(page.get_by_test_id("customer")).to_have_count(1)
    page.get_by_test_id("find").fill("没有的")
    expect(page.get_by_test_id("customer")).to_have_count(0)

    tab.open("/customers/new")
    page.get_by_test_id("card-name").fill("别人")
    page.get_by_test_id("number-0").fill("+86 13977771111")
    page.get_by_test_id("save-card").click()
    page.get_by_role("link", name="打开「沈国平」的资料").click()
    expect(page.get_by_test_id("customer-card")).to_contain_text("沈国平")
    tab.forgive("409")


@pytest.mark.req("CRM-1")
def test_a_table_is_rehearsed_and_taken_in(tab: Tab, site: Site, code: str) -> None:
    tab.log_in(code)
    page = tab.page
    tab.open("/customers/import")
    # As Excel in China saves it.
    page.get_by_test_id("file").set_input_files(
        {"name": "客户.csv", "mimeType": "text/csv", "buffer": TABLE.encode("gb18030")}
    )
    page.get_by_test_id("check").click()
    expect(page.get_by_role("status").filter(has_text="还没有写入")).to_be_visible()
    expect(page.get_by_text("1.39E+10 不是电话号码")).to_be_visible()
    assert site.box.value("SELECT count(*) FROM customers") == 0
    page.get_by_test_id("take").click()
    expect(page.get_by_role("status").filter(has_text="导入完成")).to_be_visible()
    assert site.box.value("SELECT count(*) FROM customers") == 2
    found = "SELECT name FROM customers WHERE text_grams(words) @> ARRAY['云河']"
    assert site.box.value(found) == "沈国平"
    level = "SELECT has_function_privilege('asterisk', 'ast.caller_level(text)', 'EXECUTE')"
    assert site.box.value(level)


@pytest.mark.req("SET-6")
@pytest.mark.parametrize(
    ("language", "theme", "width"), [("zh", "light", 1440), ("en", "dark", 360)]
)
def test_customers_pages_are_accessible_and_fit(
    chromium: Browser, home: str, code: str, language: str, theme: str, width: int
) -> None:
    wrong: list[str] = []
    with open_tab(chromium, home, width=width, theme=theme, language=language) as tab:
        page = tab.page

        def look(name: str) -> None:
            wrong.extend(f"{name}: {what}" for what in tab.axe())
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append(f"{name}: wider than the screen")

        tab.log_in(code)
        tab.open("/customers/new")
        page.get_by_test_id("card-name").wait_for()
        look("new")
        page.get_by_test_id("card-name").fill("长" * 60)
        page.get_by_test_id("number-0").fill("13977771111")
        page.get_by_test_id("save-card").click()
        page.get_by_test_id("edit-card").wait_for()
        look("card")
        tab.open("/customers")
        page.get_by_test_id("customer").first.wait_for()
        look("list")
        tab.open("/customers/import")
        page.get_by_test_id("file").wait_for(state="attached")
        look("import")
        tab.open("/customers/settings")
        page.get_by_test_id("save-categories").wait_for()
        look("settings")
    assert wrong == []
    assert tab.complaints == []

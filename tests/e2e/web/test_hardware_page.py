"""The page of telephone cards in Chromium: lamps, cause and cure, history, blocking (TEL-2, DIA-5)."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from fixtures.boardd import SCENARIO as CARDS
from fixtures.boardd import RunningBoardd, boardd
from fixtures.browser import ARGS, axe, driver
from fixtures.pages import pages
from fixtures.postgres import Pg
from fixtures.webd import HASHED, PASSWORD
from linebox.daemons._board_memory import Memory
from linebox.desks.installer import seed
from linebox.features.lines.take_up import FoundCard, FoundPort, FoundSpan, take_up
from linebox.hw.protocols import LineAlarm
from linebox.hw.sim.scenario import Do
from linebox.store.db import connect_async

SHOTS = os.environ.get("LINEBOX_SHOTS")
#: The last card's lines lead to an exchange, so that they can be tried.
SCENARIO = f"""{CARDS}exchange = {{numbers = ["62340001", "62340002"], reversal = true, loss_db = 11.0}}
"""


@pytest.fixture
def box(tmp_path: Path) -> Iterator[RunningBoardd]:
    memory = Memory(tmp_path / "data/own/boardd/memory.json")
    memory.lives("SIM-LINES/1/2")  # a line that worked, so that its loss is a fault
    memory.lives("SIM-E1/1")
    with boardd(tmp_path) as running:
        running.play()
        yield running


async def filed(pg: Pg) -> None:
    """As calld's worker files them."""
    lines = tuple(
        FoundPort(position=n, kind="fxo" if n < 3 else "fxs", channel=31 + n) for n in range(1, 5)
    )
    card = FoundCard(
        key="SIM-LINES", kind="a8b", zh="卡", en="card", bus="sim",
        spans=(FoundSpan(position=1, kind="mixed", number=2, ports=lines),),
    )  # fmt: skip
    async with await connect_async() as connection:
        await take_up(connection, [card])


@pytest.fixture
def home(tmp_path: Path, pg: Pg, box: RunningBoardd) -> Iterator[str]:
    with psycopg.connect(pg.dsn) as connection:
        seed.seed(connection, exchange_host="192.0.2.1")
    pg.rows(
        "INSERT INTO accounts (login, name, role, password, must_change)"
        f" VALUES ('admin', '管理', 'administrator', '{HASHED}', false)"
    )
    filing = threading.Thread(target=lambda: asyncio.run(filed(pg)))  # Playwright has a loop here
    filing.start()
    filing.join()
    pg.rows(
        "INSERT INTO port_events (start, n, at, what, key, was, became) VALUES"
        " ('x', 1, now() - interval '1 hour', 'port', 'SIM-LINES/1/2', 'idle', 'alarm battery')"
    )
    with pages(tmp_path, pg) as address:
        yield address


@pytest.fixture
def browser() -> Iterator[Browser]:
    with driver() as play:
        made = play.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        yield made
        made.close()


def opened(browser: Browser, home: str, width: int, language: str, theme: str) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 900 if width > 800 else 780},
        locale="zh-CN" if language == "zh" else "en-GB", timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
    )  # fmt: skip
    context.add_init_script(
        f"localStorage.setItem('linebox.theme', '{theme}');"
        f"localStorage.setItem('linebox.language', '{language}');"
    )
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.goto(f"{home}/login?to=/lines")
    page.locator("#login").fill("admin")
    page.locator("#code").fill(PASSWORD)
    page.locator("button[type=submit]").click()
    return page


@pytest.mark.req("TEL-2", "DIA-5")
@pytest.mark.parametrize(
    ("width", "language", "theme"),
    [(1440, "zh", "light"), (360, "zh", "dark"), (1440, "en", "dark"), (360, "en", "light")],
)
def test_a_lost_line_shows_its_lamp_its_cause_and_its_cure(
    browser: Browser, home: str, box: RunningBoardd, width: int, language: str, theme: str
) -> None:
    page = opened(browser, home, width, language, theme)
    line = page.locator('[data-socket="SIM-LINES/1/2"]')
    expect(line).to_have_attribute("data-state", "unused")
    box.do(Do.BATTERY_LOST, "SIM-LINES/1/2")
    expect(line).to_have_attribute("data-state", "alarm", timeout=4000)
    line.click()
    expect(page.get_by_test_id("fix")).to_contain_text(
        "这根线上没有电压" if language == "zh" else "no voltage on this line"
    )
    expect(page.get_by_role("listitem").locator("time").first).to_be_visible()
    box.do(Do.ALARM, "SIM-E1/1", LineAlarm.LOS)
    expect(page.locator('[data-socket="SIM-E1/1"]')).to_have_attribute("data-state", "alarm")
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/hardware-{width}-{language}-{theme}.png", full_page=True)
    found = axe(page)
    assert not found, "\n".join(found)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.req("TEL-2")
def test_a_port_is_blocked_and_used_again_from_the_page(
    browser: Browser, home: str, box: RunningBoardd
) -> None:
    page = opened(browser, home, 1440, "zh", "light")
    line = page.locator('[data-socket="SIM-LINES/1/1"]')
    line.click()
    page.get_by_test_id("block").click()
    expect(line).to_have_attribute("data-state", "blocked")
    page.get_by_test_id("block").click()
    expect(line).to_have_attribute("data-state", "unused")
    line.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator('[data-socket="SIM-LINES/1/2"]')).to_have_attribute("aria-pressed", "true")


@pytest.mark.req("TEL-10", "TEL-12", "TEL-3")
@pytest.mark.parametrize(
    ("width", "language", "theme"),
    [(1440, "zh", "light"), (360, "zh", "dark"), (1440, "en", "dark"), (360, "en", "light")],
)
def test_a_line_is_tested_and_learnt_from_the_page(
    browser: Browser, home: str, box: RunningBoardd, pg: Pg, width: int, language: str, theme: str
) -> None:
    box.play(SCENARIO)
    box.sim.paced = False
    box.do(Do.FAR_LOOPS, "SIM-E1/1")
    pg.rows("UPDATE ports SET number = '6234000' || line WHERE kind = 'fxo'")
    page = opened(browser, home, width, language, theme)
    page.locator('[data-socket="SIM-LINES/1/1"]').click()
    page.locator("#test-number").fill("13800138000")
    page.get_by_test_id("test-call").click()
    tested = page.get_by_test_id("tested")
    expect(tested.first).to_have_attribute("data-verdict", "answered")
    expect(tested.first).to_contain_text("已接听" if language == "zh" else "was answered")
    page.get_by_test_id("learn").click()
    expect(tested.first).to_have_attribute("data-verdict", "learnt")
    page.get_by_test_id("take").click()
    expect(tested.first).to_contain_text("已采用" if language == "zh" else "Taken over")
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/line-tests-{width}-{language}-{theme}.png", full_page=True)
    found = axe(page)
    assert not found, "\n".join(found)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator('[data-socket="SIM-E1/1"]').click()
    page.get_by_test_id("tests").locator("input[type=number]").fill("2")
    page.get_by_test_id("bits").click()
    expect(tested.first).to_have_attribute("data-verdict", "clean")
    page.get_by_test_id("loop-local").click()
    expect(page.locator('[data-socket="SIM-E1/1"]')).to_have_attribute("data-state", "alarm")
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/e1-tests-{width}-{language}-{theme}.png", full_page=True)
    found = axe(page)
    assert not found, "\n".join(found)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_test_id("loop-off").click()
    expect(page.locator('[data-socket="SIM-E1/1"]')).not_to_have_attribute("data-state", "alarm")


@pytest.mark.req("TEL-10")
def test_a_call_in_is_waited_for_and_its_telephone_rung(
    browser: Browser, home: str, box: RunningBoardd
) -> None:
    box.play(SCENARIO)
    box.sim.paced = False
    page = opened(browser, home, 1440, "zh", "light")
    page.locator('[data-socket="SIM-LINES/1/3"]').click()
    page.get_by_test_id("test-call").click()
    tested = page.get_by_test_id("tested")
    expect(tested.first).to_have_attribute("data-verdict", "picked")
    expect(page.get_by_test_id("inward")).to_have_count(0)
    page.locator('[data-socket="SIM-LINES/1/1"]').click()
    page.get_by_test_id("inward").click()
    expect(page.get_by_test_id("tests")).to_contain_text("现在用手机拨这条线")


@pytest.mark.req("TEL-14", "DIA-5")
@pytest.mark.parametrize(
    ("width", "language", "theme"),
    [(1440, "zh", "light"), (360, "zh", "dark"), (1440, "en", "dark"), (360, "en", "light")],
)
def test_a_freed_line_is_in_its_history_and_its_limits_are_set(
    browser: Browser, home: str, pg: Pg, width: int, language: str, theme: str
) -> None:
    pg.rows(
        "INSERT INTO port_events (start, n, at, what, key, was, became) VALUES"
        " ('freed-s1-1.1', 1, now(), 'port', 'SIM-LINES/1/1', 'talking', 'freed')"
    )
    page = opened(browser, home, width, language, theme)
    page.locator('[data-socket="SIM-LINES/1/1"]').click()
    happened = "长时间没人声，已自动挂断" if language == "zh" else "no voice for long"
    expect(page.get_by_role("listitem").filter(has_text=happened)).to_be_visible()
    cure = "自动学习" if language == "zh" else "learn by itself"
    expect(page.get_by_test_id("fix")).to_contain_text(cure)
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/freed-{width}-{language}-{theme}.png", full_page=True)
    page.goto(f"{home}/settings/lines/ports/1")
    page.locator("#port-quiet_min").fill("3")
    page.locator("#port-quiet_wait_min").fill("20")
    field = page.locator('[data-field="port-impedance"]')
    expect(field).to_contain_text(
        "按线路制式" if language == "zh" else "as the kind of line has it"
    )
    field.locator(".el-select__wrapper").click()
    page.get_by_role("option", name="270 Ω + (750 Ω ∥ 150 nF)").click()
    expect(field).to_contain_text("270 Ω + (750 Ω ∥ 150 nF)")
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/quiet-{width}-{language}-{theme}.png", full_page=True)
    found = axe(page)
    assert not found, "\n".join(found)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("#port-quiet_min").fill("0")
    expect(page.locator("#port-quiet_wait_min")).to_have_count(0)
    page.locator("#port-quiet_min").fill("241")
    expect(page.locator("#port-quiet_min")).to_have_attribute("aria-invalid", "true")

"""The pages in Chromium: log-in, the live board, the list of calls, one call and its recording.

Against a running box: ``LINEBOX_URL`` (https://…), ``LINEBOX_CODE`` (setup code) and ``LINEBOX_EXCHANGE``
(http://… of the exchange, whose agents must be logged in). Without them against the mock box of
``web/dev``, which needs ``web/dist`` built. Every test also fails on a message of the browser's
console and on any request that leaves the box.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect, sync_playwright

WEB = Path(__file__).parents[3] / "web"
AXE = WEB / "node_modules/axe-core/axe.min.js"
CHROMIUM_ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
#: An answered call is filed and its recording made within this time.
FILED_MS = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Where the pages are, how one gets in, and who places calls to it."""

    url: str
    code: str
    exchange: str

    def place_call(self, *, caller: str, talk_s: int) -> None:
        body = {"from": caller, "to": "4008001234", "keys": ["1"], "talk_s": talk_s, "rating": 5}
        request = urllib.request.Request(
            f"{self.exchange}/calls",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200


@dataclass(slots=True)
class Tab:
    """A page of the browser, and everything it should not have done."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def log_in(self, box: Box) -> None:
        self.page.goto(f"{box.url}/login")
        self.page.locator("#code").fill(box.code)
        self.page.locator("button[type=submit]").click()
        expect(self.page.get_by_test_id("board")).to_be_visible(timeout=15_000)


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    if url := os.environ.get("LINEBOX_URL"):
        yield Box(
            url=url.rstrip("/"),
            code=os.environ["LINEBOX_CODE"],
            exchange=os.environ["LINEBOX_EXCHANGE"].rstrip("/"),
        )
        return
    assert (WEB / "dist/index.html").exists(), "build the pages first: npm ci && npm run build"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen(
        ["node", "dev/mock.mjs", "--port", str(port), "--still"], cwd=WEB, stdout=subprocess.PIPE
    ) as mock:
        assert mock.stdout is not None
        mock.stdout.readline()
        url = f"http://127.0.0.1:{port}"
        yield Box(url=url, code="let-me-in", exchange=url)
        mock.terminate()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        playwright.selectors.set_test_id_attribute("data-test")
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=CHROMIUM_ARGS
        )
        yield browser
        browser.close()


def open_tab(chromium: Browser, box: Box, *, width: int, theme: str, language: str) -> Tab:
    context = chromium.new_context(
        viewport={"width": width, "height": 900 if width > 800 else 780},
        ignore_https_errors=True,
        reduced_motion="reduce",
    )
    context.add_init_script(
        f"localStorage.setItem('linebox.theme', '{theme}');"
        f"localStorage.setItem('linebox.language', '{language}')"
    )
    tab = Tab(context.new_page())
    home = urlsplit(box.url).netloc
    tab.page.on(
        "console",
        lambda said: (
            tab.complaints.append(f"console: {said.text}")
            if said.type in ("error", "warning")
            else None
        ),
    )
    tab.page.on("pageerror", lambda error: tab.complaints.append(f"page: {error}"))
    tab.page.on(
        "request",
        lambda request: (
            tab.complaints.append(f"left the box: {request.url}")
            if not request.url.startswith(("data:", "blob:"))
            and urlsplit(request.url).netloc != home
            else None
        ),
    )
    return tab


@pytest.fixture
def tab(chromium: Browser, box: Box) -> Iterator[Tab]:
    tab = open_tab(chromium, box, width=1440, theme="light", language="zh")
    yield tab
    tab.page.context.close()
    assert tab.complaints == []


def axe(page: Page) -> list[str]:
    """What axe finds wrong: rule, element, why. Injected as a script, the policy allows no eval."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] })"
    )
    return [
        f"{rule['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.req("SUP-1", "RPT-5", "REC-2")
def test_call_is_live_within_a_second_then_listed_then_heard(tab: Tab, box: Box) -> None:
    caller = f"139{int(time.time()) % 10**8:08d}"
    tab.log_in(box)
    page = tab.page

    box.place_call(caller=caller, talk_s=4)
    live = page.locator(f'[data-test="live-call"][data-from="{caller}"]')
    live.wait_for(timeout=10_000)
    seen = datetime.now(UTC)
    since = datetime.fromisoformat(live.get_attribute("data-since") or "")
    assert (seen - since).total_seconds() < 1.0

    page.get_by_role("link", name="通话").click()
    row = page.locator(f'[data-test="call"][data-from="{caller}"]')
    row.wait_for(timeout=FILED_MS)
    expect(row).to_contain_text("已接通", timeout=FILED_MS)
    expect(row).to_contain_text("5 / 5", timeout=FILED_MS)
    row.locator("time").click()

    play = page.get_by_test_id("play")
    play.click(timeout=FILED_MS)
    expect(page.get_by_test_id("position")).to_have_text(re.compile(r"00:0[1-9]"), timeout=20_000)
    expect(page.get_by_role("img", name="来电方的波形")).to_be_visible()
    assert page.get_by_test_id("step").count() >= 5


def test_list_is_filtered_by_number_and_result(tab: Tab, box: Box) -> None:
    tab.log_in(box)
    page = tab.page
    page.goto(f"{box.url}/calls")
    rows = page.get_by_test_id("call")
    rows.first.wait_for()
    number = rows.first.get_attribute("data-from") or ""
    page.get_by_test_id("find").fill(number)
    expect(page.locator(f'[data-test="call"]:not([data-from="{number}"])')).to_have_count(0)
    expect(rows.first).to_be_visible()
    page.get_by_test_id("find").fill("00000000000000000")
    expect(page.get_by_text("没有符合的通话")).to_be_visible()
    page.get_by_role("button", name="看全部通话").click()
    rows.first.wait_for()
    page.get_by_test_id("result").select_option("abandoned")
    expect(page.locator('[data-test="call"]', has_text="已接通")).to_have_count(0)


def test_broken_line_greys_the_board_stops_its_clocks_and_comes_back(tab: Tab, box: Box) -> None:
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
    tab.log_in(box)
    cut = True
    lines[-1].close()
    gone = page.get_by_test_id("gone")
    expect(gone).to_contain_text("与机器断开")
    clock = page.locator(".line time")
    shown = clock.inner_text()
    expect(gone).to_contain_text("00:03", timeout=8000)
    assert clock.inner_text() == shown
    assert axe(page) == []
    cut = False
    expect(gone).to_have_count(0, timeout=10_000)
    expect(clock).not_to_have_text(shown)


def test_wrong_code_says_how_many_tries_are_left(tab: Tab, box: Box) -> None:
    page = tab.page
    page.goto(f"{box.url}/login")
    page.locator("#code").fill("surely-not-the-code")
    page.locator("button[type=submit]").click()
    expect(page.locator("#trouble")).to_contain_text(re.compile(r"还能试 \d+ 次"), timeout=15_000)
    expect(page.locator("#code")).to_be_focused()
    # The browser itself notes the refusal.
    tab.complaints[:] = [said for said in tab.complaints if "401" not in said]


def test_page_without_session_leads_to_log_in_and_back(tab: Tab, box: Box) -> None:
    page = tab.page
    page.goto(f"{box.url}/calls")
    page.locator("#code").fill(box.code)
    page.locator("#code").press("Enter")
    expect(page.get_by_role("heading", name="通话")).to_be_visible(timeout=15_000)
    page.get_by_role("button", name="退出登录").click()
    expect(page.locator("#code")).to_be_visible()


@pytest.mark.parametrize(
    ("width", "theme", "language"),
    [(360, "light", "zh"), (360, "dark", "en"), (1440, "light", "en"), (1440, "dark", "zh")],
)
def test_every_page_is_accessible_and_fits(
    chromium: Browser, box: Box, width: int, theme: str, language: str
) -> None:
    tab = open_tab(chromium, box, width=width, theme=theme, language=language)
    page = tab.page
    wrong: list[str] = []

    def look(name: str) -> None:
        wrong.extend(f"{name}: {what}" for what in axe(page))
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append(f"{name}: wider than the screen")

    page.goto(f"{box.url}/login")
    page.locator("#code").wait_for()
    look("log-in")
    tab.log_in(box)
    look("live")
    page.goto(f"{box.url}/calls")
    rows = page.get_by_test_id("call")
    rows.first.wait_for()
    look("calls")
    heard = page.get_by_test_id("hear").first
    heard.click()
    page.get_by_test_id("dock").wait_for()
    look("calls with player")
    rows.filter(has=page.get_by_test_id("hear")).first.locator("time").click()
    page.get_by_test_id("call-page").wait_for()
    look("call")
    page.context.close()
    assert wrong == []
    assert tab.complaints == []

"""The second step of a log-in in Chromium: authenticator, recovery code, passkey (SEC-1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from fixtures.browser import ARGS, axe, driver
from fixtures.pages import pages
from fixtures.postgres import Pg
from fixtures.webd import HASHED, PASSWORD
from linebox.features.accounts import totp


@pytest.fixture
def home(tmp_path: Path, pg: Pg) -> Iterator[str]:
    pg.rows("INSERT INTO company (name_zh, name_en) VALUES ('云河公用', 'Yunhe')")
    pg.rows(
        "INSERT INTO accounts (login, name, role, password, must_change)"
        f" VALUES ('boss', '主管', 'supervisor', '{HASHED}', false),"
        f" ('admin', '管理', 'administrator', '{HASHED}', false)"
    )
    with pages(tmp_path, pg) as address:
        yield address


@pytest.fixture
def context() -> Iterator[BrowserContext]:
    with driver() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        made = browser.new_context(
            viewport={"width": 360, "height": 740}, locale="zh-CN", reduced_motion="reduce"
        )
        made.set_default_timeout(15_000)
        yield made
        browser.close()


def _log_in(page: Page, home: str, login: str = "boss") -> None:
    page.context.clear_cookies()
    page.goto(f"{home}/login?to=/me")
    page.locator("#login").fill(login)
    page.locator("#code").fill(PASSWORD)
    page.locator("button[type=submit]").click()


def _prove(page: Page) -> None:
    page.locator("#factor-password").fill(PASSWORD)
    page.get_by_test_id("factor-go").click()


def _codes(page: Page) -> list[str]:
    shown = page.get_by_test_id("recovery-codes").locator("li")
    expect(shown).to_have_count(10)
    codes = shown.all_inner_texts()
    page.get_by_test_id("codes-noted").click()
    return codes


@pytest.mark.req("SEC-1")
def test_an_authenticator_then_a_recovery_code(context: BrowserContext, home: str) -> None:
    context.grant_permissions([])
    page = context.new_page()
    _log_in(page, home)
    page.get_by_test_id("add-totp").click()
    _prove(page)
    secret = page.get_by_test_id("totp-secret").inner_text()
    assert axe(page) == []
    step = int(datetime.now(UTC).timestamp()) // totp.STEP_S
    page.locator("#totp-code").fill(totp.code(secret, step - 1))
    page.get_by_test_id("factor-go").click()
    codes = _codes(page)
    expect(page.get_by_test_id("factor")).to_have_count(1)
    assert axe(page) == []

    _log_in(page, home)
    field = page.locator("#second-code")
    field.fill("000000")
    page.locator("button[type=submit]").click()
    expect(page.locator("#second-trouble")).to_contain_text("验证码不对")
    assert axe(page) == []
    field.fill(totp.code(secret, int(datetime.now(UTC).timestamp()) // totp.STEP_S))
    page.locator("button[type=submit]").click()
    expect(page.get_by_test_id("factor")).to_have_count(1)

    _log_in(page, home)
    page.get_by_test_id("recover").click()
    page.locator("#second-code").fill(codes[0])
    page.locator("button[type=submit]").click()
    expect(page.get_by_test_id("factors")).to_contain_text("还有 9 个")


@pytest.mark.req("SEC-1")
def test_a_passkey(context: BrowserContext, home: str) -> None:
    """By Chromium's own virtual authenticator; at a name only."""
    page = context.new_page()
    cdp = context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    _log_in(page, home)
    page.get_by_test_id("add-passkey").click()
    _prove(page)
    _codes(page)
    expect(page.get_by_test_id("factor")).to_contain_text("localhost")
    for _ in range(2):  # its counter has grown the second time
        _log_in(page, home)
        page.get_by_test_id("give-passkey").click()
        expect(page.get_by_test_id("factor")).to_have_count(1)
    cdp.send("WebAuthn.removeVirtualAuthenticator", made)
    other = {**options, "isUserVerified": False}
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": other})

    _log_in(page, home)
    page.get_by_test_id("recover").click()
    expect(page.locator("#second-code")).to_be_visible()


@pytest.mark.req("SEC-1")
def test_an_ip_address_says_that_it_gives_no_passkeys(context: BrowserContext, home: str) -> None:
    page = context.new_page()
    by_address = f"http://127.0.0.1:{urlsplit(home).port}"
    _log_in(page, by_address)
    expect(page.get_by_test_id("needs-name")).to_be_visible()
    expect(page.get_by_test_id("add-passkey")).to_have_count(0)
    expect(page.get_by_test_id("add-totp")).to_be_visible()


@pytest.mark.req("SEC-1")
def test_who_must_have_one_gets_nowhere_else(context: BrowserContext, home: str) -> None:
    page = context.new_page()
    _log_in(page, home, "admin")
    expect(page.get_by_test_id("factors")).to_be_visible()
    page.goto(f"{home}/settings/roles")
    page.get_by_test_id("role-row").filter(has_text="班长").click()
    page.get_by_test_id("role").locator("input[type=checkbox]").first.check()
    page.get_by_test_id("save-role").click()
    expect(page.get_by_test_id("role-row").filter(has_text="班长")).to_contain_text("必须")
    _log_in(page, home)
    expect(page.get_by_test_id("factors")).to_contain_text("必须有第二步")
    page.goto(f"{home}/calls")
    expect(page.get_by_test_id("factors")).to_be_visible()


@pytest.mark.req("SEC-1")
def test_a_role_of_the_owner_s_is_made_given_and_seen(context: BrowserContext, home: str) -> None:
    """From a preset to an account that has it: the pages that it lacks aren't there."""
    page = context.new_page()
    page.set_viewport_size({"width": 1440, "height": 900})
    _log_in(page, home, "admin")
    expect(page.get_by_test_id("factors")).to_be_visible()
    page.goto(f"{home}/settings/roles")
    page.get_by_test_id("add-role").click()
    page.get_by_test_id("presets").get_by_role("button", name="客户经理").click()
    assert axe(page) == []
    page.get_by_test_id("save-role").click()
    expect(page.get_by_test_id("role-row")).to_have_count(4)
    page.goto(f"{home}/accounts")
    page.get_by_test_id("account-row").filter(has_text="boss").click()
    page.get_by_test_id("person").get_by_role("combobox").click(force=True)
    page.get_by_role("option", name="客户经理").click()
    page.get_by_test_id("person").locator("button[type=submit]").click()
    expect(page.get_by_test_id("account-row").filter(has_text="boss")).to_contain_text("客户经理")
    page.goto(f"{home}/settings/audit")
    expect(page.get_by_test_id("audit-row").first).to_contain_text("boss")
    page.get_by_test_id("audit-look").click()
    expect(page.get_by_test_id("audit-state")).to_contain_text("记录完好")
    assert axe(page) == []

    _log_in(page, home)
    expect(page.locator("nav.rail")).not_to_contain_text("现场")
    expect(page.locator("nav.rail")).to_contain_text("客户")

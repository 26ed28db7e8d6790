"""No page offers what its reader's role lacks the right to: each is walked by roles that may only
look, every button that is there is pressed, every field written into, and nothing answers 403.

The pages are the router's own, so a new one is walked too. What can't be reached so: acts behind a
form that must be right first, and buttons of a call that isn't there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response

from fixtures.boxes import REPO
from fixtures.browser import Tab, open_tab
from fixtures.people import People
from fixtures.site import Site
from linebox.base.rights import Catalogue
from linebox.base.roles import Role
from linebox.web.registry import ENDPOINTS

#: An example for each parameter of a route.
SAMPLES = {
    "groups/:id": "groups/1",
    "numbers/:id": "numbers/4008001234",
    "people/:id": "people/1001",
    "extensions/:id": "extensions/8001",
    "hours/:id": "hours/2",
    "menus/:id": "menus/1",
    "prompts/:id": "prompts/1",
    "lists/:id": "lists/13800000000",
    "sheets/:what(extension|agent|number)": "sheets/agent",
    "lines/:id": "lines/1",
    "/customers/:id([0-9]{1,9}|new)": "/customers/1",
}
#: Pages of nobody's session, of what nobody can lack, of another test: the wizard is the owner's.
ELSEWHERE = ("/login", "/me", "/setup", "/wall", "/network", "/settings", "/:rest(.*)*")
#: Press the next button that is there and wasn't pressed; its name, null when none is left. Not the
#: reader's own menu, where one logs out.
PRESS = """pressed => {
  const rows = new Set();
  for (const one of document.querySelectorAll('button, [role=button], a[download], input[type=checkbox], input[type=radio]')) {
    const name = [one.dataset.test, one.getAttribute('aria-label'), one.id, one.textContent.trim().slice(0, 30)].filter(Boolean).join(' ');
    if (one.closest('.account') || one.matches(':disabled, [aria-disabled=true], :disabled *') || !one.checkVisibility() || pressed.includes(name)) continue;
    one.click();
    return name;
  }
  return null;
}"""
#: Write into every field that can be written into.
WRITE = """() => {
  for (const one of document.querySelectorAll('input:not([type=checkbox]):not([type=radio]):not([type=file]):not([type=search]), textarea, select')) {
    if (one.matches(':disabled, [readonly]') || !one.checkVisibility()) continue;
    if (one.tagName === 'SELECT') one.selectedIndex = (one.selectedIndex + 1) % one.options.length;
    else one.value = one.type === 'date' ? '2030-01-31' : one.type === 'time' ? '10:30' : one.type === 'number' ? '3' : (one.value + '1');
    one.dispatchEvent(new Event('input', { bubbles: true }));
    one.dispatchEvent(new Event('change', { bubbles: true }));
  }
}"""


def routes() -> Iterator[str]:
    """Every address the router knows, with samples for its parameters."""
    for file, base in (("router.ts", ""), ("desks/settings/routes.ts", "/settings/")):
        text = (REPO / "web/src" / file).read_text("utf-8")
        for path in re.findall(r"path: '([^']+)'", text):
            if path not in ELSEWHERE:
                yield base + SAMPLES.get(path, path)


@pytest.fixture(scope="module")
def lookers(site: Site, chromium: Browser) -> Iterator[dict[Role, dict[str, Any]]]:
    """Of each role a session of one made of it that kept nothing but to see."""
    people = People(site.box, chromium)
    catalogue = Catalogue((one.needs, one.roles) for one in ENDPOINTS)
    people.cookie("1000")
    people.cookie("1004")
    cookies = {}
    for role in Role:
        sees = [one for one in sorted(catalogue.of(role)) if one.endswith(".see")]
        made = site.box.value(
            "INSERT INTO roles (name_zh, name_en, base, rights)"
            " VALUES (%s, %s, %s, %s) RETURNING id",
            f"只看的{role.value}", f"looking {role.value}", role.value, sees,
        )  # fmt: skip
        login = "1004" if role is Role.AGENT else f"looks-{role.value}"
        if role is not Role.AGENT:
            site.box.value(
                "INSERT INTO accounts (login, name, role, password, must_change)"
                " SELECT %s, %s, %s, password, false FROM accounts WHERE login = '1000' RETURNING 1",
                login, login, role.value,
            )  # fmt: skip
        site.box.value(
            "UPDATE accounts SET made_role = %s WHERE login = %s RETURNING 1", made, login
        )
        cookies[role] = people.fresh(login)
    yield cookies
    site.box.rows("UPDATE accounts SET made_role = NULL WHERE login = '1004' RETURNING 1")
    site.box.rows("DELETE FROM accounts WHERE login LIKE 'looks-%' RETURNING 1")
    site.box.rows("DELETE FROM roles WHERE name_en LIKE 'looking %' RETURNING 1")


@pytest.mark.req("SEC-1")
@pytest.mark.parametrize("role", list(Role))
def test_nothing_is_offered_that_the_role_lacks(
    chromium: Browser, site: Site, home: str, lookers: dict[Role, dict[str, Any]], role: Role
) -> None:
    caller = site.caller()
    site.ended([site.place(caller, keys=["1"], with_agent_s=1)])
    call = site.filed([caller])[caller]["id"]
    refused: list[str] = []
    walked = 0
    with open_tab(chromium, home) as tab:
        at = _Place()
        tab.page.on("response", lambda answer: _hear(answer, at, refused))
        tab.page.on("dialog", lambda dialog: dialog.dismiss())
        tab.log_in_as(lookers[role], "/me")
        tab.page.locator("nav.rail").wait_for()
        for path in routes():
            walked += _walk(tab, path.replace(":id", call), at)
    assert refused == []
    assert walked > {Role.AGENT: 3, Role.SUPERVISOR: 4, Role.ADMINISTRATOR: 25}[role]


class _Place:
    """Where the walk is, and what it pressed last."""

    page = ""
    pressed = ""


def _hear(answer: Response, at: _Place, refused: list[str]) -> None:
    if answer.status == 403:
        request = answer.request
        path = request.url.partition("/api")[2]
        refused.append(f"{at.page}, {at.pressed}: {request.method} /api{path}")


def _walk(tab: Tab, path: str, at: _Place) -> bool:
    """Everything of one page; False for one that this role hasn't."""
    page = tab.page
    at.page, at.pressed = path, "opened"
    tab.open(path)
    if not _settled(page, path):
        return False
    pressed: list[str] = []
    for _ in range(60):
        name = page.evaluate(PRESS, pressed)
        if name is None:
            break
        at.pressed = name
        pressed.append(name)
        page.wait_for_timeout(30)
        if page.url.partition("?")[0] != tab.home + path.partition("?")[0]:
            page.wait_for_timeout(100)
            tab.open(path)
            _settled(page, path)
    at.pressed = "written"
    page.evaluate(WRITE)
    page.wait_for_timeout(700)
    return True


def _settled(page: Page, path: str) -> bool:
    page.locator("nav.rail").wait_for()
    page.wait_for_load_state("load")
    page.wait_for_timeout(350)
    return Path(page.url.partition("?")[0]).name == Path(path.partition("?")[0]).name or path == "/"

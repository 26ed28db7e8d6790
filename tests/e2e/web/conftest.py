"""The pages of the booted box in Chromium; a tab must end without a complaint."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from fixtures import browser
from fixtures.browser import Tab
from fixtures.people import People
from fixtures.site import Site


@pytest.fixture(scope="session")
def chromium(site: Site) -> Iterator[Browser]:
    with browser.chromium(site.exchange_box.pid) as running:
        yield running


@pytest.fixture(scope="session")
def people(site: Site, chromium: Browser) -> People:
    return People(site.box, chromium)


@pytest.fixture
def home(site: Site) -> str:
    return f"https://{site.box.address}"


@pytest.fixture
def tab(chromium: Browser, home: str) -> Iterator[Tab]:
    with browser.open_tab(chromium, home) as tab:
        yield tab
    assert tab.complaints == []


@pytest.fixture
def code(site: Site) -> str:
    return site.box.secret("setup-code")


@pytest.fixture
def nobody_free(site: Site) -> Iterator[None]:
    """Every agent on a break, so that a caller stays in the queue until one comes back."""
    for phone in site.box.practice["phones"]:
        site.box.asterisk(f"queue pause member PJSIP/{phone['ext']}")
    yield
    for phone in site.box.practice["phones"]:
        site.box.asterisk(f"queue unpause member PJSIP/{phone['ext']}")

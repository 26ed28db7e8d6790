"""The pages of the booted box in Chromium; a tab must end without a complaint."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from fixtures import browser, softphone
from fixtures.browser import Tab
from fixtures.desk import Desk, at_desk
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


@pytest.fixture(scope="module")
def headsets(site: Site) -> Iterator[Browser]:
    """A browser with a microphone."""
    with softphone.chromium(site.exchange_box.pid) as running:
        yield running


@pytest.fixture(scope="module")
def crew(site: Site, headsets: Browser) -> People:
    return People(site.box, headsets)


@pytest.fixture
def desk(
    site: Site, headsets: Browser, crew: People, phones_back: None, nobody_free: None
) -> Iterator[Desk]:
    """Agent 1001 at the desk, the only one who is free."""
    with at_desk(headsets, site, crew, "1001") as one:
        yield one
        # Who still waits to rate, or was left by a test that failed.
        site.box.asterisk("channel request hangup all")
        site.quiet()
    assert one.tab.complaints == []


@pytest.fixture(scope="module")
def phones_back(site: Site) -> Iterator[None]:
    """The practice phones are manned again for the tests after these."""
    yield
    for phone in site.box.practice["phones"]:
        site.exchange.dial(phone["ext"], "*11")

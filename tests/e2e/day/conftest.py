"""A morning on the booted box: nobody is logged in, two agents come to their desks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from fixtures import softphone
from fixtures.day import Shift, shift
from fixtures.people import People
from fixtures.site import Site


@pytest.fixture(scope="package")
def headsets(site: Site) -> Iterator[Browser]:
    """A browser with a microphone; the practice phones are unmanned meanwhile."""
    for phone in site.box.practice["phones"]:
        site.exchange.dial(phone["ext"], "*12")
    with softphone.chromium(site.exchange_box.pid) as running:
        yield running
    site.log_in_all()


@pytest.fixture(scope="package")
def crew(site: Site, headsets: Browser) -> People:
    return People(site.box, headsets)


@pytest.fixture
def today(site: Site, headsets: Browser, crew: People) -> Iterator[Shift]:
    """Agents 1001 and 1002, ready, and their supervisor's board."""
    with shift(site, headsets, crew) as made:
        yield made

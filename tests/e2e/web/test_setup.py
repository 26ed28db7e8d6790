"""From the carton to the first answered call, on a telephone's browser, by somebody who never saw it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from fixtures import softphone
from fixtures.newcomer import Newcomer, carton

pytestmark = pytest.mark.req("SET-1", "SET-6", "SEC-2")


@pytest.fixture
def newcomer(request: pytest.FixtureRequest) -> Iterator[Newcomer]:
    with carton() as site, softphone.chromium(site.exchange_box.pid) as browser:
        yield Newcomer(site, browser, request.param)


@pytest.mark.parametrize("newcomer", ["zh", "en"], indirect=True)
def test_a_newcomer_sets_the_box_up_and_takes_the_first_call(newcomer: Newcomer) -> None:
    site = newcomer.site
    with newcomer.telephone() as first:
        newcomer.opens_the_carton(first.page)
        newcomer.names_the_company(first.page)
        assert first.axe() == []
        assert first.complaints == []
    with newcomer.telephone() as second:  # left in the middle, resumed in another browser
        page = second.page
        newcomer.comes_back(page, "lines")
        newcomer.tries_the_line(page)
        newcomer.makes_people(page)
        newcomer.says_what_callers_hear(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        newcomer.calls(page)
        assert second.axe() == []
        newcomer.finishes(page)
        assert second.complaints == []
    assert newcomer.failed == []
    assert site.box.value("SELECT done_at IS NOT NULL FROM setup")
    numbers = site.box.rows("SELECT number FROM agents ORDER BY number")
    assert [row["number"] for row in numbers] == sorted(newcomer.people)
    with newcomer.telephone() as later:  # the setup code opens nothing any more
        later.open("/login")
        expect(later.page.get_by_test_id("set-up")).to_have_count(0)
        later.page.locator("#code").fill(site.box.secret("setup-code"))
        later.page.locator("button[type=submit]").click()
        expect(later.page.get_by_role("alert").first).to_be_visible(timeout=10_000)
        later.forgive("401")
    assert newcomer.minutes <= 10, f"{newcomer.words:.0f} words, {newcomer.keys} keys"

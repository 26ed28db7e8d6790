"""From the carton to the first answered call by a scripted newcomer (issue 4, section 6).

Real pages on a telephone's browser, 360 pixels wide, a box as it comes from the factory. The
newcomer reads every word once at 200 a minute (a word in Chinese is 1.6 characters), types 2 keys
a second, and waits as long as the box takes: that is measured.

- ``wizard-minutes``: reading, typing and waiting together, the slower of zh and en.
- ``wizard-steps-failed``: steps that told of trouble or didn't go on, zh and en together.
"""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Error

from bench.rows import Row
from fixtures import softphone
from fixtures.newcomer import Newcomer, carton

LANGUAGES = ("zh", "en")


def walked(language: str) -> Newcomer:
    """The whole way in that language; a step that fails ends it, and is noted."""
    with carton() as site, softphone.chromium(site.exchange_box.pid) as browser:
        newcomer = Newcomer(site, browser, language)
        with newcomer.telephone() as tab:
            page = tab.page
            try:
                newcomer.opens_the_carton(page)
                newcomer.names_the_company(page)
                newcomer.tries_the_line(page)
                newcomer.makes_people(page)
                newcomer.says_what_callers_hear(page)
                newcomer.calls(page)
                newcomer.finishes(page)
            except (AssertionError, Error) as error:
                step = page.get_by_test_id("setup-step").get_attribute("data-step")
                if not any(one.startswith(f"{step}:") for one in newcomer.failed):
                    newcomer.failed.append(f"{step}: {str(error).splitlines()[0]}")
        return newcomer


def rows() -> Iterator[Row]:
    """Both figures."""
    newcomers = [walked(language) for language in LANGUAGES]
    slowest = max(newcomers, key=lambda one: one.minutes)
    note = "; ".join(
        f"{one.language}: {one.words:.0f} words, {one.keys} keys, box {one.waited_s:.0f} s"
        for one in newcomers
    )
    yield Row(name="wizard-minutes", value=slowest.minutes, unit="min", limit=10, note=note)
    failed = [f"{one.language} {step}" for one in newcomers for step in one.failed]
    yield Row(
        name="wizard-steps-failed",
        value=len(failed),
        unit="",
        limit=0,
        note="; ".join(failed) or "11 steps at 360 px in zh and en",
    )

"""What pictures show of the settings: changes that aren't applied."""

from __future__ import annotations

from playwright.sync_api import Page


def changed(page: Page) -> None:
    """A group's page with two changes that aren't applied, and what they touch."""
    page.locator("#group-ring_s").fill("15")
    page.locator("#group-max_wait_s").fill("240")
    page.locator('[data-test="apply"]:enabled').wait_for()

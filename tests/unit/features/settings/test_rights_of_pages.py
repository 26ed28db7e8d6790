"""The pages know the same rights of settings as the box (shared/rights.ts)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from linebox.features.settings.allowed import FEATURES

PAGES = Path(__file__).parents[4] / "web/src/shared/rights.ts"


@pytest.mark.req("SEC-1")
def test_a_page_is_locked_by_the_right_that_the_box_asks() -> None:
    table = PAGES.read_text("utf-8").partition("FEATURES")[2].partition("{\n")[2].partition("}")[0]
    assert dict(re.findall(r"'?([a-z-]+)'?: '(\w+)'", table)) == FEATURES

"""How long an owner waits to hear a text (issue 4, section 2): from the click to the sound.

- ``prompt-speak-s``: ``POST /api/prompts/speak`` on a booted box, a text of 40 characters in
  Mandarin, from the request to the whole sound, which the browser plays at once; the slowest of
  five texts, each heard for the first time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from playwright.sync_api import APIRequestContext

from bench.rows import Row
from fixtures import browser
from fixtures.newcomer import carton
from fixtures.people import People, leave_setup

LIMIT_S = 10.0
_TEXT = "您好欢迎致电客户服务中心，人工服务请按一，自助查询请按二，留言请按九，重听请按零"
TEXTS = [f"{_TEXT[:37]}{ending}" for ending in ("谢谢。", "再见。", "请按。", "请讲。", "您好。")]


def spoken_s(ask: APIRequestContext, home: str, text: str) -> float:
    """Seconds until the whole sound is there."""
    began = time.monotonic()
    answer = ask.post(
        f"{home}/api/prompts/speak",
        data={"lang": "zh", "text": text},
        headers={"Origin": home},
        timeout=60_000,
    )
    took = time.monotonic() - began
    assert answer.ok, answer.text()
    assert len(answer.body()) > 8000
    return took


def rows() -> Iterator[Row]:
    """The one figure."""
    with carton() as site, browser.chromium(site.exchange_box.pid) as running:
        leave_setup(site.box)
        home = f"https://{site.box.address}"
        with browser.open_tab(running, home) as tab:
            tab.log_in_as(People(site.box, running).cookie("owner"), "/settings/prompts")
            took = [spoken_s(tab.page.request, home, text) for text in TEXTS]
    assert all(len(text) == 40 for text in TEXTS)
    each = ", ".join(f"{one:.1f}" for one in took)
    note = f"40 characters of Mandarin, five texts: {each} s"
    yield Row(name="prompt-speak-s", value=max(took), unit="s", limit=LIMIT_S, note=note)

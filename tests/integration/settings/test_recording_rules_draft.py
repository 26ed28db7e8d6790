"""Recording rules in a draft: a group's and the house's, compiled, applied and undone (REC-1)."""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.house import House
from fixtures.webd import Answer, Client


def body(answer: Answer) -> dict[str, Any]:
    assert answer.status == 200, answer.body
    assert isinstance(answer.body, dict)
    return answer.body


@pytest.mark.req("REC-1", "SET-3")
async def test_a_draft_changes_the_rules_and_a_group(house: House, pages: Client) -> None:
    rules = body(await pages.get("/api/recording-rules"))
    group = body(await pages.get("/api/groups/1"))
    assert group["records"] is True
    after = {name: value for name, value in group.items() if name not in ("id", "etag")}
    draft = [
        {
            "what": "recording-rules",
            "key": "recording-rules",
            "etag": rules["etag"],
            "after": {"keep_days": 30, "calls_out": False},
        },
        {"what": "group", "key": "1", "etag": group["etag"], "after": {**after, "records": False}},
    ]

    seen = body(await pages.post("/api/settings/preview", {"changes": draft}))
    assert seen["problems"] == []
    (text,) = (one["text"] for one in seen["difference"] if one["file"] == "body.conf")
    assert "+exten => all-group-1,1,NoOp()" in text and "+exten => out-,1,NoOp()" in text

    done = body(await pages.post("/api/settings/apply", {"changes": draft}))
    saved = body(await pages.get("/api/recording-rules"))
    assert (saved["keep_days"], saved["calls_out"]) == (30, False)
    assert body(await pages.get("/api/groups/1"))["records"] is False
    assert house.loaded() == 2

    body(await pages.post("/api/settings/undo", {"log": done["log"]}))
    back = body(await pages.get("/api/recording-rules"))
    assert (back["keep_days"], back["calls_out"]) == (None, True)
    assert body(await pages.get("/api/groups/1"))["records"] is True

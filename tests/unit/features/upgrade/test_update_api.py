"""Updates over HTTP: what hostd tells and refuses reaches the page whole, for who may (SET-5)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fixtures.peer import answering, whole
from fixtures.webd import SUPERVISOR, webd
from linebox.features.accounts.model import OWNER

UPDATE: dict[str, Any] = {
    "slots": [
        {"name": "A", "running": True, "next": True, "state": "good", "version": "1", "why": ""},
        {"name": "B", "running": False, "next": False, "state": "refused", "version": "2",
         "why": "asterisk"},
    ],
    "doing": "idle",
    "percent": 0,
    "step": "",
    "file": "good.raucb",
    "version": "2",
    "fault": {"code": "update-broken", "zh": "装不上。", "en": "Can't be installed."},
    "bundles": [{"name": "a.raucb", "size_bytes": 5_000_000_000, "version": "3", "fault": None}],
    "calls": 2,
}  # fmt: skip


@pytest.mark.req("SET-5")
async def test_what_hostd_tells_is_handed_on_whole(tmp_path: Path) -> None:
    async with webd(tmp_path) as client:
        client.log_in(OWNER)
        socket = tmp_path / "run/linebox/hostd/api.sock"
        socket.parent.mkdir(parents=True, exist_ok=True)
        async with answering(socket, whole(json.dumps(UPDATE).encode())):
            answer = await client.get("/api/update")
            assert (answer.status, answer.body) == (200, UPDATE)


@pytest.mark.req("SET-5", "SEC-1")
async def test_a_refusal_is_told_in_both_languages_and_only_to_who_may_change(
    tmp_path: Path,
) -> None:
    refusal = {"code": "update-cuts-calls", "fields": {"calls": 2}, "zh": "二", "en": "two"}
    async with webd(tmp_path) as client:
        client.log_in(OWNER)
        socket = tmp_path / "run/linebox/hostd/api.sock"
        socket.parent.mkdir(parents=True, exist_ok=True)
        async with answering(socket, whole(json.dumps(refusal).encode(), "409 Conflict")):
            answer = await client.post("/api/update/restart", {"cut_calls": False})
            assert (answer.status, answer.code) == (409, "update-cuts-calls")
            assert isinstance(answer.body, dict)
            assert "2 通电话" in answer.body["zh"] and "2 calls" in answer.body["en"]
            client.log_in(SUPERVISOR)
            assert (await client.post("/api/update/restart", {"cut_calls": True})).status == 403

"""The kill switch over AMI."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from linebox.asterisk.ami import AmiRefused, Message
from linebox.features.limits import stop
from linebox.features.limits.stop import Spent


class Asterisk:
    """astdb, and channels: name → (application, number that was dialled)."""

    def __init__(self, channels: dict[str, tuple[str, str]] | None = None) -> None:
        self.astdb: dict[str, str] = {}
        self.channels = channels or {}
        self.hung_up: list[str] = []

    async def action(
        self, name: str, /, *, timeout_s: float = 5.0, **headers: str | Sequence[str]
    ) -> Message:
        given = {key: str(value) for key, value in headers.items()}
        match name:
            case "DBPut":
                self.astdb[f"/{given['Family']}/{given['Key']}"] = given["Val"]
            case "DBDel":
                if self.astdb.pop(f"/{given['Family']}/{given['Key']}", None) is None:
                    raise AmiRefused("ami-refused")
            case "Getvar":
                number = self.channels[given["Channel"]][1]
                return Message("Success", {"Value": number}, "", is_event=False)
            case "Hangup":
                self.hung_up.append(given["Channel"])
        return Message("Success", {}, "", is_event=False)

    async def listing(
        self, name: str, /, *, timeout_s: float = 10.0, **headers: str | Sequence[str]
    ) -> list[Message]:
        return [
            Message("CoreShowChannel", {"Channel": c, "Application": a}, "", is_event=True)
            for c, (a, _) in self.channels.items()
        ]

    async def command(self, line: str, /, *, timeout_s: float = 30.0) -> list[str]:
        words = line.split()
        if words[1] == "get":
            value = self.astdb.get(f"/{words[2]}/{words[3]}")
            return ["Database entry not found."] if value is None else [f"Value: {value}"]
        found = [f"{key:<50}: {value:<25}" for key, value in self.astdb.items() if "lb-min" in key]
        return [*found, f"{len(found)} results found."]


@pytest.mark.req("SEC-2")
async def test_the_switch_is_kept_in_asterisk_with_its_time() -> None:
    asterisk = Asterisk()
    assert await stop.stopped_since(asterisk) is None
    await stop.put(asterisk, stopped=True)
    since = await stop.stopped_since(asterisk)
    assert since is not None and abs((datetime.now(UTC) - since).total_seconds()) < 5
    for _ in range(2):  # also when it isn't stopped
        await stop.put(asterisk, stopped=False)
    assert await stop.stopped_since(asterisk) is None


@pytest.mark.req("SEC-2")
async def test_what_phones_have_spent_is_read() -> None:
    asterisk = Asterisk()
    asterisk.astdb |= {"/lb-min/8001": "20261122-71", "/lb-min/w1001": "20261121-5"}
    assert (await stop.read(asterisk)).spent == (
        Spent(phone="8001", day="20261122", seconds=71),
        Spent(phone="w1001", day="20261121", seconds=5),
    )


@pytest.mark.req("SEC-2")
async def test_only_calls_out_are_cut_and_no_emergency() -> None:
    asterisk = Asterisk(
        {
            "PJSIP/trunk-exchange-01": ("AppDial", "13700003333"),
            "PJSIP/trunk-exchange-02": ("AppDial", "110"),
            "PJSIP/trunk-exchange-03": ("Queue", "13900001111"),
            "PJSIP/8001-04": ("AppDial", "8001"),
        }
    )
    assert await stop.cut(asterisk) == 1
    assert asterisk.hung_up == ["PJSIP/trunk-exchange-01"]

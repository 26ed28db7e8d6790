"""What the journal tells of agents, from keys and from screens."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from linebox.asterisk.journals import CelRecord
from linebox.features.agents.sessions import change
from linebox.features.calls.assemble import is_act

AT = datetime(2026, 11, 22, tzinfo=UTC)
ACT = "Local/join@lb-desk-0a1b2c-00000001;2"


def record(event: str, text: str, channel: str = ACT) -> CelRecord:
    return CelRecord(
        position=0,
        event=event,
        at=AT,
        cid_name="",
        cid_num="",
        ani="",
        dnid="",
        exten="join",
        context="lb-desk-0a1b2c",
        channel=channel,
        uniqueid="s00000001-1.2",
        linkedid="s00000001-1.1",
        account="",
        extra=f'{{"extra":"{text}"}}',
    )


@pytest.mark.req("AGT-1")
def test_a_group_joined_from_a_screen_changes_the_session_s_groups() -> None:
    found = change(record("LB_JOIN", "agent=1001;ext=w1001;groups=g1:0+g3:5;by=anna"))
    assert found is not None
    assert (found.agent, found.extension, found.groups) == ("1001", "w1001", "1:0,3:5")


@pytest.mark.req("AGT-1")
@pytest.mark.parametrize("ext", ["x1001", "w", "ww1001", "w1001;extra=1", ""])
def test_a_phone_is_an_extension_or_a_browser_phone(ext: str) -> None:
    found = change(record("LB_LOGIN", f"agent=1001;ext={ext};groups=g1:0;by="))
    assert found is None or found.extension == "w1001"


def test_an_act_is_told_from_a_call_by_its_channel() -> None:
    assert is_act([record("CHAN_START", "")])
    assert not is_act([record("CHAN_START", "", "PJSIP/w1001-00000001")])
    assert not is_act([record("CHAN_START", "", "Local/8001@from-phone-00000001;1")])

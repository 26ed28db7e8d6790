"""A desk phone's lamp on a booted box: lit by a message, out when it is heard, right after kills."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from fixtures.boxes import REPO, until
from fixtures.handset import Handset
from fixtures.site import Site

#: As calld does: secret, the box's address, mailbox.
_TELL = """
import asyncio, sys
from linebox.asterisk.mwi import Mwi
from linebox.base.errors import Unavailable

async def tell(secret, box, mailbox):
    async with Mwi(secret, box=(box, 5060)) as mwi:
        await mwi.tell(mailbox, 1)

try:
    asyncio.run(tell(*sys.argv[1:]))
except Unavailable as error:
    print(error.fields["reason"])
else:
    print("taken")
"""


@pytest.fixture
def phone(site: Site) -> Iterator[tuple[Handset, str]]:
    """The first practice phone played by the test, and the staff number of who sits at it."""
    with site.practice_phone() as made:
        yield made, site.box.practice["phones"][0]["agent"]


def left_for(site: Site, agent: str) -> str:
    """A caller's message, given to ``agent`` to call back; its call."""
    caller = site.caller()
    site.ended([site.place(caller, keys=["9"], talk_s=12)])
    call = site.filed([caller])[caller]["id"]
    give = site.box.rows(
        "UPDATE follow_ups SET owner = %s, state = 'taken', taken_at = now()"
        " WHERE call_id = %s RETURNING id",
        agent,
        call,
    )[0]
    assert give["id"]
    return str(call)


def hear(site: Site, call: str) -> None:
    site.box.rows("UPDATE voicemails SET heard_at = now() WHERE call_id = %s RETURNING 1", call)


@pytest.mark.req("TEL-2", "TEL-5")
def test_the_lamp_is_lit_by_a_message_and_out_within_two_seconds_of_hearing_it(
    site: Site, phone: tuple[Handset, str]
) -> None:
    handset, agent = phone
    handset.until("told at registering", lambda: handset.lamp is False, 5)
    call = left_for(site, agent)
    handset.until("lit", lambda: handset.lamp is True, 3)
    hear(site, call)
    heard = time.monotonic()
    handset.until("out", lambda: handset.lamp is False, 5)
    assert time.monotonic() - heard < 2


@pytest.mark.req("TEL-2", "TEL-5")
@pytest.mark.expects_errors("func_odbc.c", "res_odbc.c")
def test_the_lamp_is_right_again_after_asterisk_and_calld_were_killed(
    site: Site, phone: tuple[Handset, str]
) -> None:
    handset, agent = phone
    call = left_for(site, agent)
    handset.until("lit", lambda: handset.lamp is True, 10)

    handset.summaries.clear()
    site.box.kill9("asterisk")
    until("booted", site.box.booted, within_s=60)
    handset.until("lit by the new Asterisk", lambda: handset.lamp is True, 10)

    site.box.stop("linebox-calld")
    hear(site, call)
    site.box.systemctl("start", "linebox-calld")
    handset.until("out when calld is back", lambda: handset.lamp is False, 10)


@pytest.mark.req("TEL-2", "SEC-2")
@pytest.mark.parametrize("who", ["carrier", "stranger"])
def test_nobody_but_the_box_itself_tells_what_waits(
    site: Site, phone: tuple[Handset, str], who: str
) -> None:
    """With the right secret, but from another address."""
    handset, _ = phone
    handset.until("told at registering", lambda: handset.lamp is False, 5)
    secret = site.box.secret("ami-calld")
    argv = [sys.executable, "-c", _TELL, secret, site.box.address, f"{handset.number}@phones"]
    if who == "carrier":
        argv = ["nsenter", "-t", str(site.exchange_box.pid), "-n", *argv]
    said = subprocess.run(
        argv,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(REPO / "firmware")},
        timeout=30,
    ).stdout
    assert said.startswith("PUBLISH: 4"), said
    time.sleep(1)
    assert handset.lamp is False

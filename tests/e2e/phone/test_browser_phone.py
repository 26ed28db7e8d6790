"""Browser phones on the booted box: what stands behind a desk's page, by a page with nothing but JsSIP."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from playwright.sync_api import Browser

from fixtures import softphone
from fixtures.boxes import until
from fixtures.site import Site
from fixtures.softphone import TONE_HZ, Softphone, ask_calld, open_phone
from fixtures.tones import HEARD_DB, RATE_HZ, level_db, read_stereo

AGENT, PHONE = "1001", "w1001"


@pytest.fixture(scope="module")
def chromium(site: Site) -> Iterator[Browser]:
    with softphone.chromium(site.exchange_box.pid) as running:
        yield running


@pytest.fixture(scope="module")
def script() -> Iterator[str]:
    with TemporaryDirectory() as folder:
        yield softphone.bundle(Path(folder))


@pytest.fixture(scope="module")
def alone(site: Site) -> Iterator[None]:
    """Whoever calls gets our agent: the practice agents are on a break, and afterwards as before."""
    for phone in site.box.practice["phones"]:
        if phone["agent"] != AGENT:
            site.box.asterisk(f"queue pause member PJSIP/{phone['ext']}")
    yield
    for phone in site.box.practice["phones"]:
        site.box.asterisk(f"queue unpause member PJSIP/{phone['ext']}")
    site.log_in_all()


@pytest.fixture
def phone(site: Site, chromium: Browser, script: str, alone: None) -> Iterator[Softphone]:
    """A page that has registered and is seated."""
    with _page(site, chromium, script) as made:
        made.start(ask_calld(site.box, "POST", "/phones", {"agent": AGENT}))
        made.registered()
        # Asterisk still takes leave of the page of the test before.
        until("seated", lambda: _act(site, "login") or True)
        yield made
        _act(site, "logout")


@contextmanager
def _page(site: Site, chromium: Browser, script: str) -> Iterator[Softphone]:
    with open_phone(chromium, f"https://{site.box.address}", script) as made:
        yield made


def _act(site: Site, do: str, **more: object) -> None:
    ask_calld(site.box, "POST", "/act", {"do": do, "agent": AGENT, "by": "test"} | more)


def _seen(site: Site) -> dict[str, Any]:
    """Our agent in the live picture."""
    agents = ask_calld(site.box, "GET", "/live")["agents"]
    return next(one for one in agents if one["number"] == AGENT)


def _registered_until(site: Site) -> int:
    """Until when our phone's registration holds, epoch seconds."""
    kept = site.box.asterisk("database show registrar/contact")
    ours = next(line for line in kept.splitlines() if f"/{PHONE};" in line)
    found = re.search(r'"expiration_time":"(\d+)"', ours)
    assert found, ours
    return int(found[1])


def _talking(phone: Softphone) -> None:
    """Sound goes both ways. It begins when the caller has been told the staff number."""

    def flows() -> bool:
        sent, received = phone.sent_and_received()
        return sent > 50 and received > 50

    until("sound both ways", flows, within_s=15)


@pytest.mark.req("TEL-6", "AGT-3", "REC-1", "AGT-1")
def test_customer_talks_to_an_agent_in_the_browser(site: Site, phone: Softphone) -> None:
    box = site.box
    wrapup_s = box.value("SELECT wrapup_s FROM groups WHERE id = 1")
    box.rows("UPDATE groups SET wrapup_s = 60 WHERE id = 1 RETURNING id")
    box.sh("linebox", "apply")
    caller = site.caller()
    call = site.place(caller, keys=["1", "5@18"])

    ring = phone.rings()
    told = {name.upper(): value for name, value in ring["headers"].items()}
    assert told.pop("X-LB-CALL") and told.pop("X-LB-GEN")
    assert told == {
        "X-LB-GROUP": "1",
        "X-LB-FROM": caller,
        "X-LB-VIP": "0",
        "X-LB-KEYS": "1:1",
        "X-LB-KIND": "queue",
    }
    until("ringing", lambda: _seen(site)["state"] == "ringing")
    phone.answer()
    _talking(phone)
    seen = until("talking", lambda: _seen(site) if _seen(site)["state"] == "talking" else None)
    assert (seen["phone"], seen["from"]) == (PHONE, caller)
    answered_at = site.exchange.call(call)["answered_at"]
    until("14 s of the call", lambda: time.time() > answered_at + 14, within_s=20)
    phone.hang_up()
    until("wrap-up", lambda: _seen(site)["state"] == "wrapup" and _seen(site)["until"])
    _act(site, "wrapup-end")
    until("ready", lambda: _seen(site)["state"] == "ready" and not _seen(site)["until"])
    record = site.ended([call])[0]

    row = site.filed([caller])[caller]
    assert (row["result"], row["agent"], row["extension"]) == ("answered", AGENT, PHONE)
    assert (row["rating"], row["keys"][:1]) == (5, "1")
    file = box.value(
        "SELECT file FROM recordings JOIN calls ON calls.id = call_id WHERE from_number = %s",
        caller,
    )
    path = box.data / "recordings" / f"{file}.raw"
    sides = read_stereo(path if path.exists() else path.with_suffix(".opus"))
    left, right = (side[10 * RATE_HZ : 12 * RATE_HZ] for side in (sides.left, sides.right))
    customer_hz = record["asked"]["tone_hz"]
    assert level_db(left, customer_hz) >= HEARD_DB > level_db(left, TONE_HZ)
    assert level_db(right, TONE_HZ) >= HEARD_DB > level_db(right, customer_hz)

    acts = "SELECT DISTINCT linkedid FROM cel WHERE channel LIKE 'Local/%%@lb-desk-%%'"
    assert box.value(f"SELECT count(*) FROM ({acts}) AS acts") >= 2
    assert box.value(f"SELECT count(*) FROM calls WHERE id IN ({acts})") == 0
    seated = box.value("SELECT extension FROM agent_sessions WHERE agent = %s AND logged_out_at IS NULL", AGENT)  # fmt: skip
    assert seated == PHONE
    box.rows("UPDATE groups SET wrapup_s = %s WHERE id = 1 RETURNING id", wrapup_s)
    box.sh("linebox", "apply")


@pytest.mark.req("AGT-6", "ACD-7")
def test_reloaded_page_gets_its_caller_back_within_seconds(site: Site, phone: Softphone) -> None:
    credential = ask_calld(site.box, "POST", "/phones", {"agent": AGENT})
    call = site.place(site.caller(), keys=["1"], talk_s=40)
    first = phone.rings()
    phone.answer()
    _talking(phone)
    began = phone.reload()
    phone.start(credential)
    phone.registered()
    again = phone.rings()
    came_back_s = time.monotonic() - began
    assert again["headers"]["X-Lb-Kind"] == "again"
    assert again["headers"]["X-Lb-Call"] == first["headers"]["X-Lb-Call"]
    phone.answer()
    _talking(phone)
    assert came_back_s < 7, f"{came_back_s:.1f} s"
    site.exchange.hang_up(call)
    site.quiet()


@pytest.mark.req("TEL-6", "AGT-6")
@pytest.mark.expects_errors("odbc")
def test_open_page_works_on_with_database_and_daemons_dead(site: Site, phone: Softphone) -> None:
    dead = ("linebox-webd", "linebox-calld", "linebox-guardd", "postgresql")
    site.box.stop(*dead)
    try:
        good_until = _registered_until(site)

        def anew() -> bool:  # within the same second the end is the same
            phone.page.evaluate("phone.register()")
            return _registered_until(site) > good_until

        until("registered anew", anew, every_s=1.0)
        phone.dial("*132")
        assert "paused:meal" in site.box.asterisk("queue show g1")
        phone.dial("*14")
        phone.dial("*12")
        assert f"PJSIP/{PHONE}" not in site.box.asterisk("queue show g1")
        phone.dial("*11")
        assert f"PJSIP/{PHONE}" in site.box.asterisk("queue show g1")
        made = len(phone.calls())
        call = site.place(site.caller(), keys=["1"], talk_s=40)
        assert phone.rings(nth=made + 1)["headers"]["X-Lb-Kind"] == "queue"
        phone.answer()
        _talking(phone)
        phone.hang_up()
        site.exchange.hang_up(call)
    finally:
        site.box.systemctl("start", *reversed(dead))
    until("calld answers", lambda: ask_calld(site.box, "GET", "/live"), within_s=30)
    until("the picture is true", lambda: _seen(site)["phone"] == PHONE, within_s=30)


@pytest.mark.req("TEL-6", "SEC-2")
def test_a_password_taken_away_registers_nobody_and_guessing_bans_no_page(
    site: Site, phone: Softphone, chromium: Browser, script: str
) -> None:
    ask_calld(site.box, "DELETE", f"/phones/{AGENT}")
    phone.page.evaluate("phone.register()")
    assert phone.refused()
    with _page(site, chromium, script) as guesser:
        for _ in range(12):
            guesser.start({"user": PHONE, "password": "guess", "realm": "linebox"})
            guesser.refused()
            guesser.page.evaluate("phone.stop(); phone.refused = ''")
    credential = ask_calld(site.box, "POST", "/phones", {"agent": AGENT})
    with _page(site, chromium, script) as other:
        other.start(credential)
        other.registered()
        until("the picture knows", lambda: _seen(site)["registered"])


@pytest.mark.req("ACD-13")
def test_agent_whose_page_is_closed_is_not_ready(site: Site, phone: Softphone) -> None:
    until("ready", lambda: _seen(site)["state"] == "ready")
    phone.page.goto("about:blank")
    until("unreachable", lambda: _seen(site)["state"] == "unreachable")

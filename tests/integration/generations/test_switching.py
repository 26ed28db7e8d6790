"""A change takes effect while callers go on in what they began (issue 2, 5 and 6)."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time

import psycopg
import pytest

from fixtures.house import House
from fixtures.postgres import Pg
from fixtures.rig import CARRIER, rig
from linebox.desks.installer import seed


def kept(house: House) -> set[int]:
    manifest = house.rig.data / "generations/current/manifest.json"
    return {int(number) for number in json.loads(manifest.read_text())["kept"]}


@pytest.mark.req("SET-3")
def test_same_settings_switch_nothing(house: House) -> None:
    house.pg.rows("UPDATE calendars SET name = name || '!'")

    applied = house.rig.apply()

    assert (applied.generation, applied.changed) == (1, False)
    assert house.rig.apply(force=True).generation == 2


@pytest.mark.req("SET-3", "RPT-5")
def test_new_name_reaches_the_live_pages(house: House) -> None:
    house.pg.rows("UPDATE groups SET name_zh = '客户服务' WHERE id = 1")

    assert house.rig.apply().changed
    assert "客户服务" in (house.rig.data / "generations/current/manifest.json").read_text("utf-8")


@pytest.mark.req("SET-3", "IVR-1")
def test_caller_finishes_the_flow_they_began(house: House) -> None:
    house.pg.rows("UPDATE menus SET timeout_s = 60")
    house.rig.apply()
    caller = house.phones.call("4008001234", script=[6000, "9", 2000], hangs_up=True)
    house.rig.until("in the menu", lambda: "lb-menu" in house.channel_list())
    for change in (
        "UPDATE menu_options SET kind = 'hangup' WHERE key = '9'",
        "UPDATE menus SET tries = 2",
        "UPDATE dids SET kind = 'group', target = 1; DELETE FROM menus",
    ):
        for each in change.split("; "):
            house.pg.rows(each)
        assert house.rig.apply().changed
        assert 2 in kept(house)

    house.rig.until("at the voicemail", lambda: "to=voicemail" in house.journal())

    caller.end()
    house.rig.asterisk("channel request hangup all")
    house.rig.until("no calls", lambda: house.channels() == 0)
    house.rig.apply(force=True)
    house.rig.apply(force=True)
    assert 2 not in kept(house), "nobody needs it any more"


@pytest.mark.req("SET-3", "ACD-1")
def test_caller_waits_on_in_a_group_that_was_deleted(house: House) -> None:
    house.log_in(1, 1)
    house.pg.rows("UPDATE dids SET kind = 'group', target = 1")
    house.rig.apply()
    house.phones.call("4008001234")
    house.rig.until("in the queue", lambda: "1 calls" in house.rig.asterisk("queue show g1"))

    house.pg.rows("UPDATE dids SET target = 2")
    house.pg.rows("UPDATE menu_options SET target = 2 WHERE kind = 'group'")
    house.pg.rows("UPDATE menus SET fallback_id = 2")
    house.pg.rows("DELETE FROM groups WHERE id = 1")
    for _ in range(3):
        house.rig.apply(force=True)

    assert "1 calls" in house.rig.asterisk("queue show g1")
    assert "agent-1001" in house.rig.asterisk("queue show g1")


@pytest.mark.req("SET-3", "IVR-2")
def test_owners_prompt_is_spoken_and_its_earlier_text_kept_while_needed(house: House) -> None:
    said = "UPDATE prompts SET builtin = NULL, text_zh = '{0}', text_en = '{0}' WHERE id = 1"
    house.pg.rows(said.format("one"))
    house.rig.apply()
    folder = house.rig.data / "prompts/zh/owner"
    (first,) = folder.iterdir()
    house.pg.rows(said.format("two"))
    house.rig.apply()

    assert first.exists(), "the last generation plays it"
    assert len(list(folder.iterdir())) == 2
    for _ in range(7):
        house.rig.apply(force=True)
    assert first.exists(), "undoing the change may want it back for a month"
    long_ago = time.time() - 33 * 86400
    os.utime(first, (long_ago, long_ago))
    house.rig.apply(force=True)
    assert not first.exists()


@pytest.mark.req("SET-3", "TEL-8")
def test_first_generation_is_made_without_sounds_and_without_asterisk(pg: Pg) -> None:
    with psycopg.connect(pg.dsn) as connection:
        seed.seed(connection, exchange_host=CARRIER)
    with rig(pg.dsn) as made:
        shutil.rmtree(made.folder / "share/sounds")

        said = made.sh(sys.executable, "-m", "linebox.daemons.confd", "--first")

        assert "missing-sound" in said
        assert made.current == "gen-1"
        made.start_asterisk()
        assert made.loaded().startswith("1 ")
    assert pg.rows("SELECT number, state FROM generations") == [(1, "current")]


@pytest.mark.req("SET-3", "AGT-1")
def test_each_agent_has_a_staff_number_in_each_language_of_the_numbers(house: House) -> None:
    sounds = house.rig.data / "astdata/sounds"
    pieces = 800 * len(["staff-prefix", *"1001", "staff-suffix"])

    assert (sounds / "zh_1001/lb/staff.alaw").stat().st_size >= pieces
    assert (sounds / "en_1004/lb/staff.alaw").stat().st_size >= pieces


@pytest.mark.req("SET-3", "SET-9")
def test_large_box_switches_within_two_seconds_and_no_call_notices(house: House) -> None:
    house.grow(extensions=500, groups=30)
    house.pg.rows("UPDATE dids SET kind = 'group', target = 1 WHERE number = '4008001234'")
    house.rig.apply()
    for number, phone in enumerate(house.practice["phones"], 1):
        house.phones.phone(phone["ext"], phone["secret"])
        house.log_in(number, 1)
    calls = [house.phones.call("4008001234", caller=f"1390000{n:04}", script=[20_000],
                               hangs_up=True) for n in range(8)]  # fmt: skip
    house.rig.until("four talk, four wait", lambda: house.channels() == 12)

    seconds = []
    for change in (
        "UPDATE menus SET timeout_s = timeout_s + 1",
        "UPDATE groups SET ring_s = ring_s + 1",
        "INSERT INTO extensions SELECT max(number)::int + 1, 'x', repeat('x', 20) FROM extensions",
        "UPDATE prompts SET builtin = 'lb/closed' WHERE id = 1",
        "UPDATE trunks SET max_calls = max_calls + 1",
    ):
        house.pg.rows(change)
        began = time.monotonic()
        assert house.rig.apply().changed
        seconds.append(time.monotonic() - began)
        assert house.channels() == 12

    print("generation-switch-s", " ".join(f"{each:.2f}" for each in seconds))
    assert max(seconds) <= 2
    assert all(call.succeeded() for call in calls)


@pytest.mark.req("SET-3")
def test_box_has_a_command_for_it(house: House) -> None:
    def linebox(*words: str) -> str:
        return house.rig.sh(sys.executable, "-m", "linebox.daemons.cli", *words, check=False)

    assert "generation 1 was current already" in linebox("apply")
    house.pg.rows("UPDATE menus SET timeout_s = 9")
    assert "generation 2 is current" in linebox("apply", "--note", "why")
    house.pg.rows("DELETE FROM groups")
    refused = linebox("apply")
    assert "不存在" in refused and "doesn't exist" in refused and "[dangling-route]" in refused
    listed = linebox("generations")
    assert [line.split()[2] for line in listed.splitlines()[:3]] == [
        "refused",
        "current",
        "superseded",
    ]
    shown = linebox("settings", "show")
    phones = json.loads(linebox("phones"))
    assert json.loads(shown)["dids"] and phones[0]["ext"] == "8001"
    assert not any(phone["secret"] in shown for phone in phones)
    assert linebox("migrate") == "" and linebox("seed", "--exchange", CARRIER).strip() == "null"

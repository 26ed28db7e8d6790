"""A generation that can't be is refused with the reason or rolled back; nobody notices (issue 2, 5)."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from fixtures.house import House
from fixtures.postgres import Pg
from fixtures.rig import CARRIER, Rig, rig
from linebox.base.errors import LineboxError, Unavailable
from linebox.base.messages import told
from linebox.compiler.switch import Step
from linebox.desks.installer import seed
from linebox.features.settings.confd import Refused


def refusal(rig: Rig) -> LineboxError:
    with pytest.raises(LineboxError) as caught:
        rig.apply()
    return caught.value


def untouched(house: House, *, generation: int, calls: int) -> None:
    """Calls in progress and agents logged in are as they were, in the generation they were in."""
    assert house.channels() == calls
    assert "agent-1001" in house.rig.asterisk("queue show g1")
    assert house.loaded() == generation
    assert house.rig.current == f"gen-{generation}"


#: What is broken, how it is mended, what it is called.
BROKEN = [
    (
        "UPDATE menu_options SET target = 77 WHERE key = '1'",
        "UPDATE menu_options SET target = 1 WHERE key = '1'",
        "dangling-route",
    ),
    (
        "UPDATE dids SET target = 9 WHERE number = '4008001234'",
        "UPDATE dids SET target = 1",
        "dangling-route",
    ),
    (
        "UPDATE groups SET overflow_kind = 'menu', overflow_id = 9 WHERE id = 2",
        "UPDATE groups SET overflow_kind = 'voicemail', overflow_id = 0",
        "dangling-route",
    ),
    (
        "UPDATE groups SET overflow_kind = 'group', overflow_id = 3 - id",
        "UPDATE groups SET overflow_kind = 'voicemail', overflow_id = 0",
        "overflow-loop",
    ),
    (
        "UPDATE prompts SET builtin = 'lb/no-such-sound' WHERE id = 1",
        "UPDATE prompts SET builtin = 'lb/welcome' WHERE id = 1",
        "missing-sound",
    ),
    (
        "UPDATE prompts SET builtin = NULL, text_zh = ' ', text_en = 'Hello' WHERE id = 1",
        "UPDATE prompts SET builtin = 'lb/welcome' WHERE id = 1",
        "missing-text",
    ),
    ("DELETE FROM groups WHERE id = 1", "", "dangling-route"),
]


@pytest.mark.req("SET-3")
def test_settings_that_lead_nowhere_are_refused_in_both_languages(house: House) -> None:
    house.caller_waits_in_menu()
    house.log_in(1, 1)
    for number, (breaking, mending, code) in enumerate(BROKEN, 3):
        house.pg.rows(breaking)

        refused = refusal(house.rig)

        assert isinstance(refused, Refused) and refused.state == 422
        assert refused.code == code, breaking
        sentence = told(refused.code, refused.fields)
        assert sentence["zh"] != sentence["en"]
        assert "{" not in f"{sentence['zh']}{sentence['en']}"
        assert house.state(number) == "refused"
        untouched(house, generation=2, calls=1)
        if mending:
            house.pg.rows(mending)
            assert not house.rig.apply().changed, mending


@pytest.mark.req("SET-3")
def test_empty_sound_file_is_refused(house: House) -> None:
    sound = house.rig.folder / "share/sounds/en/lb/welcome.alaw"
    sound.unlink()
    sound.write_bytes(b"")
    house.pg.rows("UPDATE menus SET tries = 2")

    assert refusal(house.rig).code == "missing-sound"


@pytest.mark.req("SET-3")
def test_fixed_order_is_refused_for_a_queue_that_lives_in_another(house: House) -> None:
    house.log_in(1, 1)
    house.pg.rows("UPDATE groups SET strategy = 'linear' WHERE id = 1")

    assert refusal(house.rig).code == "linear-needs-restart"
    assert house.rig.apply(force=True).changed


SABOTAGE = [
    ("body-*.conf", "[lb-inbound-", "[lb-lost-", "readback-contexts"),
    ("own-queues.conf", "[g2]", "[g22]", "readback-queues"),
    ("own-queues.conf", "ringall", "fewestcalls", "readback-strategy"),
    ("pjsip.conf", "[8001]", "[8001](!)", "readback-endpoints"),
    ("extensions.conf", "[lb-generation]", "[lb-nothing]", "readback-marker"),
]


@pytest.mark.req("SET-3")
def test_what_asterisk_does_not_take_is_rolled_back(house: House) -> None:
    house.caller_waits_in_menu()
    house.log_in(1, 1)
    house.pg.rows("UPDATE menus SET timeout_s = 9")
    house.pg.rows("UPDATE groups SET ring_s = 33")
    house.pg.rows("INSERT INTO extensions VALUES ('8005', 'new', repeat('x', 20))")
    for number, (file, before, after, code) in enumerate(SABOTAGE, 3):
        said = house.rig.sh(sys.executable, "-m", "fixtures.sabotaged_confd", file, before, after)

        assert f"RolledBack {code}" in said
        assert house.state(number) == "rolled-back"
        assert house.state(2) == "current"
        untouched(house, generation=2, calls=1)
        assert "ringall" in house.rig.asterisk("queue show g2")
    assert house.rig.apply().changed, "the next one takes"
    untouched(house, generation=8, calls=1)


@pytest.mark.req("SET-3")
@pytest.mark.parametrize("step", Step)
def test_kill_at_any_step_is_finished_or_undone(house: House, step: Step) -> None:
    house.caller_waits_in_menu()
    house.log_in(1, 1)
    house.rig.stop("confd", signal.SIGTERM)
    house.pg.rows("UPDATE menus SET timeout_s = 9")

    house.rig.sh(sys.executable, "-m", "fixtures.dying_confd", step, check=False)
    assert house.rig.current in ("gen-2", "gen-3"), "whole at every moment"
    house.rig.start_confd()
    house.rig.until("settled", lambda: not (house.rig.data / "generations/switching").exists())
    house.rig.until("Asterisk runs it", lambda: house.rig.current == f"gen-{house.loaded()}")
    applied = house.rig.apply()

    untouched(house, generation=applied.generation, calls=1)
    states = [state for (state,) in house.pg.rows("SELECT state FROM generations")]
    assert states.count("current") == 1
    assert not {"building", "switching"} & set(states)
    assert house.state(applied.generation) == "current"


@pytest.mark.req("SET-3")
@pytest.mark.parametrize("step", [Step.ANNOUNCED, Step.POINTED])
def test_asterisk_restarted_in_the_middle_of_a_switch_starts_whole(
    house: House, step: Step
) -> None:
    house.rig.stop("confd", signal.SIGTERM)
    house.pg.rows("UPDATE menus SET timeout_s = 9")
    house.rig.sh(sys.executable, "-m", "fixtures.dying_confd", step, check=False)

    house.rig.stop("asterisk")
    house.rig.start_asterisk()
    assert house.rig.current == f"gen-{house.loaded()}"
    house.rig.start_confd()
    applied = house.rig.apply()

    assert house.loaded() == applied.generation
    assert house.state(applied.generation) == "current"


@pytest.mark.req("SET-3")
@pytest.mark.parametrize(
    ("gone", "code"),
    [
        (lambda house: house.rig.stop("asterisk"), "asterisk-away"),
        (lambda house: house.pg.server.stop(), "database-away"),
    ],
)
def test_with_a_peer_away_it_is_refused_and_nothing_changes(
    house: House, gone: Callable[[House], object], code: str
) -> None:
    house.pg.rows("UPDATE menus SET timeout_s = 9")
    gone(house)
    try:
        refused = refusal(house.rig)
    finally:
        if code == "database-away":
            house.pg.server.start()

    assert isinstance(refused, Unavailable)
    assert refused.code == code
    assert house.rig.current == "gen-1"


def frozen_after(house: House, step: Step) -> subprocess.Popen[bytes]:
    """An apply that stands still after ``step``."""
    process = house.rig.start("frozen", sys.executable, "-m", "fixtures.dying_confd", step, "STOP")
    status = Path(f"/proc/{process.pid}/status")
    house.rig.until(f"frozen after {step}", lambda: "T (stopped)" in status.read_text())
    return process


@pytest.mark.req("SET-3")
@pytest.mark.parametrize("step", [Step.POINTED, Step.READ_BACK])
def test_database_gone_in_the_middle_is_settled_when_it_is_back(house: House, step: Step) -> None:
    house.log_in(1, 1)
    house.rig.stop("confd", signal.SIGTERM)
    house.pg.rows("UPDATE menus SET timeout_s = 9")
    process = frozen_after(house, step)
    house.pg.server.crash()
    process.send_signal(signal.SIGCONT)
    assert process.wait(30) == 1
    house.pg.server.start()

    house.rig.start_confd()
    applied = house.rig.apply()

    untouched(house, generation=applied.generation, calls=0)
    states = [state for (state,) in house.pg.rows("SELECT state FROM generations")]
    assert states.count("current") == 1 and not {"building", "switching"} & set(states)


@pytest.mark.req("SET-3")
@pytest.mark.parametrize("step", [Step.WRITTEN, Step.POINTED])
def test_asterisk_killed_in_the_middle_comes_up_with_a_whole_generation(
    house: House, step: Step
) -> None:
    house.rig.stop("confd", signal.SIGTERM)
    house.pg.rows("UPDATE menus SET timeout_s = 9")
    process = frozen_after(house, step)
    house.rig.stop("asterisk")
    process.send_signal(signal.SIGCONT)
    process.wait(30)
    house.rig.start_asterisk()

    assert house.rig.current == f"gen-{house.loaded()}"
    house.rig.start_confd()
    applied = house.rig.apply()
    assert house.loaded() == applied.generation
    assert house.state(applied.generation) == "current"


@pytest.mark.req("SET-3")
def test_second_apply_waits_for_the_first(house: House) -> None:
    house.pg.rows("UPDATE menus SET timeout_s = 9")
    process = frozen_after(house, Step.POINTED)
    with ThreadPoolExecutor() as pool:
        second = pool.submit(house.rig.apply)
        with pytest.raises(TimeoutError):
            second.result(1)
        process.send_signal(signal.SIGCONT)

        assert second.result(30).changed is False
    assert house.state(2) == "current"


@pytest.mark.req("SET-3", "SET-1")
def test_first_generation_killed_at_any_step_is_made_at_the_next_boot(pg: Pg) -> None:
    with psycopg.connect(pg.dsn) as connection:
        seed.seed(connection, exchange_host=CARRIER)
    with rig(pg.dsn) as made:
        for step in (Step.WRITTEN, Step.ANNOUNCED, Step.POINTED, Step.CURRENT):
            made.sh(sys.executable, "-m", "fixtures.dying_confd", step, check=False)
            made.first_generation()
            made.start_asterisk()
            made.start_confd()
            applied = made.apply()

            assert made.current == f"gen-{applied.generation}"
            assert made.loaded().split()[0] == str(applied.generation)
            states = [state for (state,) in pg.rows("SELECT state FROM generations")]
            assert states.count("current") == 1 and not {"building", "switching"} & set(states)

            made.stop("confd")
            made.stop("asterisk")
            shutil.rmtree(made.data / "generations")
            (made.data / "generations").mkdir()
            pg.rows("DELETE FROM generations")

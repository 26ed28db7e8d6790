"""A compiled generation as a real Asterisk reads it, and callers inside one that is replaced."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from fixtures.dialplan_house import DID, FULL, house, to
from fixtures.dialplan_line import Line, line_of
from linebox.asterisk import mwi
from linebox.compiler.generation import KeptBody
from linebox.features.ivr.model import Menu

pytestmark = pytest.mark.req("IVR-1")


@pytest.fixture
def line() -> Iterator[Line]:
    """An Asterisk of the test's own: generations stay in it."""
    with line_of(house()) as made:
        made.announced = ["SQLConnect", "func_odbc", "getaddrinfo"]
        made.mark()
        yield made
        made.telephones.end()
        assert made.errors() == []


def kept(line: Line) -> list[KeptBody]:
    """The current generation, as the next one keeps it."""
    now = line.generation
    body = now.files[f"body-{now.hash}.conf"]
    return [
        KeptBody(number=now.number, hash=now.hash, body=body, queues=now.files["own-queues.conf"])
    ]


def test_asterisk_has_every_context_queue_and_endpoint_and_no_other(line: Line) -> None:
    shown = line.rig.asterisk("dialplan show")
    contexts = set(re.findall(r"^\[ Context '([^']+)'", shown, re.MULTILINE))
    assert {c for c in contexts if c.startswith(("lb-", "from-"))} == set(line.generation.contexts)
    queues = dict(
        re.findall(
            r"^(g\d+) has .* in '(\w+)' strategy", line.rig.asterisk("queue show"), re.MULTILINE
        )
    )
    assert queues == line.generation.queues
    endpoints = re.findall(
        r"^ Endpoint: +(\S+?)(?:/\S+)? ", line.rig.asterisk("pjsip show endpoints"), re.MULTILINE
    )
    of_the_box = {mwi.USER}  # is no telephone and in no generation
    shown_endpoints = {e for e in endpoints if not e.startswith("<")}
    assert shown_endpoints == set(line.generation.endpoints) | of_the_box


def test_log_is_free_of_warnings_after_the_start(line: Line) -> None:
    assert line.log().count(" ERROR[") == 0
    assert [w for w in line.log().splitlines() if " WARNING[" in w] == []


def test_names_with_syntax_in_them_stay_names(line: Line) -> None:
    hostile = '"]\\;x" ${SHELL(id)} #include <1>; exten => s,1,System(x) 名字'
    snapshot = line.snapshot
    phones = tuple(
        replace(e, name=hostile, secret="pass;word=> #[x]-16") for e in snapshot.extensions
    )
    line.write(replace(snapshot, extensions=phones))
    line.reload()
    shown = line.rig.asterisk("pjsip show endpoint 8001")
    assert "callerid" in shown and "System(x)" in shown  # as a name
    assert "System" not in line.rig.asterisk("dialplan show")
    assert "pass;word=> #[x]-16" in line.rig.asterisk("pjsip show auth 8001")


def test_caller_finishes_the_flow_they_began(line: Line) -> None:
    old = line.generation.hash
    call = line.telephones.call(DID, [6000, "7", 1500, "#", 2000])
    line.rig.until("the caller is in the menu", lambda: line.where("lb-menu"))
    changed = replace(
        line.snapshot,
        menus=(Menu(id=2, name="other", prompt_id=2, fallback=to("hangup")),),
        dids=tuple(replace(d, destination=to("menu", 2)) for d in line.snapshot.dids),
    )  # menu 1 has gone
    line.write(changed, kept=kept(line))
    line.reload()
    assert line.generation.hash != old
    assert f"lb-menu-1-{old}" in line.rig.asterisk(f"dialplan show lb-menu-1-{old}")
    assert call.succeeded(30)
    notes = line.notes()
    assert {s["gen"] for n, s in notes if n == "LB_ENTRY"} == {"1"}
    assert {s["menu"] for n, s in notes if n == "LB_MENU"} == {"1"}
    line.mark()
    assert line.telephones.call(DID, [1000], hangs_up=True).succeeded(20)
    assert {s["gen"] for n, s in line.notes() if n == "LB_ENTRY"} == {"2"}
    line.write(changed)  # nobody bears the mark any more
    line.reload()
    assert "There is no existence" in line.rig.asterisk(f"dialplan show lb-menu-1-{old}")


def test_caller_keeps_waiting_in_a_group_that_was_removed(line: Line) -> None:
    call = line.telephones.call(FULL, [12000])
    line.rig.until("the caller waits", lambda: line.where("lb-queue"))
    groups = tuple(g for g in line.snapshot.groups if g.id != 3)
    dids = tuple(d for d in line.snapshot.dids if d.destination != to("group", 3))
    line.write(replace(line.snapshot, groups=groups, dids=dids), kept=kept(line))
    assert "g3" in line.generation.queues
    line.reload()
    assert "1. PJSIP/trunk-exchange" in line.rig.asterisk("queue show g3")
    call.end()
    line.rig.asterisk("channel request hangup all")
    line.quiet()


def test_agents_stay_logged_in_over_a_switch(line: Line) -> None:
    line.log_in("8001", "1001")
    line.write(replace(line.snapshot, numbers=()), kept=kept(line))
    line.reload()
    assert line.members("g1") == line.members("g2") == ["agent-1001 PJSIP/8001"]

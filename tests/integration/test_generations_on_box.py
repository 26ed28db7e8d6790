"""Settings change while calls are in progress: nobody notices but those who call later."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from fixtures.boxes import until
from fixtures.site import DID, Site
from fixtures.truth import compare


@pytest.fixture
def settings(site: Site) -> Iterator[Site]:
    """What a test changes in these tables is put back, and applied, afterwards."""
    tables = ("menu_options", "menus", "dids", "groups")
    before = {t: site.box.rows(f"SELECT to_jsonb(x) AS row FROM {t} x") for t in tables}
    yield site
    statements = ["SET session_replication_role = replica"]  # order of foreign keys doesn't matter
    for table, rows in before.items():
        statements.append(f"DELETE FROM {table}")
        for row in rows:
            text = json.dumps(row["row"], ensure_ascii=False).replace("'", "''")
            statements.append(
                f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::{table}, '{text}')"
            )
    change(site, *statements)
    apply(site)


def change(site: Site, *statements: str) -> None:
    site.box.sh(
        "psql",
        "-qU",
        "postgres",
        "-v",
        "ON_ERROR_STOP=1",
        "linebox",
        stdin=";\n".join(["BEGIN", *statements, "COMMIT"]) + ";\n",
    )


def apply(site: Site) -> str:
    return site.box.sh("linebox", "apply", timeout_s=90)


def in_menu(site: Site, **more: object) -> tuple[str, str]:
    """A caller who has heard the menu's beginning and presses 1 eight seconds later."""
    caller = site.caller()
    call = site.place(caller, keys=["1@10"], **more)
    until("the caller is in the menu", lambda: "lb-menu" in site.box.asterisk("core show channels concise") or site.box.channels(), within_s=10)  # fmt: skip
    return caller, call


@pytest.mark.req("IVR-1")
def test_caller_finishes_the_flow_they_began(settings: Site) -> None:
    """Changed while the caller is inside: key 1 still leads to the group; for the next one to voicemail."""
    site = settings
    old, first = in_menu(site, with_agent_s=2)
    change(site, "UPDATE menu_options SET kind = 'voicemail', target = 0 WHERE key = '1'")
    apply(site)
    new, second = site.caller(), ""
    second = site.place(new, keys=["1@5"], talk_s=10)
    compare(site, site.ended([first]))
    site.ended([second])
    assert site.filed([old])[old]["result"] == "answered"
    assert site.filed([new])[new]["result"] == "voicemail"


@pytest.mark.req("IVR-1")
def test_caller_finishes_a_flow_that_was_removed(settings: Site) -> None:
    site = settings
    menu = site.box.value("SELECT target FROM dids WHERE number = %s", DID)
    old, first = in_menu(site, with_agent_s=2)
    change(
        site,
        f"UPDATE dids SET kind = 'group', target = 1 WHERE kind = 'menu' AND target = {menu}",
        f"DELETE FROM menus WHERE id = {menu}",
    )
    apply(site)
    assert site.box.value("SELECT count(*) FROM menus WHERE id = %s", menu) == 0
    compare(site, site.ended([first]))
    assert site.filed([old])[old]["result"] == "answered"
    new = site.caller()
    site.ended([site.place(new, with_agent_s=2)])
    assert site.filed([new])[new]["keys"] == ""


@pytest.mark.req("SET-3")
def test_bad_generation_dangling_route(settings: Site) -> None:
    site = settings
    before = site.box.value("SELECT max(number) FROM generations WHERE state = 'current'")
    change(site, "UPDATE menu_options SET kind = 'group', target = 77 WHERE key = '1'")
    said = site.box.sh("linebox", "apply", check=False)
    assert site.box.value("SELECT max(number) FROM generations WHERE state = 'current'") == before
    reason = site.box.value("SELECT error::text FROM generations ORDER BY number DESC LIMIT 1")
    assert "77" in (reason or said)
    call = site.place(site.caller(), keys=["1"], with_agent_s=1)
    compare(site, site.ended([call]))


@pytest.mark.req("SET-3")
def test_bad_generation_that_asterisk_refuses(settings: Site) -> None:
    """app_queue takes no change to `linear` while it runs: read back, rolled back, agents and calls untouched."""
    site = settings
    members = site.members()
    before = site.box.value("SELECT max(number) FROM generations WHERE state = 'current'")
    call = site.place(site.caller(), keys=["1"], with_agent_s=8)
    until("the call is in progress", lambda: site.box.channels() > 0)
    change(site, "UPDATE groups SET strategy = 'linear' WHERE id = 1")
    site.box.sh("linebox", "apply", check=False, timeout_s=90)
    row = site.box.rows("SELECT state, error FROM generations ORDER BY number DESC LIMIT 1")[0]
    assert row["state"] in ("rolled-back", "refused") and row["error"]
    assert site.box.value("SELECT max(number) FROM generations WHERE state = 'current'") == before
    assert site.members() == members
    compare(site, site.ended([call]))


@pytest.mark.req("SET-3")
def test_bad_generation_broken_prompt(settings: Site) -> None:
    site = settings
    before = site.box.value("SELECT max(number) FROM generations WHERE state = 'current'")
    change(
        site,
        "INSERT INTO prompts (id, name, builtin) OVERRIDING SYSTEM VALUE VALUES (901, 'broken', 'lb/nowhere')",
        "UPDATE menus SET prompt_id = 901",
    )
    try:
        site.box.sh("linebox", "apply", check=False)
        row = site.box.rows(
            "SELECT state, error::text AS error FROM generations ORDER BY number DESC LIMIT 1"
        )[0]
        assert row["state"] == "refused" and "lb/nowhere" in row["error"]
        assert (
            site.box.value("SELECT max(number) FROM generations WHERE state = 'current'") == before
        )
    finally:
        change(site, "UPDATE menus SET prompt_id = (SELECT min(id) FROM prompts WHERE id <> 901 AND name ILIKE '%menu%' OR id = (SELECT min(id) FROM prompts))", "DELETE FROM prompts WHERE id = 901")  # fmt: skip


@pytest.mark.req("SET-3")
def test_confd_killed_in_the_middle_of_a_switch(settings: Site) -> None:
    """Killed at random moments of the switch: the generation that runs is whole, and the next apply works."""
    site = settings
    members = site.members()
    for n in range(6):
        change(site, f"UPDATE menus SET timeout_s = {3 + n % 3 + 1}")
        site.box.sh("sh", "-c", f"(linebox apply >/dev/null 2>&1 &) ; sleep 0.{2 + n * 2}; systemctl kill -s KILL linebox-confd.service || true")  # fmt: skip
        call = site.place(site.caller(), keys=["1"], with_agent_s=1)
        compare(site, site.ended([call]))
    apply(site)
    assert site.members() == members
    assert (
        site.box.value("SELECT count(*) FROM generations WHERE state IN ('building', 'switching')")
        == 0
    )

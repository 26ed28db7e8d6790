"""Settings change while callers are inside: they finish the flow they began (bad generations: generations/)."""

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

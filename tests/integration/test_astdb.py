"""A damaged astdb: Asterisk starts, agents are as the journal says."""

from __future__ import annotations

import pytest

from fixtures.boxes import until
from fixtures.site import Site
from fixtures.truth import compare


def states(site: Site) -> dict[str, str]:
    """Member → paused or not, for every member of group 1, as app_queue says."""
    shown = site.box.asterisk("queue show g1")
    return {
        line.split()[0]: "paused" if "(paused" in line else "ready"
        for line in shown.splitlines()
        if "(PJSIP/" in line
    }


@pytest.mark.req("AGT-1", "ACD-13")
@pytest.mark.expects_errors("astdb")
@pytest.mark.parametrize("damage", ["overwritten", "gone", "cut short"])
def test_damaged_astdb(site: Site, damage: str) -> None:
    ext = site.box.practice["phones"][0]["ext"]
    site.exchange.dial(ext, "*13")
    until("one agent is paused", lambda: "paused" in states(site).values())
    before = states(site)
    until(
        "the pause is filed",
        lambda: site.box.value(
            "SELECT count(*) FROM agent_sessions WHERE paused_at IS NOT NULL AND logged_out_at IS NULL"
        ),
    )
    try:
        site.box.stop("asterisk")
        db = site.box.data / "asterisk/astdb.sqlite3"
        (site.box.data / "asterisk/astdb.good.sqlite3").unlink(missing_ok=True)
        match damage:
            case "overwritten":
                db.write_bytes(b"\x00garbage" * 4096)
            case "gone":
                db.unlink()
            case _:
                db.write_bytes(db.read_bytes()[: db.stat().st_size // 2])
        site.box.systemctl("start", "asterisk")
        until("Asterisk is up", site.box.booted)
        until("agents as before", lambda: states(site) == before, within_s=30)
    finally:
        until("phone registered", lambda: any(a["ext"] == ext and a["registered"] for a in site.exchange.agents()), within_s=90)  # fmt: skip
        site.exchange.dial(ext, "*14")
    until("all are ready again", lambda: "paused" not in states(site).values(), within_s=30)
    call = site.place(site.caller(), keys=["1"], with_agent_s=1)
    compare(site, site.ended([call]))

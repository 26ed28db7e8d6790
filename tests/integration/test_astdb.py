"""A damaged astdb: Asterisk starts, agents are as the journal says."""

from __future__ import annotations

import re

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


def announced(site: Site) -> str:
    """The staff number that a waiting caller is told: it is in their channel's language."""
    names = site.box.asterisk("core show channels concise").splitlines()
    shown = [site.box.asterisk(f"core show channel {name.partition('!')[0]}") for name in names]
    found = [match[1] for text in shown if (match := re.search(r"Language: [a-z]+_(\d+)", text))]
    return found[0] if found else ""


def damage_astdb(site: Site, damage: str) -> None:
    """With Asterisk stopped; the last good copy is lost too."""
    db = site.box.data / "asterisk/astdb.sqlite3"
    (site.box.data / "asterisk/astdb.good.sqlite3").unlink(missing_ok=True)
    match damage:
        case "overwritten":
            db.write_bytes(b"\x00garbage" * 4096)
        case "gone":
            db.unlink()
        case _:
            db.write_bytes(db.read_bytes()[: db.stat().st_size // 2])


def keys(site: Site) -> list[str]:
    """What astdb says of who is where."""
    return sorted(
        " ".join(line.split())
        for line in site.box.asterisk("database show").splitlines()
        if line.startswith(("/lb-who/", "/lb-at/", "/lb-in/"))
    )


def start_with_damage(site: Site, damage: str) -> None:
    """One agent pauses, astdb is damaged, Asterisk starts: all is as it was."""
    phone = site.box.practice["phones"][0]
    agent, ext = f"agent-{phone['agent']}", phone["ext"]
    site.exchange.dial(ext, "*13")
    until("the agent is paused", lambda: states(site)[agent] == "paused")
    before, known = states(site), keys(site)
    assert len(known) == 3 * len(site.box.practice["phones"])
    until(
        "the pause is filed",
        lambda: site.box.value(
            "SELECT count(*) FROM agent_sessions WHERE paused_at IS NOT NULL AND logged_out_at IS NULL"
        ),
    )
    site.box.stop("asterisk")
    damage_astdb(site, damage)
    site.box.systemctl("start", "asterisk")
    until("Asterisk is up", site.box.booted)
    until("agents as before", lambda: states(site) == before, within_s=30)
    until("known as before", lambda: keys(site) == known)
    # Where phones are was in astdb as well; they tell it again within their registration's 2 min.
    site.exchange_box.asterisk("pjsip send register *all")
    until("phones are back", lambda: "Unavailable" not in site.box.asterisk("queue show g1"))
    site.exchange.dial(ext, "*14")
    until("the agent is ready again", lambda: states(site)[agent] == "ready")


@pytest.mark.req("AGT-1", "ACD-13")
@pytest.mark.expects_errors("astdb")
@pytest.mark.parametrize("damage", ["overwritten", "cut short"])
def test_damaged_astdb(site: Site, damage: str) -> None:
    start_with_damage(site, damage)


@pytest.mark.req("AGT-1", "ACD-5", "ACD-13")
@pytest.mark.expects_errors("astdb")
def test_lost_astdb(site: Site) -> None:
    """Callers are told the staff number as before, and ``*12`` and ``*11`` know the agent."""
    start_with_damage(site, "gone")
    call = site.place(caller := site.caller(), keys=["1"], with_agent_s=3)
    told = until("a staff number is announced", lambda: announced(site))
    compare(site, site.ended([call]))
    assert site.filed([caller])[caller]["agent"] == told
    phone = site.box.practice["phones"][0]
    agent = f"agent-{phone['agent']}"
    site.exchange.dial(phone["ext"], "*12")
    until("the agent is logged out", lambda: agent not in states(site))
    site.exchange.dial(phone["ext"], "*11")
    until("the agent is logged in", lambda: states(site).get(agent) == "ready")

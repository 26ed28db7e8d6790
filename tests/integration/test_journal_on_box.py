"""The clock set back, two starts in a second (issue 2, section 5); a full disk: test_journal_full."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.boxes import until
from fixtures.site import Site
from fixtures.truth import compare


def starts(site: Site) -> set[str]:
    """Folders of Asterisk's starts."""
    return {path.name for path in (site.box.data / "journal").glob("s[0-9]*")}


def one_call(site: Site) -> None:
    compare(site, site.ended([site.place(site.caller(), keys=["1"], with_agent_s=1)]))


@pytest.mark.req("ACD-7")
@pytest.mark.expects_errors("")
def test_clock_set_back(site: Site) -> None:
    """Asterisk lives the same minute twice, a year ago: epoch and counter repeat, no record meets another.

    The container shares the machine's clock, so Asterisk alone is told another time (libfaketime).
    """
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    site.box.sh("sh", "-c", "cat > /run/faketime.so", stdin_bytes=library.read_bytes())
    drop_in = "/run/systemd/system/asterisk.service.d"
    text = (
        '[Service]\nEnvironment=LD_PRELOAD=/run/faketime.so "FAKETIME=@2025-11-22 08:00:00"'
        " FAKETIME_DONT_FAKE_MONOTONIC=1\n"
    )
    callers = [site.caller() for _ in range(4)]
    try:
        site.box.sh("mkdir", "-p", drop_in)
        site.box.sh("sh", "-c", f"cat > {drop_in}/time.conf", stdin=text)
        site.box.systemctl("daemon-reload")
        records = []
        for pair in (callers[:2], callers[2:]):
            site.box.systemctl("restart", "asterisk")
            until("Asterisk is up again", site.box.booted, within_s=30)
            assert "Startup time:                08:00:" in site.box.asterisk("core show settings")
            records += site.ended([site.place(caller, keys=["9"], talk_s=5) for caller in pair])
        compare(site, records)
        rows = site.filed(callers)
        assert len({row["id"] for row in rows.values()}) == 4
        assert {row["started_at"].year for row in rows.values()} == {2025}
    finally:
        site.box.sh("rm", "-rf", drop_in)
        site.box.systemctl("daemon-reload")
        site.box.systemctl("restart", "asterisk")
        until("Asterisk is up again", site.box.booted, within_s=30)
    until(
        "phones are back", lambda: all(a["registered"] for a in site.exchange.agents()), within_s=90
    )
    one_call(site)


@pytest.mark.req("ACD-7")
@pytest.mark.expects_errors("")
def test_two_starts_in_a_second(site: Site) -> None:
    before = starts(site)
    for _ in range(3):
        site.box.sh("/usr/lib/linebox/asterisk-prepare")
    assert len(starts(site) - before) == 3
    site.box.systemctl("restart", "asterisk")
    until("Asterisk is up again", site.box.booted, within_s=30)
    until(
        "phones are back", lambda: all(a["registered"] for a in site.exchange.agents()), within_s=90
    )
    one_call(site)

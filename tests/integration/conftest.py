"""Fixtures of the tests on boxes: the site, booted once, found healthy and left so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fixtures.boxes import box, exchange_box, until
from fixtures.exchange import ExchangeClient
from fixtures.site import Site


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    one, other = box(), exchange_box()
    for each in (one, other):
        each.down()
        each.reset()
    one.up()
    other.up()
    made = Site(one, other, ExchangeClient(other.address))
    until("the box is healthy", made.healthy, within_s=120, every_s=0.5)
    until("the exchange answers", lambda: made.exchange.up() is None, within_s=60)
    made.log_in_all()
    yield made
    for each in (other, one):
        each.down()


@pytest.fixture(autouse=True)
def _left_as_found(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test with the site: healthy, no channel, no ERROR of Asterisk's that wasn't announced."""
    if "site" not in request.fixturenames:
        yield
        return
    site: Site = request.getfixturevalue("site")
    until("healthy before the test", site.healthy, within_s=60, every_s=0.5)
    began = site.box.sh("date", "+%s").strip()
    yield
    until("healthy after the test", site.healthy, within_s=90, every_s=0.5)
    site.quiet()
    errors = [
        line
        for line in site.box.sh(
            "journalctl",
            "-u",
            "asterisk",
            "--since",
            f"@{began}",
            "-o",
            "cat",
            "-p",
            "err",
            "--no-pager",
        ).splitlines()
        if line and "-- No entries --" not in line
    ]
    announced = [mark.args[0] for mark in request.node.iter_markers("expects_errors")]
    unannounced = [e for e in errors if not any(a in e for a in announced)]
    assert not unannounced, f"ERROR in Asterisk's log: {unannounced[:5]}"

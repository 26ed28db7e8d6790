"""``linebox people``: who may log in at a new box, told at its console and to root only."""

from __future__ import annotations

import re

import pytest

from fixtures.site import Site


@pytest.mark.req("SEC-2")
def test_a_new_box_has_a_random_one_time_password_for_each_of_its_people(site: Site) -> None:
    told = site.box.sh("linebox", "people")
    lines = {line.split()[0]: line for line in told.splitlines()}
    assert {"1000", "1001", "1002", "1003", "1004"} <= set(lines)
    assert "supervisor" in lines["1000"]
    assert "agent" in lines["1001"]
    codes = re.findall(r"one-time password ((?:[2-9A-Z]{4}-){3}[2-9A-Z]{4})", told)
    waiting = site.box.value("SELECT count(*) FROM accounts WHERE must_change AND NOT disabled")
    assert len(codes) == len(set(codes)) <= waiting
    mode = site.box.sh("stat", "-c", "%a %U", "/data/secrets/people.json").strip()
    assert mode == "600 root"
    assert (
        site.box.sh(
            "sh", "-c", "su -s /bin/sh linebox-webd -c 'linebox people' && echo went", check=False
        ).count("went")
        == 0
    )

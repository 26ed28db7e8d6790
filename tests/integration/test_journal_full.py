"""The journals' file system full: calls are served, what is written down stays true (issue 2, section 5).

Asterisk drops a record for which there is no room and says nothing. So room is kept: a reserve lies
in that file system, and the disk guard gives it up before the last byte is written.
"""

from __future__ import annotations

import http.client
import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

import fixtures.sip_raw as sip_raw
from fixtures.boxes import STATE, Box, until
from fixtures.site import DID, Site

#: Of the journals' file system; a call to the mailbox takes some 3 kB of it.
SIZE_KB = 2048
MAILBOX = "9@1"


class FullBox:
    """A box whose journals have a small file system, called from the carrier's address."""

    def __init__(self, box: Box, site: Site) -> None:
        self.box = box
        self._site = site

    def called(self, numbers: list[str]) -> list[dict[str, Any]]:
        """All call at once, choose the mailbox and hang up without a word; what came of each."""
        running = [
            subprocess.Popen(
                ["nsenter", "-t", str(self._site.exchange_box.pid), "-n", "python3", sip_raw.__file__, self.box.address,
                 "--to", DID, "--from-header-hex", f"<sip:{number}@x>;tag={number}".encode().hex(),
                 "--digits", MAILBOX, "--talk-s", "4"],
                stdout=subprocess.PIPE, text=True,
            )
            for number in numbers
        ]  # fmt: skip
        return [json.loads(each.communicate(timeout=60)[0]) for each in running]

    def rows(self, numbers: list[str]) -> list[dict[str, Any]]:
        return self.box.rows(
            "SELECT from_number, keys, result, cut FROM calls WHERE from_number = ANY(%s)", numbers
        )

    def filed(self, numbers: list[str]) -> bool:
        """Each is a row, once, that tells the whole call."""
        told = sorted(
            (r["from_number"], r["keys"], r["result"], r["cut"]) for r in self.rows(numbers)
        )
        return told == sorted((number, "9", "menu", False) for number in numbers)

    def recorded(self, numbers: list[str]) -> int:
        """How many of these calls have a recording."""
        return int(
            self.box.value(
                "SELECT count(*) FROM recordings r JOIN calls c ON c.id = r.call_id WHERE c.from_number = ANY(%s)",
                numbers,
            )
        )

    def free_kb(self) -> int:
        return shutil.disk_usage(self.box.root / "data/journal").free // 1024

    def fill(self, name: str, kb: int) -> None:
        self.box.sh("fallocate", "-l", f"{kb}K", f"/data/journal/{name}")

    def alarms(self) -> dict[str, int]:
        """Alarms of the live picture: code → how often."""
        connection = http.client.HTTPConnection("calld", timeout=5)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.connect(str(self.box.root / "run/linebox/calld/api.sock"))
        try:
            connection.request("GET", "/live")
            alarms = json.load(connection.getresponse())["journal"]["alarms"]
        finally:
            connection.close()
        return {alarm["code"]: alarm["count"] for alarm in alarms}


@pytest.fixture
def full(site: Site) -> Iterator[FullBox]:
    box = Box("full", "app:web:voice:base", 40)
    box.down()
    box.reset()
    (STATE / "box/full").mkdir(parents=True)
    (STATE / "box/full/journal.mount").write_text(f"-t tmpfs -o size={SIZE_KB}k,mode=0770 tmpfs")
    box.up()
    try:
        until("the box answers calls", box.booted, within_s=60)
        yield FullBox(box, site)
    finally:
        box.down()
        box.reset()


@pytest.mark.req("ACD-7", "REC-1")
def test_torn_journal(full: FullBox, site: Site) -> None:
    numbers = [site.caller() for _ in range(33)]
    before, in_reserve, unwritten, after = numbers[:2], numbers[2:22], numbers[22:30], numbers[30:]
    reserve = full.box.root / "data/journal/reserve"
    off = full.box.root / "run/linebox/recording-off"
    until("there is a reserve", reserve.exists)
    assert full.called(before) and until("filed", lambda: full.filed(before))
    assert full.alarms() == {}
    assert full.recorded(before) == len(before)

    # Little is left: the reserve makes room for the calls that come.
    full.fill("ballast", full.free_kb() - 16)
    until("the reserve is given up", lambda: not reserve.exists(), within_s=15)
    until("nothing is recorded", off.exists)
    assert all(call["answered"] for call in full.called(in_reserve))
    until("calls in the reserve are filed", lambda: full.filed(in_reserve))
    until("alarms", lambda: full.alarms() == {"disk-full": 1, "journal-reserve": 1})
    assert full.recorded(in_reserve) == 0

    # Nothing at all is left: calls are served, and calld dies beside.
    full.fill("ballast2", full.free_kb())
    assert full.free_kb() == 0
    full.box.kill9("linebox-calld")
    assert all(call["answered"] for call in full.called(unwritten))

    # Room again. The record that was torn is kept as what it is, and no other is touched.
    for name in ("ballast", "ballast2"):
        full.box.sh("rm", f"/data/journal/{name}")
    assert all(call["answered"] for call in full.called(after))
    until("new calls are filed", lambda: full.filed(after))
    assert full.filed(before) and full.filed(in_reserve) and not full.filed(unwritten)
    rows = [row["from_number"] for row in full.rows(numbers)]
    assert len(rows) == len(set(rows))
    rejects = full.box.rows("SELECT kind, reason, bytes FROM journal_rejects")
    assert {(row["kind"], row["reason"]) for row in rejects} == {("cel", "torn")}
    until("the reserve is there again", reserve.exists, within_s=15)
    until(
        "only the torn record's alarm stands",
        lambda: full.alarms() == {"journal-rejects": len(rejects)},
    )
    assert not off.exists()
    log = full.box.log_of("linebox-disk-guard")
    assert "reserve" in log and "recording goes on" in log

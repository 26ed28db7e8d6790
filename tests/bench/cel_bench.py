"""Where Asterisk's own journal begins to back up: CEL is one serial writer (architecture, section 7).

A loop of user events is written as quickly as the writer goes; what a record costs, and the calls a
second that follow from the records a real call has. Then the same on a disk that takes 15 ms a flush,
played by a library that waits in the fclose of the journal's file.
"""

from __future__ import annotations

import time

from bench.rows import Row
from fixtures.boxes import Box, until

_EVENTS = 1500
_SLOW_MS = 15

_SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
int fclose(FILE *file) {
    static int (*real)(FILE *);
    char link[64], path[512];
    ssize_t n;
    if (!real) real = dlsym(RTLD_NEXT, "fclose");
    snprintf(link, sizeof link, "/proc/self/fd/%d", fileno(file));
    n = readlink(link, path, sizeof path - 1);
    if (n > 0) { path[n] = 0; if (strstr(path, "/cel-custom/")) usleep(SLOW_MS * 1000); }
    return real(file);
}
"""
_DROP_IN = "/run/systemd/system/asterisk.service.d"


def _records_s(ours: Box, count: int) -> float:
    """Records a second, from the first of ``count`` user events to the last in the file."""
    steps = (
        "s,1,Set,N=0", 's,2,CELGenUserEvent,"LB_BENCH,value=1"', 's,3,Set,"N=$[${N}+1]"', f's,4,GotoIf,"$[${{N}}<{count}]?2"', "s,5,Hangup",
    )  # fmt: skip
    for step in steps:
        ours.asterisk(f"dialplan add extension {step} into lb-bench replace")
    start = max(p.name for p in (ours.data / "journal").iterdir() if p.name.startswith("s"))
    file = ours.data / "journal" / start / "cel-custom/cel.csv"

    def written() -> int:
        return file.read_bytes().count(b'"LB_BENCH"') // 2 if file.exists() else 0

    before = written()
    ours.asterisk("module load res_clioriginate.so")  # the box itself originates over AMI only
    ours.asterisk("channel originate Local/s@lb-bench application Wait 1")
    until("the first is written", lambda: written() > before, every_s=0.002)
    first, began = written(), time.monotonic()
    until("all are written", lambda: written() >= before + count, within_s=300, every_s=0.02)
    return (before + count - first) / (time.monotonic() - began)


def _restarted(ours: Box) -> None:
    ours.systemctl("daemon-reload")
    ours.systemctl("restart", "asterisk")
    until("Asterisk is up again", ours.booted, within_s=40)


def measure(ours: Box) -> list[Row]:
    """Rows for the disk as it is and for the slow one. ``ours`` has filed whole calls before."""
    per_call = ours.value(
        "SELECT count(*)::float / count(DISTINCT linkedid) FROM cel WHERE linkedid IN (SELECT id FROM calls WHERE result = 'answered')"
    )
    found = []
    plain = _records_s(ours, _EVENTS)
    found.append(
        Row(
            name="journal-cel-ms-per-record",
            value=1000 / plain,
            unit="ms",
            note="as Asterisk writes CEL, synchronously",
        )
    )
    found.append(
        Row(
            name="journal-calls-per-s",
            value=plain / per_call,
            unit="calls/s",
            note=f"{per_call:.0f} records a call; above it a backlog grows",
        )
    )
    ours.sh(
        "sh",
        "-c",
        f"cat > /run/slow.c; gcc -shared -fPIC -DSLOW_MS={_SLOW_MS} -o /run/slow.so /run/slow.c -ldl",
        stdin=_SHIM,
    )
    try:
        ours.sh("mkdir", "-p", _DROP_IN)
        ours.sh(
            "sh",
            "-c",
            f"cat > {_DROP_IN}/slow.conf",
            stdin="[Service]\nEnvironment=LD_PRELOAD=/run/slow.so\n",
        )
        _restarted(ours)
        slow = _records_s(ours, _EVENTS // 10)
        note = f"a disk that takes {_SLOW_MS} ms a flush"
        found.append(
            Row(name="journal-cel-ms-per-record-slow", value=1000 / slow, unit="ms", note=note)
        )
        found.append(
            Row(name="journal-calls-per-s-slow", value=slow / per_call, unit="calls/s", note=note)
        )
    finally:
        ours.sh("rm", "-rf", _DROP_IN)
        _restarted(ours)
    return found

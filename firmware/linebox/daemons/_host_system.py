"""What systemd, the journal and the package database say of the box's parts."""

from __future__ import annotations

import functools
import json
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from linebox.base.errors import InputError
from linebox.base.shapes import fitted
from linebox.config.paths import Paths
from linebox.daemons import _host_run as run
from linebox.daemons._host_bundle import clean, secrets_of
from linebox.features.diagnostics.system import Disk, LogLine, Logs, LogsWish, System, Unit

#: Ours, then the engines; and the package that tells an engine's version.
UNITS: Final = {
    "linebox-calld": "", "linebox-webd": "", "linebox-confd": "", "linebox-guardd": "",
    "linebox-boardd": "", "linebox-hostd": "", "asterisk": "asterisk", "postgresql": "postgresql",
    "pgbouncer": "pgbouncer", "nginx": "nginx", "chrony": "chrony", "avahi-daemon": "avahi-daemon",
}  # fmt: skip
#: What may be restarted: all of them but who does it.
RESTARTABLE: Final = UNITS.keys() - {"linebox-hostd"}
_BY_SOCKET: Final = frozenset({"linebox-confd", "linebox-hostd"})
_SHOWN: Final = (
    "Id,ActiveState,StateChangeTimestampMonotonic,MemoryCurrent,CPUUsageNSec,NRestarts,LoadState"
)
_LAST_WORDS: Final = 3
#: So many lines of the journal are looked through for everybody's last words.
_LOOKED_AT: Final = 3000
_FIELDS: Final = "MESSAGE,PRIORITY,_SYSTEMD_UNIT,UNIT,__REALTIME_TIMESTAMP"
_LOG_LINES: Final = 2000
_LONGEST: Final = timedelta(hours=24)
#: How Asterisk marks the lines of one call.
_CALL_MARK: Final = re.compile(r"\[(C-[0-9a-f]{8})\]")


def system(at: Paths) -> System:
    """Takes about half a second. Raises ``Unavailable("host-act-failed")``."""
    words, booted_at = _last_words(secrets_of(at)), _boot()
    return System(
        started_at=booted_at,
        processors=os.cpu_count() or 1,
        load=round(os.getloadavg()[0], 2),
        memory_mb=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20,
        kernel=os.uname().release,
        units=tuple(_unit(shown, words, booted_at) for shown in _shown()),
        disks=tuple(_disks(at)),
    )


def _shown() -> Iterator[dict[str, str]]:
    said = run.told("systemctl", "show", "-p", _SHOWN, *(f"{unit}.service" for unit in UNITS))
    for block in said.strip().split("\n\n"):
        shown = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if shown.get("LoadState") == "loaded":
            yield shown


def _unit(shown: dict[str, str], words: dict[str, list[LogLine]], booted_at: datetime) -> Unit:
    name = shown["Id"].removesuffix(".service")
    state = shown.get("ActiveState", "")
    since_us = int(shown.get("StateChangeTimestampMonotonic") or 0)
    memory, cpu = shown.get("MemoryCurrent", ""), shown.get("CPUUsageNSec", "")
    alive = state == "active"
    return Unit(
        unit=name,
        state=state,
        since=booted_at + timedelta(microseconds=since_us) if since_us else None,
        starts_by="socket" if name in _BY_SOCKET else "",
        version=_versions().get(UNITS[name], ""),
        memory_mb=int(memory) // 2**20 if alive and memory.isdigit() else None,
        cpu_s=round(int(cpu) / 1e9, 1) if alive and cpu.isdigit() else None,
        restartable=name in RESTARTABLE,
        restarts=int(shown.get("NRestarts") or 0),
        words=tuple(words.get(name, ())),
    )


def _boot() -> datetime:
    """When the kernel's monotonic clock, which systemd's times are of, stood at nought."""
    seconds = Path("/proc/uptime").read_text("ascii").split()[0]
    return (datetime.now(UTC) - timedelta(seconds=float(seconds))).replace(microsecond=0)


@functools.cache
def _versions() -> dict[str, str]:
    """The packages don't change while the box runs."""
    said = run.told("dpkg-query", "-W", "-f", "${Package} ${Version}\\n")
    found = dict(line.split(" ", 1) for line in said.splitlines() if " " in line)
    numbered = {name: text for name, text in found.items() if name.startswith("postgresql-")}
    for name, version in numbered.items():
        if re.fullmatch(r"postgresql-\d+", name):
            found["postgresql"] = version
    if "nginx" not in found and "nginx-light" in found:
        found["nginx"] = found["nginx-light"]
    return found


def _last_words(secrets: Iterable[str]) -> dict[str, list[LogLine]]:
    said = run.told(
        "journalctl", "-o", "json", "-n", str(_LOOKED_AT), "--no-pager",
        f"--output-fields={_FIELDS}", limit_s=8.0,
    )  # fmt: skip
    words: dict[str, list[LogLine]] = defaultdict(list)
    for line in _lines(said):
        if line.unit in UNITS:
            words[line.unit] = [*words[line.unit][1 - _LAST_WORDS :], line]
    return {unit: [_cleaned(line, secrets) for line in lines] for unit, lines in words.items()}


def _lines(said: str) -> Iterator[LogLine]:
    for text in said.splitlines():
        entry = json.loads(text)
        message = entry.get("MESSAGE")
        if not isinstance(message, str):  # bytes that are no text come as a list of numbers
            continue
        unit = entry.get("_SYSTEMD_UNIT") or ""
        if unit in ("", "init.scope"):
            unit = entry.get("UNIT", unit)
        yield LogLine(
            at=datetime.fromtimestamp(int(entry["__REALTIME_TIMESTAMP"]) / 1e6, UTC),
            unit=str(unit).removesuffix(".service"),
            priority=int(entry.get("PRIORITY", 6)),
            text=fitted(message, 2000),
        )


def _cleaned(line: LogLine, secrets: Iterable[str]) -> LogLine:
    text = clean(line.text, secrets)
    return LogLine(at=line.at, unit=line.unit, priority=line.priority, text=text)


def _disks(at: Paths) -> Iterator[Disk]:
    seen: set[int] = set()
    for path in (at.data, at.journal, at.recordings):
        device = path.stat().st_dev
        if device in seen:
            continue
        seen.add(device)
        room = os.statvfs(path)
        yield Disk(
            path=str(path),
            size_mb=room.f_blocks * room.f_frsize // 2**20,
            free_mb=room.f_bavail * room.f_frsize // 2**20,
        )


def logs(at: Paths, wish: LogsWish) -> Logs:
    """Raises ``InputError("logs-too-long")`` for more than a day."""
    if not timedelta(0) <= wish.until - wish.since <= _LONGEST:
        raise InputError("logs-too-long")
    said = run.told(
        "journalctl", "-o", "json", "--no-pager", f"--output-fields={_FIELDS}",
        f"--since=@{wish.since.timestamp():.3f}", f"--until=@{wish.until.timestamp():.3f}",
        limit_s=20.0,
    )  # fmt: skip
    found = _of_a_call(list(_lines(said)), wish.words)
    secrets = secrets_of(at)
    return Logs(
        items=tuple(_cleaned(line, secrets) for line in found[:_LOG_LINES]),
        cut=len(found) > _LOG_LINES,
    )


def _of_a_call(lines: Sequence[LogLine], words: Sequence[str]) -> list[LogLine]:
    """Those that have one of ``words``, and those with the mark of the same call in Asterisk."""
    named = [any(word in line.text for word in words) for line in lines]
    marks = {
        mark
        for line, is_named in zip(lines, named, strict=True)
        if is_named
        for mark in _CALL_MARK.findall(line.text)
    }
    return [
        line
        for line, is_named in zip(lines, named, strict=True)
        if is_named or marks.intersection(_CALL_MARK.findall(line.text))
    ]

"""What hostd tells of the box's parts and logs (DIA-1): shapes of its answers and of webd's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from linebox.base.shapes import Count, Form, Length


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """``priority`` as syslog(3) counts: 3 and less are errors, 4 warnings. Secrets are taken out
    and numbers masked."""

    at: datetime
    unit: str
    priority: int
    text: Annotated[str, Length(0, 4000, lines=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A daemon of ours or an engine. ``state`` as systemd says: ``active`` ``activating``
    ``failed`` ``inactive``; ``starts_by``: what wakes one that sleeps while nobody needs it, empty
    for the others. ``memory_mb``: of all its processes; ``cpu_s``: since it began;
    ``restartable``: whether the owner may restart it; ``restarts``: by themselves, since the box
    started; ``words``: what it logged last, newest last."""

    unit: str
    state: str
    since: datetime | None
    starts_by: str
    version: str
    memory_mb: int | None
    cpu_s: float | None
    restartable: bool
    restarts: int
    words: tuple[LogLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """A file system of the box: where it is mounted, how much of it is used."""

    path: str
    size_mb: int
    free_mb: int


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """``started_at``: when the box started; ``load``: processes that want a processor, over a
    minute."""

    started_at: datetime
    processors: int
    load: float
    memory_mb: int
    kernel: str
    units: Annotated[tuple[Unit, ...], Count(0, 100)]
    disks: Annotated[tuple[Disk, ...], Count(0, 20)]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogsWish:
    """Lines between ``since`` and ``until`` in which one of ``words`` occurs (a call's ids and
    channels), and those that Asterisk logged for the same call."""

    since: datetime
    until: datetime
    words: Annotated[
        tuple[
            Annotated[
                str, Length(3, 120), Form(r"[0-9A-Za-z_.@/;:+-]+", "通话编号", "a call's id")
            ],
            ...,
        ],
        Count(1, 100),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Logs:
    """Oldest first. ``cut``: there were more than are told."""

    items: Annotated[tuple[LogLine, ...], Count(0, 2000)]
    cut: bool

"""The live picture of docs/names.md, declared for OpenAPI; calld makes it, webd relays."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from linebox.base.shapes import MAY_LACK


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveAsterisk:
    up: bool
    since: datetime | None
    start: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveWaiting:
    call: str
    since: datetime
    position: int
    from_: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveToday:
    offered: int
    answered: int
    abandoned: int
    in_20s: int
    wait_total_s: float
    abandoned_15m: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveThresholds:
    """From where on a figure is an alarm; null: never (features/alerts/model.py)."""

    wait_s: int | None
    waiting: int | None
    level_percent: int | None
    abandoned_15m: int | None
    nobody_ready: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveGroup:
    id: int
    name_zh: str
    name_en: str
    waiting: tuple[LiveWaiting, ...]
    today: LiveToday
    thresholds: LiveThresholds


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveAgent:
    """``until``: when the wrap-up ends; null in every other state. ``phone``: where they sit
    (``8001``, or ``w1001`` for the browser), ``registered``: it can be reached; for who is out,
    whether their browser phone can."""

    number: str
    name: str
    ext: str | None
    phone: str | None
    registered: bool
    state: Literal["ready", "ringing", "talking", "wrapup", "paused", "unreachable", "out"]
    since: datetime | None
    until: datetime | None
    groups: tuple[int, ...]
    call: str | None
    from_: str | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCall:
    id: str
    from_: str
    did: str
    since: datetime
    state: Literal["menu", "waiting", "ringing", "talking", "rating", "voicemail", "other"]
    state_since: datetime
    group: int | None
    agent: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTrunk:
    name: str
    reachable: bool
    calls: int
    max_calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveAlarm:
    """What is wrong until it is cleared; ``zh`` and ``en`` say it and what to do."""

    code: str
    subject: str
    since: datetime
    count: int
    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveJournal:
    lag_s: float | None
    rejects: int
    alarms: tuple[LiveAlarm, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveDaemon:
    """``since`` is when its main process began; ``restarts`` since webd looks."""

    unit: str
    state: Literal["active", "failed", "inactive", "activating"]
    since: datetime | None
    restarts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSnapshot:
    """Everything at one moment. Parts are null until calld has told them once.

    ``epoch`` names this run of webd; ``seq`` grows by one with each message of the epoch.
    ``stale_since``: calld is away since then, the parts beside ``daemons`` show its last state.
    """

    epoch: str
    seq: int
    at: datetime
    asterisk: LiveAsterisk | None
    generation: int | None
    groups: tuple[LiveGroup, ...] | None
    agents: tuple[LiveAgent, ...] | None
    calls: tuple[LiveCall, ...] | None
    trunks: tuple[LiveTrunk, ...] | None
    journal: LiveJournal | None
    daemons: tuple[LiveDaemon, ...]
    stale_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveParts:
    """Whole parts that changed; a part that isn't named stays as it was."""

    asterisk: LiveAsterisk | None = field(default=None, metadata=MAY_LACK)
    generation: int | None = field(default=None, metadata=MAY_LACK)
    groups: tuple[LiveGroup, ...] | None = field(default=None, metadata=MAY_LACK)
    agents: tuple[LiveAgent, ...] | None = field(default=None, metadata=MAY_LACK)
    calls: tuple[LiveCall, ...] | None = field(default=None, metadata=MAY_LACK)
    trunks: tuple[LiveTrunk, ...] | None = field(default=None, metadata=MAY_LACK)
    journal: LiveJournal | None = field(default=None, metadata=MAY_LACK)
    daemons: tuple[LiveDaemon, ...] | None = field(default=None, metadata=MAY_LACK)
    stale_since: datetime | None = field(default=None, metadata=MAY_LACK)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsPatch:
    """Entries put stand in their old place, new ones at the end; ``drop`` names those gone."""

    put: tuple[LiveGroup, ...]
    drop: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentsPatch:
    put: tuple[LiveAgent, ...]
    drop: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsPatch:
    put: tuple[LiveCall, ...]
    drop: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunksPatch:
    put: tuple[LiveTrunk, ...]
    drop: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DaemonsPatch:
    put: tuple[LiveDaemon, ...]
    drop: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePatches:
    """Lists of which a few entries changed; a list isn't in ``set`` and here at once."""

    groups: GroupsPatch | None = field(default=None, metadata=MAY_LACK)
    agents: AgentsPatch | None = field(default=None, metadata=MAY_LACK)
    calls: CallsPatch | None = field(default=None, metadata=MAY_LACK)
    trunks: TrunksPatch | None = field(default=None, metadata=MAY_LACK)
    daemons: DaemonsPatch | None = field(default=None, metadata=MAY_LACK)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveMessage:
    """A message of ``/api/live/ws``: a whole ``snapshot``, or what changed: whole parts in
    ``set`` and entries of long lists in ``patch``.

    After a ``snapshot`` forget everything before. A gap in ``seq`` doesn't happen within an epoch;
    to go on after a break connect with ``?epoch=&after=`` (the last ``seq`` seen).
    """

    epoch: str
    seq: int
    at: datetime
    snapshot: LiveSnapshot | None = field(default=None, metadata=MAY_LACK)
    set: LiveParts | None = field(default=None, metadata=MAY_LACK)
    patch: LivePatches | None = field(default=None, metadata=MAY_LACK)

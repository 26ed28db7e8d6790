"""What live pages call groups, agents and trunks: the names of the generation that runs.

Read from its ``manifest.json`` (docs/names.md, "AMI"), so they hold without PostgreSQL and agree
with what Asterisk does. A manifest that is missing or says less leaves numbers in place of names.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from linebox.features.agents.missed import Limit
from linebox.features.lines.quiet import Guarded

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupName:
    id: int
    name_zh: str
    name_en: str
    wrapup_s: int
    ring_s: int = 0
    max_missed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """``hash``: in the names of contexts; ``agents``: staff number → name; ``trunks``: name →
    greatest number of calls at once, ``card_trunks`` those made of cards; ``on_cards``: extension →
    channel of the card's port that serves it; ``guarded``: channel → the line whose calls end when
    nobody is heard."""

    generation: int | None = None
    hash: str = ""
    groups: tuple[GroupName, ...] = ()
    agents: Mapping[str, str] = field(default_factory=dict)
    trunks: Mapping[str, int] = field(default_factory=dict)
    card_trunks: frozenset[str] = frozenset()
    on_cards: Mapping[str, int] = field(default_factory=dict)
    guarded: Mapping[int, Guarded] = field(default_factory=dict)

    def wrapup_s(self) -> dict[int, int]:
        """Group → its wrap-up time."""
        return {group.id: group.wrapup_s for group in self.groups}

    def missed(self) -> dict[int, Limit]:
        """Group → how many calls in a row may ring out at an agent there."""
        return {
            group.id: Limit(ring_s=group.ring_s, most=group.max_missed) for group in self.groups
        }


def read(generations: Path) -> Names:
    """The names of ``generations/current``; empty ones when there is none."""
    try:
        manifest = json.loads((generations / "current/manifest.json").read_text("utf-8"))
        return parse(manifest)
    except FileNotFoundError:
        return Names()
    except (OSError, ValueError, TypeError, KeyError) as error:
        log.warning("manifest of the current generation: %s", error)
        return Names()


def parse(manifest: Mapping[str, object]) -> Names:
    """Raises ``ValueError``, ``TypeError`` or ``KeyError`` for what isn't a manifest."""
    number = manifest["number"]
    live = manifest.get("live", {})
    if not isinstance(live, dict) or not isinstance(number, int):
        raise TypeError("not a manifest")
    groups = tuple(
        GroupName(
            id=int(one["id"]),
            name_zh=str(one["name_zh"]),
            name_en=str(one["name_en"]),
            wrapup_s=int(one["wrapup_s"]),
            ring_s=int(one.get("ring_s", 0)),
            max_missed=int(one.get("max_missed", 0)),
        )
        for one in _rows(live, "groups")
    )
    if not groups:
        queues = manifest.get("queues", {})
        groups = tuple(_unnamed(queues if isinstance(queues, dict) else {}))
    trunks = {str(one["name"]): int(one["max_calls"]) for one in _rows(live, "trunks")}
    if not trunks:
        endpoints = manifest.get("endpoints", [])
        words = [str(one) for one in endpoints] if isinstance(endpoints, list) else []
        trunks = {one.removeprefix("trunk-"): 0 for one in words if one.startswith("trunk-")}
    return Names(
        generation=number,
        hash=str(manifest.get("hash", "")),
        groups=groups,
        agents={str(one["number"]): str(one["name"]) for one in _rows(live, "agents")},
        trunks=trunks,
        card_trunks=frozenset(
            str(one["name"]) for one in _rows(live, "trunks") if one.get("kind", "sip") != "sip"
        ),
        on_cards={str(number): int(channel) for number, channel in _pairs(live, "on_cards")},
        guarded={int(str(channel)): _guarded(one) for channel, one in _pairs(live, "guarded")},
    )


def _guarded(one: object) -> Guarded:
    if not isinstance(one, dict):
        raise TypeError("guarded")
    return Guarded(
        line=int(one["line"]), quiet_s=float(one["quiet_s"]), wait_s=float(one["wait_s"])
    )


def _pairs(live: Mapping[str, object], key: str) -> Iterable[tuple[object, Any]]:
    pairs = live.get(key, {})
    if not isinstance(pairs, dict):
        raise TypeError(key)
    return pairs.items()


def _rows(live: Mapping[str, object], key: str) -> Iterator[dict[str, str | int]]:
    rows = live.get(key, [])
    if not isinstance(rows, list):
        raise TypeError(key)
    for row in rows:
        if not isinstance(row, dict):
            raise TypeError(key)
        yield row


def _unnamed(queues: Mapping[str, object]) -> Iterator[GroupName]:
    for queue in sorted(queues):
        if queue[:1] == "g" and queue[1:].isdecimal():
            yield GroupName(id=int(queue[1:]), name_zh=queue, name_en=queue, wrapup_s=0)

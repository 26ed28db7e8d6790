"""A generation as text: what `compiler.build.build` returns and what is written as ``gen-<n>/``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from linebox.features.agents.model import Agent
from linebox.features.lines.model import Port, Trunk, TrunkKind
from linebox.features.routing.model import Group
from linebox.model.destinations import Destination
from linebox.model.languages import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBody:
    """What stays of an earlier generation while a channel may still bear its mark.

    ``body`` is the text of its ``body-<hash>.conf``; ``queues`` that of its own queues, as it lies
    in ``kept/<hash>/queues.conf`` or, for the one that was current, in its ``own-queues.conf``.
    """

    number: int
    hash: str
    body: str
    queues: str


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Sound:
    """A sound that is played: ``name`` as Playback takes it (``lb/closed``, ``owner/12``)."""

    language: Language
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """``origin`` (``did 4008001234``, ``menu 3 key 1``) sends callers to ``destination``."""

    origin: str
    destination: Destination


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """All that Asterisk reads of one state of the settings.

    ``hash`` is over everything but the number and what is kept: equal hashes mean that nothing
    would change. ``files``: path in ``gen-<n>/`` → text, ``manifest.json`` not among them.
    ``contexts``: every context that Asterisk must have after the switch, kept ones included.
    ``queues``: name → app_queue's strategy, kept ones included. ``staff``: staff number
    announcements (``lb/staff`` in language ``<lang>_<staff number>``). ``kept``: number → hash of
    the generations kept. ``groups``, ``agents``, ``trunks``: whose names live pages show;
    ``on_cards``: extension → channel of the port that serves it; ``guarded``: channel → the line
    whose calls end when nobody is heard.
    """

    number: int
    hash: str
    files: Mapping[str, str]
    contexts: tuple[str, ...]
    queues: Mapping[str, str]
    endpoints: tuple[str, ...]
    staff: tuple[tuple[Language, str], ...]
    kept: Mapping[int, str]
    required_sounds: tuple[Sound, ...]
    routes: tuple[Route, ...]
    dangling: tuple[Route, ...]
    groups: tuple[Group, ...]
    agents: tuple[Agent, ...]
    trunks: tuple[Trunk, ...]
    on_cards: Mapping[str, int] = field(default_factory=dict)
    guarded: Mapping[int, Port] = field(default_factory=dict)

    def manifest(self, *, made_at: datetime) -> str:
        """The text of ``manifest.json`` (docs/names.md, "Generations")."""
        return json.dumps(
            {
                "number": self.number,
                "hash": self.hash,
                "made_at": made_at.isoformat(),
                "contexts": list(self.contexts),
                "queues": dict(self.queues),
                "endpoints": list(self.endpoints),
                "staff": [f"{language}_{number}" for language, number in self.staff],
                "kept": {str(number): digest for number, digest in self.kept.items()},
                "live": {
                    "groups": [
                        {
                            "id": group.id,
                            "name_zh": group.name_zh,
                            "name_en": group.name_en,
                            "wrapup_s": group.wrapup_s,
                            "ring_s": group.ring_s,
                            "max_missed": group.max_missed,
                        }
                        for group in self.groups
                    ],
                    "agents": [{"number": a.number, "name": a.name} for a in self.agents],
                    "trunks": [_trunk(trunk) for trunk in self.trunks],
                    **({"on_cards": dict(self.on_cards)} if self.on_cards else {}),
                    **({"guarded": _guarded(self.guarded)} if self.guarded else {}),
                },
            },
            indent=1,
            ensure_ascii=False,
        )


def _guarded(ports: Mapping[int, Port]) -> dict[str, dict[str, int]]:
    return {
        str(channel): {
            "line": port.line,
            "quiet_s": port.quiet_min * 60,
            "wait_s": port.quiet_wait_min * 60,
        }
        for channel, port in ports.items()
    }


def _trunk(trunk: Trunk) -> dict[str, object]:
    kind = {} if trunk.kind is TrunkKind.SIP else {"kind": trunk.kind.value}
    return {"name": trunk.name, "max_calls": trunk.max_calls, **kind}

"""The live picture cut to who looks (SEC-3): pure functions on its parts and messages.

Supervisors and administrators see all. An agent sees how many wait and since when, what colleagues
do, and whole only the own seat and the own calls. What may be seen is listed here, so a new field
of the picture stays hidden from agents until it is named.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from linebox.base.roles import SUPERVISORS, Role
from linebox.model.masking import masked

type Entry = Mapping[str, object]
type Told = Mapping[str, Mapping[str, object]]

#: Who looks: a staff number, or None for who may see all; ``MASKED`` before it: callers' numbers
#: only in part (who lacks right ``numbers.whole``).
type Viewer = str | None
MASKED: Final = "*"

_SEEN: Final[Mapping[str, tuple[str, ...]]] = {
    "asterisk": ("up", "since", "start"),
    "agents": ("number", "name", "state", "since", "groups", "registered"),
    "trunks": ("name", "reachable", "calls", "max_calls"),
    "daemons": ("unit", "state", "since", "restarts"),
}
#: Fields of the shape that an agent finds empty.
_EMPTY: Final[Mapping[str, tuple[str, ...]]] = {
    "agents": ("ext", "phone", "until", "call", "from", "reason")
}
_PLAIN: Final = ("generation", "stale_since", "epoch", "seq", "at")


def viewer(role: Role | None, agent: str, *, whole: bool = True) -> Viewer:
    """Who looks with that role; who has none sees no more than an agent without a seat."""
    seen = None if role in SUPERVISORS else agent
    return seen if whole else f"{MASKED}{seen or ''}"


def unmasked(viewer: Viewer) -> tuple[Viewer, bool]:
    """Whose view it is, and whether numbers are masked in it."""
    if viewer is None or not viewer.startswith(MASKED):
        return viewer, False
    return viewer.removeprefix(MASKED) or None, True


def hide(part: object) -> object:
    """A picture or a message with callers' numbers masked."""
    match part:
        case Mapping():
            seen = {key: hide(one) for key, one in part.items()}
            caller = part.get("from")
            if isinstance(caller, str):
                seen["from"] = masked(caller)
                called = part.get("did")
                if isinstance(called, str) and caller and masked(caller) == caller:
                    seen["did"] = masked(called)  # a call of ours: the other side is who is called
            return seen
        case list() | tuple():
            return [hide(one) for one in part]
        case _:
            return part


def cut(picture: Entry, agent: str) -> dict[str, object]:
    """A whole picture as that agent sees it."""
    seen = {name: _part(name, part) for name, part in picture.items()}
    seen["agents"] = _with_own(seen.get("agents"), picture.get("agents"), agent)
    if "calls" in picture:
        known = picture["calls"] is not None
        seen["calls"] = own_calls(picture).get(agent, []) if known else None
    return seen


def own_calls(picture: Entry) -> dict[str, list[Entry]]:
    """By staff number, the calls that ring at or are spoken by an agent."""
    owners: dict[object, set[str]] = {}
    for one in _entries(picture.get("agents")):
        if one.get("call"):
            owners.setdefault(one["call"], set()).add(str(one.get("number")))
    mine: dict[str, list[Entry]] = {}
    for call in _entries(picture.get("calls")):
        named = {str(call["agent"])} if call.get("agent") else set()
        for agent in owners.get(call.get("id"), set()) | named:
            mine.setdefault(agent, []).append(call)
    return mine


def for_agents(told: Told) -> dict[str, dict[str, object]]:
    """A change (``set`` and ``patch``) as every agent may see it; the own comes on top."""
    seen: dict[str, dict[str, object]] = {
        "set": {name: _part(name, one) for name, one in told["set"].items() if name != "calls"}
    }
    patches: dict[str, object] = {
        name: {
            "put": [_entry(name, entry) for entry in _entries(patch.get("put"))],
            "drop": patch.get("drop"),
        }
        for name, patch in told.get("patch", {}).items()
        if name != "calls" and isinstance(patch, Mapping)
    }
    if patches:
        seen["patch"] = patches
    return seen


def touches(told: Told, agent: str) -> bool:
    """Whether a change tells of this agent's own seat."""
    patch = told.get("patch", {}).get("agents")
    put = patch.get("put") if isinstance(patch, Mapping) else None
    entries = (*_entries(told["set"].get("agents")), *_entries(put))
    return any(one.get("number") == agent for one in entries)


def for_agent(
    common: Told, told: Told, agent: str, calls: Sequence[Entry] | None
) -> dict[str, dict[str, object]]:
    """``for_agents(told)`` with the own seat whole, and ``calls`` when the own ones changed."""
    seen = {name: dict(part) for name, part in common.items()}
    if "agents" in seen["set"]:
        whole = told["set"]["agents"]
        seen["set"]["agents"] = _with_own(seen["set"]["agents"], whole, agent)
    patch = seen.get("patch", {}).get("agents")
    whole_patch = told.get("patch", {}).get("agents")
    if isinstance(patch, Mapping) and isinstance(whole_patch, Mapping):
        put = _with_own(patch["put"], whole_patch["put"], agent)
        seen["patch"]["agents"] = {**patch, "put": put}
    if calls is not None:
        seen["set"]["calls"] = list(calls)
    return seen


def _part(name: str, part: object) -> object:
    if name in _PLAIN or part is None:
        return part
    if isinstance(part, Mapping):
        return _entry(name, part) if name in _SEEN else None
    if name in ("groups", *_SEEN):
        return [_entry(name, one) for one in _entries(part)]
    return None


def _entry(name: str, entry: Entry) -> dict[str, object]:
    if name == "groups":
        return _group(entry)
    seen: dict[str, object] = {key: entry[key] for key in _SEEN.get(name, ()) if key in entry}
    return seen | {key: None for key in _EMPTY.get(name, ()) if key in entry}


def _group(group: Entry) -> dict[str, object]:
    """Who waits is told by time only."""
    shown: Mapping[str, Callable[[object], object]] = {
        "id": _as_it_is,
        "name_zh": _as_it_is,
        "name_en": _as_it_is,
        "waiting": lambda part: [
            {"call": "", "from": "", "since": one.get("since"), "position": one.get("position")}
            for one in _entries(part)
        ],
        "today": _figures,
        "thresholds": _figures,
    }
    return {key: show(group[key]) for key, show in shown.items() if key in group}


def _as_it_is(part: object) -> object:
    return part


def _figures(part: object) -> object:
    """Numbers and yes or no; a text has no place among figures."""
    if not isinstance(part, Mapping):
        return None
    return {key: one for key, one in part.items() if one is None or isinstance(one, int | float)}


def _with_own(seen: object, whole: object, agent: str) -> object:
    own = {one.get("number"): one for one in _entries(whole) if one.get("number") == agent}
    if not isinstance(seen, list):
        return seen
    return [own.get(one.get("number"), one) for one in _entries(seen)]


def _entries(part: object) -> list[Entry]:
    return [one for one in part if isinstance(one, Mapping)] if isinstance(part, list) else []

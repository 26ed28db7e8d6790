"""Lists of the live picture told by what changed in them (docs/names.md, "HTTP on sockets"). Pure.

A patch is ``{"put": [whole entries], "drop": [keys]}``. Laid over a list, entries that stay keep
their place and new ones come last, in the patch's order. Where that wouldn't give the list wanted
(an entry moved, or came in between), there is no patch: the part is told whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

#: The parts that are lists, and what tells their entries apart.
KEYS: Final[Mapping[str, str]] = {
    "groups": "id",
    "agents": "number",
    "calls": "id",
    "trunks": "name",
    "daemons": "unit",
}

#: Shorter lists are always told whole.
_SHORT: Final = 8

type Entry = Mapping[str, object]
type Patch = Mapping[str, Sequence[object]]


def difference(name: str, before: object, after: object) -> Patch | None:
    """What makes ``before`` to ``after``; None when part ``name`` must be told whole.

    A patch of more than half of the entries is no gain: whole, too.
    """
    old, new = _by_key(name, before), _by_key(name, after)
    if old is None or new is None or len(new) < _SHORT:
        return None
    put = [entry for key, entry in new.items() if old.get(key) != entry]
    drop = [key for key in old if key not in new]
    if 2 * (len(put) + len(drop)) > len(new):
        return None
    fresh = [key for key in new if key not in old]
    if [*(key for key in old if key in new), *fresh] != list(new):
        return None
    return {"put": put, "drop": drop}


def told_as(
    before: Mapping[str, object], changed: Mapping[str, object]
) -> dict[str, dict[str, object]]:
    """Changed parts as a message tells them: ``set`` (whole) and, if there are any, ``patch``."""
    whole: dict[str, object] = {}
    patches: dict[str, object] = {}
    for name, part in changed.items():
        found = difference(name, before.get(name), part)
        if found is None:
            whole[name] = part
        else:
            patches[name] = found
    return {"set": whole, "patch": patches} if patches else {"set": whole}


def lay(name: str, before: object, patch: object) -> list[Entry]:
    """``before`` with the patch laid over it. Raises ``ValueError`` for what isn't a patch."""
    entries = _by_key(name, before)
    put = patch.get("put") if isinstance(patch, Mapping) else None
    drop = patch.get("drop") if isinstance(patch, Mapping) else None
    changed = _by_key(name, put)
    if entries is None or changed is None or not isinstance(drop, list):
        raise ValueError(f"no patch of {name}")
    gone = set(drop)
    kept = {key: entry for key, entry in entries.items() if key not in gone}
    return list({**kept, **changed}.values())


def _by_key(name: str, entries: object) -> dict[object, Entry] | None:
    """Entries by their key, in order; None unless each has one of its own."""
    key = KEYS.get(name)
    if key is None or not isinstance(entries, Sequence) or isinstance(entries, str):
        return None
    found = {one.get(key): one for one in entries if isinstance(one, Mapping)}
    return found if len(found) == len(entries) and None not in found else None

"""What the two slots are, told from GRUB's block and RAUC's status."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """What is known of a slot."""

    #: Was good once; nothing that happens on it later makes the box leave it.
    GOOD = "good"
    #: Runs for the first time; the box goes back by itself if it doesn't prove good.
    ON_TRIAL = "on-trial"
    #: Installed; tried at the next start.
    WAITING = "waiting"
    #: Was tried, and the box went back.
    REFUSED = "refused"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """``version`` is empty where nobody wrote it down; ``why``: of a refused one, what didn't work
    (a unit's name), empty when it never came so far that it could be judged."""

    name: str
    running: bool
    next: bool
    state: State
    version: str
    why: str


def slots(block: str, status: str, running_version: str) -> tuple[Slot, ...]:
    """``block``: lines of GRUB's block; ``status``: ``rauc status --detailed`` as JSON.

    Raises ``ValueError`` for what isn't JSON or lacks what RAUC always tells.
    """
    values = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
    told = json.loads(status)
    booted = told["booted"]
    found = []
    for entry in told["slots"]:
        for one in entry.values():
            name = one["bootname"]
            version = one.get("slot_status", {}).get("bundle", {}).get("version", "")
            is_running = one["state"] == "booted" or booted == name
            found.append((name, is_running, running_version if is_running else version))
    first = _next(values)
    return tuple(
        Slot(
            name=name,
            running=running,
            next=name == first,
            state=_state(values, name, running=running),
            version=version,
            why=values.get(f"{name}_WHY", ""),
        )
        for name, running, version in sorted(found)
    )


def _state(values: Mapping[str, str], name: str, *, running: bool) -> State:
    if values.get(f"{name}_GOOD") == "1":
        return State.GOOD
    if running:
        return State.ON_TRIAL
    if values.get(f"{name}_WHY") or values.get(f"{name}_TRY", "0") != "0":
        return State.REFUSED
    return State.WAITING if values.get(f"{name}_OK") == "1" else State.EMPTY


def _next(values: Mapping[str, str]) -> str:
    """The slot that GRUB starts next (image/esp/grub.cfg)."""
    order = values.get("ORDER", "A B").split()
    for name in order:
        tries = ("0", "1", "2") if values.get(f"{name}_GOOD") == "1" else ("0",)
        if values.get(f"{name}_OK") == "1" and values.get(f"{name}_TRY", "0") in tries:
            return name
    good = [name for name in order if values.get(f"{name}_GOOD") == "1"]
    return (good or order or [""])[0]


def table(found: tuple[Slot, ...]) -> list[str]:
    """For a terminal."""
    rows = []
    for slot in found:
        marks = "running" if slot.running else ""
        marks += (", " if marks else "") + "starts next" if slot.next else ""
        why = f"  ({slot.why or 'it did not come up'})" if slot.state is State.REFUSED else ""
        rows.append(f"{slot.name}  {slot.state:9} {slot.version or '-':28} {marks}{why}".rstrip())
    return rows

"""What the two slots are and what RAUC does, told from GRUB's block and RAUC's own words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from linebox.base.shapes import Length, Range, fitted


class SlotState(StrEnum):
    """What is known of a slot."""

    #: Was good once; nothing that happens on it later makes the box leave it.
    GOOD = "good"
    #: Runs for the first time; the box goes back by itself if it doesn't prove good.
    ON_TRIAL = "on-trial"
    #: Installed; tried at the next start.
    WAITING = "waiting"
    #: Was tried, and the box went back.
    REFUSED = "refused"
    #: RAUC installs into it now.
    WRITING = "writing"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """``version`` is empty where nobody wrote it down; ``why``: of a refused one, what didn't work
    (a unit's name), empty when it never came so far that it could be judged."""

    name: str
    running: bool
    next: bool
    state: SlotState
    version: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What RAUC does now. ``percent`` and ``step`` (its words) are 0 and empty while it is idle.

    ``error``: its words about the last installation since it was started, empty when that was good.
    ``booted``: the running slot's name, as the kernel was told.
    """

    installing: bool
    percent: int
    step: str
    error: str
    booted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateFault:
    """Why a bundle wasn't or can't be installed: ``update-untrusted``, ``update-broken``, ..."""

    code: str
    zh: Annotated[str, Length(0, 2000)]
    en: Annotated[str, Length(0, 2000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundBundle:
    """A bundle at the top level of a USB stick. ``version`` is empty where ``fault`` says why it
    can't be installed."""

    name: Annotated[str, Length(1, 255)]
    size_bytes: Annotated[int, Range(0, 2**53)]
    version: str
    fault: UpdateFault | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """The slots, none on a box that has none, and what goes on.

    ``file`` and ``version``: what is installed now, or was last since the box started; empty when
    nothing was. ``fault``: why that failed. ``bundles`` isn't told while RAUC installs. ``calls``:
    how many a restart would end.
    """

    slots: tuple[Slot, ...]
    doing: Literal["idle", "installing"]
    percent: int
    step: Annotated[str, Length(0, 500)]
    file: Annotated[str, Length(0, 255)]
    version: str
    fault: UpdateFault | None
    bundles: tuple[FoundBundle, ...]
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallWish:
    """``file``: a bundle's name on the stick, without any folder."""

    file: Annotated[str, Length(1, 255)]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxRestartWish:
    """``cut_calls``: also while calls are in progress."""

    cut_calls: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxRestarting:
    """The box goes down a moment after this answer. ``calls``: how many that ends."""

    calls: int


def work(told: str) -> Work:
    """``told``: ``busctl --json`` of RAUC's Operation, Progress, LastError and BootSlot, a line
    each. Raises ``ValueError`` for anything else."""
    lines = [json.loads(line) for line in told.splitlines()]
    if [line.get("type") for line in lines] != ["s", "(isi)", "s", "s"]:
        raise ValueError("not what RAUC tells of itself")
    operation, (percent, step, _), error, booted = (line["data"] for line in lines)
    installing = operation != "idle"
    return Work(
        installing=installing,
        percent=min(max(percent, 0), 100) if installing else 0,
        step=fitted(step, 500) if installing else "",
        error="" if installing else error,
        booted=booted,
    )


def bundle_version(told: str) -> str:
    """``told``: ``busctl --json`` of RAUC's InspectBundle. Raises ``ValueError`` for all else."""
    try:
        version = json.loads(told)["data"][0]["update"]["data"]["data"]["version"]["data"]
    except (KeyError, IndexError, TypeError) as error:
        raise ValueError("not what RAUC tells of a bundle") from error
    return str(version)


def slots_while_installing(block: str, booted: str, running_version: str) -> tuple[Slot, ...]:
    """RAUC tells no status meanwhile."""
    values = _values(block)
    first = _next(values)
    return tuple(
        Slot(
            name=name,
            running=name == booted,
            next=name == first,
            state=_state(values, name, running=True) if name == booted else SlotState.WRITING,
            version=running_version if name == booted else "",
            why="",
        )
        for name in ("A", "B")
    )


def slots(block: str, status: str, running_version: str) -> tuple[Slot, ...]:
    """``block``: lines of GRUB's block; ``status``: ``rauc status --detailed`` as JSON.

    Raises ``ValueError`` for what isn't JSON or lacks what RAUC always tells.
    """
    values = _values(block)
    told = json.loads(status)
    booted = told["booted"]
    found = []
    for entry in told["slots"]:
        for one in entry.values():
            name = one["bootname"]
            version = one.get("slot_status", {}).get("bundle", {}).get("version")
            version = version or values.get(f"{name}_VERSION", "")
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


def _values(block: str) -> Mapping[str, str]:
    return dict(line.split("=", 1) for line in block.splitlines() if "=" in line)


def _state(values: Mapping[str, str], name: str, *, running: bool) -> SlotState:
    if values.get(f"{name}_GOOD") == "1":
        return SlotState.GOOD
    if running:
        return SlotState.ON_TRIAL
    if values.get(f"{name}_WHY") or values.get(f"{name}_TRY", "0") != "0":
        return SlotState.REFUSED
    return SlotState.WAITING if values.get(f"{name}_OK") == "1" else SlotState.EMPTY


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
        why = f"  ({slot.why or 'it did not come up'})" if slot.state is SlotState.REFUSED else ""
        rows.append(f"{slot.name}  {slot.state:9} {slot.version or '-':28} {marks}{why}".rstrip())
    return rows

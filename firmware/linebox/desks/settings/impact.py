"""What applying a draft does to calls in progress, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from linebox.desks.settings.shapes import ChangeInput, Impact, Said


def impact(
    live: Mapping[str, Any] | None,
    changes: Sequence[ChangeInput],
    *,
    drops: str,
    changes_calls: bool,
) -> Impact:
    """``live``: calld's picture, None while it is away; ``drops``: what the reload would do
    (``asterisk.reload.Impact``)."""
    if live is None:
        said = Said(
            zh="现在看不到正在进行的通话（calld 没有应答）；通话照常按开始时的设置走完。",
            en="Calls in progress can't be seen now (calld doesn't answer); they go on by the"
            " settings they began with.",
        )
        return Impact(calls=None, waiting=None, cut=None, notes=(said,))
    calls = list(live.get("calls") or ())
    groups = list(live.get("groups") or ())
    waiting = sum(len(group.get("waiting") or ()) for group in groups)
    cut = {"drops-waiting": waiting, "drops-calls": len(calls)}.get(drops, 0)
    if not changes_calls:
        notes = [Said(zh="不影响通话。", en="Calls don't notice this.")]
    else:
        notes = [_overall(len(calls), cut), *_groups(groups, changes), *_people(live, changes)]
    return Impact(calls=len(calls), waiting=waiting, cut=cut, notes=tuple(notes))


def _overall(calls: int, cut: int) -> Said:
    if cut:
        return Said(
            zh=f"会中断 {cut} 通电话。等到空闲时再应用。",
            en=f"{cut} {'call' if cut == 1 else 'calls'} would be cut. Apply it when the lines are"
            " quiet.",
        )
    if not calls:
        return Said(
            zh="现在没有通话；下一通来电就按新设置。",
            en="No call is in progress; the next one meets the new settings.",
        )
    if calls == 1:
        return Said(
            zh="1 通电话正在进行，按开始时的设置走完，不会中断；新来电按新设置。",
            en="1 call is in progress. It goes on by the settings it began with and isn't cut; new"
            " calls meet the new settings.",
        )
    return Said(
        zh=f"{calls} 通电话正在进行，都按开始时的设置走完，不会中断；新来电按新设置。",
        en=f"{calls} calls are in progress. They go on by the settings they began with, and none is"
        " cut; new calls meet the new settings.",
    )


def _groups(groups: Sequence[Mapping[str, Any]], changes: Sequence[ChangeInput]) -> Iterator[Said]:
    touched = {one.key: one for one in changes if one.what == "group" and one.key}
    for group in groups:
        count, change = len(group.get("waiting") or ()), touched.get(str(group.get("id")))
        if not count or change is None:
            continue
        zh, en = group.get("name_zh"), group.get("name_en")
        if change.after is None:
            yield Said(
                zh=f"“{zh}”有 {count} 人在排队：他们照旧等到有人接听或超时，新来电不再进这个组。",
                en=f"{count} callers wait in {en}: they wait on until they are answered or their"
                " time is over; new calls don't come here any more.",
            )
        else:
            yield Said(
                zh=f"“{zh}”有 {count} 人在排队：位置不变，下一次振铃起按新设置分配。",
                en=f"{count} callers wait in {en}: they keep their places; strategy and ringing"
                " time count from the next ring on.",
            )


def _people(live: Mapping[str, Any], changes: Sequence[ChangeInput]) -> Iterator[Said]:
    gone = {
        (one.what, one.key)
        for one in changes
        if one.what in ("agent", "extension") and one.key and one.after is None
    }
    for agent in live.get("agents") or ():
        number, phone = str(agent.get("number")), str(agent.get("ext"))
        if agent.get("state") not in ("ringing", "talking"):
            continue
        if ("agent", number) in gone or ("extension", phone) in gone:
            name = agent.get("name") or number
            yield Said(
                zh=f"{name} 正在通话：这通电话不会中断，挂断后就不能再接。",
                en=f"{name} is on a call: it isn't cut; no other one comes after it.",
            )

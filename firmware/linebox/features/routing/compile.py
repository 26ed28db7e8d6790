"""Groups → queues.conf and dialplan; destinations → dialplan (ACD-1, ACD-5)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from linebox.asterisk.confwriter import Code, Writer
from linebox.asterisk.names import context, destination, queue
from linebox.features.music.compile import group_class
from linebox.features.recordings import compile as recordings
from linebox.features.routing.model import Group, Strategy
from linebox.model.destinations import Destination, Kind

#: More transfers than this in one call are a loop of settings: it ends.
_HOPS = 50

STRATEGIES = {
    Strategy.LONGEST_IDLE: "leastrecent",
    Strategy.ROUND_ROBIN: "rrmemory",
    Strategy.FEWEST_CALLS: "fewestcalls",
    Strategy.RING_ALL: "ringall",
    Strategy.LINEAR: "linear",
    Strategy.WEIGHTED_RANDOM: "wrandom",
}


def queues(out: Writer, groups: Iterable[Group]) -> None:
    """Sections of queues.conf. The announcements speak the caller's language by themselves."""
    for group in groups:
        out.section(queue(group.id))
        out.pair("strategy", STRATEGIES[group.strategy])
        out.pair("timeout", group.ring_s)
        out.pair("retry", 1)
        out.pair("wrapuptime", group.wrapup_s)
        out.pair("maxlen", group.limit_waiting)
        out.pair("timeoutpriority", "conf")
        out.pair("ringinuse", "no")
        if group.max_missed == 1:  # more than one app_queue can't count: features/agents/missed.py
            out.pair("autopause", "all")
        out.pair("autofill", "yes")
        out.pair("joinempty", "yes")
        out.pair("leavewhenempty", "no")
        out.pair("setinterfacevar", "yes")
        out.pair("musicclass", group_class(group.id, group.music_id))
        out.pair("announce-frequency", group.announce_s)
        out.pair("min-announce-frequency", min(15, group.announce_s))
        out.pair("announce-position", "yes" if group.announce_s else "no")
        out.pair("announce-holdtime", "yes" if group.announce_s else "no")
        out.pair("announce-round-seconds", 10)
        out.pair("queue-callerannounce", "lb/staff")


def groups_data(out: Writer, groups: Sequence[Group]) -> None:
    """``lb-group``: what the library's lb-queue wants to know of a group, for who comes to it by a
    transfer."""
    mixed, music = _mixed(groups), _music(groups)
    out.section(context("group"))
    for group in groups:
        out.extension(str(group.id))
        out.step("MSet", *_of_group(group), *music.get(group.id, ()))
        _recording(out, group, mixed=mixed)
        out.step("Return")


def _of_group(group: Group) -> tuple[Code, ...]:
    return (
        Code.of("LB_G_MAXWAIT_S=<s>", s=group.max_wait_s),
        Code.of("LB_G_OVERFLOW=<to>", to=destination(group.overflow)),
        Code.of("LB_G_RATING=<yes>", yes=int(group.asks_rating)),
    )


def _music(groups: Collection[Group]) -> dict[int, tuple[Code, ...]]:
    """What a group's caller hears when put on hold; without a group that has music of its own,
    every call is on its way as it was."""
    if all(group.music_id is None for group in groups):
        return {}
    return {
        group.id: (Code.of("CHANNEL(musicclass)=<c>", c=group_class(group.id, group.music_id)),)
        for group in groups
    }


def _mixed(groups: Iterable[Group]) -> bool:
    """Whether some group isn't recorded: without any, every call is on its way as it was."""
    return any(not group.records for group in groups)


def _recording(out: Writer, group: Group, *, mixed: bool) -> None:
    if not group.records:
        recordings.stop_here(out)
    elif mixed:
        recordings.start_here(out)


def destinations(out: Writer, reached: Iterable[Destination], groups: Mapping[int, Group]) -> None:
    """``lb-dest``: counts, notes and sends on. A caller sent to and fro too often is let go.

    The first destination stands in LB_ENTRY, a group in LB_QUEUE's join: they aren't noted again.
    """
    mixed, music = _mixed(groups.values()), _music(groups.values())
    out.section(context("dest"))
    for to in reached:
        out.extension(destination(to))
        hop = Code("LB_HOPS=$[0${LB_HOPS} + 1]")
        match to.kind:
            case Kind.GROUP:
                about = (*_of_group(groups[to.target]), *music.get(to.target, ()))
                out.step("MSet", hop, Code.of("LB_GROUP=<id>", id=to.target), *about)
                _recording(out, groups[to.target], mixed=mixed)
                _on(out, context("queue"))
            case Kind.MENU:
                _noted(out, to, hop)
                _on(out, context("menu", to.target))
            case Kind.VOICEMAIL:
                _noted(out, to, hop, Code.of("LB_BOX=<id>", id=to.target))
                _on(out, context("voicemail"))
            case Kind.SELFSERVICE:
                _noted(out, to, hop)
                _on(out, context("selfservice"))
            case Kind.HANGUP | Kind.REPEAT:
                out.step("Goto", context("bye"), "s", 1)


def _noted(out: Writer, to: Destination, *values: Code) -> None:
    out.step("MSet", *values)
    note = Code.of(
        "$[${LB_HOPS} > 1]?CELGenUserEvent(LB_ROUTE,to=<to>;id=<id>)", to=to.kind, id=to.target
    )
    out.step("ExecIf", note)


def _on(out: Writer, where: str) -> None:
    to = Code.of("${IF($[${LB_HOPS} > <n>]?<bye>:<on>)}", n=_HOPS, bye=context("bye"), on=where)
    out.step("Goto", to, "s", 1)

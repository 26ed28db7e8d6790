"""Groups → queues.conf and dialplan; destinations → dialplan (ACD-1, ACD-5)."""

from __future__ import annotations

from collections.abc import Iterable

from linebox.asterisk.confwriter import Code, Writer
from linebox.asterisk.names import context, destination, queue
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
        out.pair("autofill", "yes")
        out.pair("joinempty", "yes")
        out.pair("leavewhenempty", "no")
        out.pair("setinterfacevar", "yes")
        out.pair("musicclass", "default")
        out.pair("announce-frequency", group.announce_s)
        out.pair("min-announce-frequency", min(15, group.announce_s))
        out.pair("announce-position", "yes" if group.announce_s else "no")
        out.pair("announce-holdtime", "yes" if group.announce_s else "no")
        out.pair("announce-round-seconds", 10)
        out.pair("queue-callerannounce", "lb/staff")


def groups_data(out: Writer, groups: Iterable[Group]) -> None:
    """``lb-group``: what the library's lb-queue wants to know of a group."""
    out.section(context("group"))
    for group in groups:
        out.extension(str(group.id))
        out.step(
            "MSet",
            Code.of("LB_G_MAXWAIT_S=<s>", s=group.max_wait_s),
            Code.of("LB_G_LIMIT=<n>", n=group.limit_waiting),
            Code.of("LB_G_OVERFLOW=<to>", to=destination(group.overflow)),
            Code.of("LB_G_STRATEGY=<name>", name=group.strategy),
            Code.of("LB_G_RATING=<yes>", yes=int(group.asks_rating)),
        )
        out.step("Return")


def destinations(out: Writer, reached: Iterable[Destination]) -> None:
    """``lb-dest``: counts, notes and sends on. A caller sent to and fro too often is let go."""
    out.section(context("dest"))
    for to in reached:
        out.extension(destination(to))
        out.step("Set", Code("LB_HOPS=$[0${LB_HOPS} + 1]"))
        out.step("GotoIf", Code.of("$[${LB_HOPS} > <n>]?<end>,s,1", n=_HOPS, end=context("bye")))
        match to.kind:
            case Kind.MENU | Kind.GROUP | Kind.VOICEMAIL | Kind.SELFSERVICE:
                note = Code.of("1(LB_ROUTE,to=<to>;id=<id>)", to=to.kind, id=to.target)
                out.step("Gosub", context("note"), "s", note)
            case Kind.HANGUP | Kind.REPEAT:
                pass
        match to.kind:
            case Kind.MENU:
                out.step("Goto", context("menu", to.target), "s", 1)
            case Kind.GROUP:
                out.step("Set", Code.of("LB_GROUP=<id>", id=to.target))
                out.step("Goto", context("queue"), "s", 1)
            case Kind.VOICEMAIL:
                out.step("Set", Code.of("LB_BOX=<id>", id=to.target))
                out.step("Goto", context("voicemail"), "s", 1)
            case Kind.SELFSERVICE:
                out.step("Goto", context("selfservice"), "s", 1)
            case Kind.HANGUP | Kind.REPEAT:
                out.step("Goto", context("bye"), "s", 1)

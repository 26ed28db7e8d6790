"""Numbers → dialplan: entries for each DID, what a DID's callers meet, callers' lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from linebox.asterisk.confwriter import Code, Writer
from linebox.asterisk.names import FROM_TRUNK, context, destination
from linebox.features.numbering.model import Did, ListedNumber, NumberList
from linebox.model.destinations import Destination, Kind

#: Whatever else the carrier may ask for. Longer than one character, so that Asterisk's own `h`,
#: `i`, `t` are not among them.
_ANYTHING = Code("_[!-~][!-~]!")
#: A line's own number, or what the carrier left out put before what it said (``setvar`` of
#: chan_dahdi.conf).
_OWN_NUMBER = Code(
    "$[${LEN(${LB_LINE_NUMBER})} > 0 & ${DIALPLAN_EXISTS(lb-did-%H%,${LB_LINE_NUMBER},1)}]"
    "?lb-did-%H%,${LB_LINE_NUMBER},1"
)
_PREFIXED = Code(
    "$[${LEN(${LB_T_PREFIX})} > 0"
    " & ${DIALPLAN_EXISTS(lb-did-%H%,${LB_T_PREFIX}${FILTER(0-9,${EXTEN})},1)}]"
    "?lb-did-%H%,${LB_T_PREFIX}${FILTER(0-9,${EXTEN})},1"
)

#: A line whose exchange tells the caller's number by tones after the first ring.
_TOLD_BY_KEYS = Code("${LEN(${LB_T_KEYS})}?Gosub(lb-caller-%H%,s,1)")

#: The contexts of callers' lists, and which of them counts first for a number that two spellings
#: of put on two.
_LISTS = {
    "listed": (NumberList.WHITE, NumberList.BLACK),
    "vip": (NumberList.VIP,),
}


def entries(
    out: Writer,
    dids: Iterable[Did],
    *,
    generation: int,
    own_numbers: bool = False,
    prefixes: bool = False,
    keys: bool = False,
) -> None:
    """``from-trunk``: the stable names; each marks the channel, then goes to a hashed context.

    ``own_numbers``: some line tells no number called, and has one of its own; ``prefixes``: some
    carrier delivers less than the whole of it; ``keys``: some line tells its callers by tones.
    """
    out.section(FROM_TRUNK)
    for did in dids:
        out.extension(did.number)
        _enter(out, generation, did.number)
    out.extension("s")
    _enter(out, generation, "", _OWN_NUMBER if own_numbers else None, keys=keys)
    out.extension(_ANYTHING, pattern=True)
    _enter(out, generation, "", _PREFIXED if prefixes else None)


def _enter(
    out: Writer, generation: int, did: str, may_mean: Code | None = None, *, keys: bool = False
) -> None:
    """``may_mean``: the way of what may yet be one of our numbers."""
    out.step("Set", Code.of("__LB_GEN=<number>", number=generation))
    if keys:
        out.step("ExecIf", _TOLD_BY_KEYS)
    if may_mean is not None:
        out.step("GotoIf", may_mean)
    if did:
        out.step("Goto", context("did"), did, 1)
    else:
        out.step("Goto", context("inbound"), "s", 1)


def numbers(out: Writer, dids: Iterable[Did], sounds: Mapping[int, str]) -> None:
    """``lb-did``: what a number means, then on to ``lb-inbound``. ``sounds``: prompt id → sound.

    The greeting before a menu is the menu's first sentence, so that a key pressed in it counts.
    """
    out.section(context("did"))
    for did in dids:
        sound = sounds.get(did.greeting_id, "") if did.greeting_id is not None else ""
        greeting = "LB_M_SAY" if did.destination.kind is Kind.MENU else "LB_GREETING"
        out.extension(did.number)
        out.step(
            "MSet",
            Code.of("LB_DID=<did>", did=did.number),
            Code.of("LB_LANG=<language>", language=did.language),
            Code.of("CHANNEL(language)=<language>", language=did.language),
            Code.of("LB_HOURS=<calendar>", calendar=did.calendar_id),
            *([Code.of("<name>=<sound>", name=greeting, sound=sound)] if sound else []),
            Code.of("LB_DEST=<to>", to=destination(did.destination)),
            Code.of("LB_VM=<mailbox>", mailbox=did.mailbox),
        )
        out.step("Goto", context("inbound"), "s", 1)


def company_number(dids: Iterable[Did]) -> str:
    """The number that calls out show: the first of a fixed line, for 400 and 800 numbers only take
    calls; else the first, or empty."""
    numbers_ = [did.number for did in dids]
    fixed = [n for n in numbers_ if not n.startswith(("400", "800"))]
    return next(iter(fixed or numbers_), "")


def spellings(number: str) -> tuple[str, ...]:
    """``number`` as carriers may deliver it: Chinese mobile numbers come with 0, 86 or +86 too."""
    bare = number.removeprefix("+86")
    if len(bare) == 11 and bare.startswith("1"):
        return (bare, f"0{bare}", f"86{bare}", f"+86{bare}", f"0086{bare}")
    return (number,)


def straight(out: Writer, ways: Mapping[int, Destination]) -> None:
    """``lb-straight``: where a white-listed caller goes in place of a menu; the number's greeting,
    which the menu would have said, comes before it."""
    out.section(context("straight"))
    out.extension("none")  # so that an empty one is a context that can be read back
    out.step("Return")
    for menu_id, to in ways.items():
        out.extension(destination(Destination(kind=Kind.MENU, target=menu_id)))
        out.step(
            "MSet",
            Code.of("LB_DEST=<to>", to=destination(to)),
            Code("LB_GREETING=${LB_M_SAY}"),
            Code("LB_M_SAY="),
        )
        out.step("Return")


def lists(out: Writer, listed: Iterable[ListedNumber]) -> None:
    """``lb-listed`` (black and white) and ``lb-vip``: compiled, so that a dead database pardons
    nobody. Only who is listed has an extension: others are found out by DIALPLAN_EXISTS, which
    costs no step.

    Written from the last to the first: pbx.c keeps a context sorted and looks for each extension's
    place from its beginning, so that in the other order 20 000 numbers took 20 s to load.
    """
    rows = tuple(listed)
    for name, kinds in _LISTS.items():
        out.section(context(name))
        by_spelling: dict[str, ListedNumber] = {}
        for row in sorted((r for r in rows if r.list in kinds), key=lambda r: kinds.index(r.list)):
            for spelling in spellings(row.number):
                by_spelling.setdefault(spelling, row)
        out.extension("none")  # so that an empty list is a context that can be read back
        out.step("Return", 0)
        for spelling in sorted(by_spelling, reverse=True):
            row = by_spelling[spelling]
            out.extension(spelling)
            if row.until is not None:
                until = int(row.until.timestamp())
                out.step("GotoIf", Code.of("$[${EPOCH} >= <until>]?over", until=until))
            out.step("Return", row.level if row.list is NumberList.VIP else row.list.value)
            if row.until is not None:
                out.step("Return", 0, label="over")

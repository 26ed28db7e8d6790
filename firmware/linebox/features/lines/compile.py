"""Trunks → pjsip.conf and dialplan (TEL-4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from linebox.asterisk import names
from linebox.asterisk.confwriter import Code, Writer
from linebox.features.lines import dahdi
from linebox.features.lines.model import Hardware, Trunk, TrunkKind
from linebox.model.languages import Language


def trunks(
    out: Writer,
    all_trunks: Sequence[Trunk],
    *,
    hardware: Hardware,
    time_zone: str,
    company_number: str,
) -> None:
    """``lb-box``: the box's time zone (``s``), and by trunk that and the line's limit; ``lb-way``:
    the trunks in the order in which calls out try them, each with the number shown to the called;
    ``LB_W_CARD``: how Dial finds a channel of one that is made of cards; ``LB_W_LINES``: the lines
    of which ``lb-least`` chooses.

    ``company_number`` empty: the carrier shows what it knows of the line.
    """
    out.section(names.context("box"))
    out.extension("s")
    out.step("Set", Code.of("LB_TZ=<zone>", zone=time_zone))
    out.step("Return")
    for trunk in all_trunks:
        out.extension(trunk.name)
        out.step(
            "MSet",
            Code.of("LB_TZ=<zone>", zone=time_zone),
            Code.of("LB_T_MAX=<calls>", calls=trunk.max_calls),
        )
        out.step("Return")
    out.section(names.context("way"))
    shown = Code.of("LB_W_NUMBER=<number>", number=company_number) if company_number else None
    groups, counted = dahdi.groups(all_trunks), dahdi.counted(all_trunks, hardware)
    for n, trunk in enumerate(all_trunks, 1):
        out.extension(str(n))
        of_cards = [dahdi.dialled(trunk, groups[trunk.id])] if trunk.id in groups else []
        out.step(
            "MSet",
            Code.of("LB_W_TRUNK=<name>", name=trunk.name),
            Code.of("LB_W_MAX=<calls>", calls=trunk.max_calls),
            shown or Code("LB_W_NUMBER="),
            *(Code.of("LB_W_CARD=<group>", group=group) for group in of_cards),
            *([Code("LB_W_CARD=")] if groups and not of_cards else []),
            *([_lines(counted.get(trunk.id))] if counted else []),
        )
        out.step("Return")


def _lines(channels: Sequence[int] | None) -> Code:
    if not channels:
        return Code("LB_W_LINES=")
    return Code.of("LB_W_LINES=<lines>", lines="-".join(map(str, channels)))


def endpoints(
    out: Writer, all_trunks: Iterable[Trunk], *, language: Language, time_zone: str
) -> None:
    """pjsip.conf: known by the carrier's address, so without a password of its own. A call that
    comes in knows its trunk, the line's limit and the time zone by the endpoint's variables.

    ``rtp_timeout`` is long: it only frees a line whose carrier has died, which session timers find
    too."""
    for trunk in all_trunks:
        if trunk.kind is not TrunkKind.SIP:
            continue
        name = names.trunk(trunk.name)
        host = f"[{trunk.host}]" if ":" in trunk.host else trunk.host
        out.section(name)
        out.pair("type", "endpoint")
        out.pair("context", names.FROM_TRUNK)
        out.pair("disallow", "all")
        out.pair("allow", "alaw,ulaw")
        out.pair("aors", name)
        out.pair("language", language)
        out.pair("direct_media", "no")
        out.pair("trust_id_inbound", "yes")
        out.pair("rtp_symmetric", "yes")
        out.pair("rtp_timeout", 300)
        out.pair("allow_transfer", "no")
        out.pair("set_var", f"LB_TRUNK={trunk.name}")
        out.pair("set_var", f"LB_T_MAX={trunk.max_calls}")
        out.pair("set_var", f"LB_TZ={time_zone}")
        out.section(name)
        out.pair("type", "aor")
        out.pair("contact", f"sip:{host}:{trunk.port}")
        out.pair("qualify_frequency", 30)
        out.section(name)
        out.pair("type", "identify")
        out.pair("endpoint", name)
        out.pair("match", trunk.host)

"""Trunks → pjsip.conf and dialplan (TEL-4)."""

from __future__ import annotations

from collections.abc import Iterable

from linebox.asterisk import names
from linebox.asterisk.confwriter import Code, Writer
from linebox.features.lines.model import Trunk
from linebox.model.languages import Language


def trunks(out: Writer, all_trunks: Iterable[Trunk], *, time_zone: str) -> None:
    """``lb-box``: the box's time zone and the line's limit, by trunk."""
    out.section(names.context("box"))
    for trunk in all_trunks:
        out.extension(trunk.name)
        out.step(
            "MSet",
            Code.of("LB_TZ=<zone>", zone=time_zone),
            Code.of("LB_T_MAX=<calls>", calls=trunk.max_calls),
        )
        out.step("Return")


def endpoints(out: Writer, all_trunks: Iterable[Trunk], *, language: Language) -> None:
    """pjsip.conf: known by the carrier's address, so without a password of its own.

    ``rtp_timeout`` is long: it only frees a line whose carrier has died, which session timers find
    too."""
    for trunk in all_trunks:
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
        out.section(name)
        out.pair("type", "aor")
        out.pair("contact", f"sip:{host}:{trunk.port}")
        out.pair("qualify_frequency", 30)
        out.section(name)
        out.pair("type", "identify")
        out.pair("endpoint", name)
        out.pair("match", trunk.host)

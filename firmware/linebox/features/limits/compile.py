"""Limits of calls out → dialplan (SEC-2)."""

from __future__ import annotations

from linebox.asterisk.confwriter import Code, Writer
from linebox.asterisk.names import context
from linebox.features.limits.countries import prefixes
from linebox.features.limits.model import CallLimits


def limits(out: Writer, of: CallLimits, *, time_zone: str) -> None:
    """``lb-limits``: sets LB_L_CALLS, LB_L_DAY (seconds), LB_L_HOURS (calendar), each empty for no
    limit, and LB_L_TZ. ``lb-abroad``: by the digits of a number abroad, GOSUB_RETVAL 1 or 0."""
    day_s = "" if of.minutes_day is None else str(of.minutes_day * 60)
    out.section(context("limits"))
    out.extension("s")
    out.step(
        "MSet",
        _optional("LB_L_CALLS", of.calls_at_once),
        _optional("LB_L_DAY", day_s),
        _optional("LB_L_HOURS", of.abroad_hours),
        Code.of("LB_L_TZ=<zone>", zone=time_zone),
    )
    out.step("Return")
    out.section(context("abroad"))
    out.extension("none")  # so that nothing allowed is a context that can be read back
    out.step("Return", 0)
    for prefix, allowed in prefixes(of.countries):
        out.extension(Code.of("_<prefix>!", prefix=prefix), pattern=True)
        out.step("Return", int(allowed))


def _optional(name: str, value: int | str | None) -> Code:
    if value is None or value == "":
        return Code.of("<name>=", name=name)
    return Code.of("<name>=<value>", name=name, value=value)

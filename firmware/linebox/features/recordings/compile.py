"""Recording rules → dialplan (REC-1)."""

from __future__ import annotations

from collections.abc import Iterable

from linebox.asterisk.confwriter import Code, Writer
from linebox.asterisk.names import context
from linebox.features.recordings.model import RecordingRules


def unrecorded(out: Writer, rules: RecordingRules, groups: Iterable[int]) -> None:
    """``lb-unrecorded``: what lb-rec must not start, as ``<why>-<destination>``. ``groups``: ids of
    those whose calls aren't recorded."""
    out.section(context("unrecorded"))
    out.extension("none")  # so that nothing forbidden is a context that can be read back
    out.step("NoOp")
    for group in groups:
        out.extension(f"all-group-{group}")
        out.step("NoOp")
    if not rules.calls_out:
        out.extension("out-")
        out.step("NoOp")


def stop_here(out: Writer) -> None:
    """The caller comes to a group that isn't recorded: whatever is being recorded stops."""
    out.step("Gosub", Code.of("<rec>,stop,1(rule)", rec=context("rec")))


def start_here(out: Writer) -> None:
    """The caller comes to a group that is recorded, maybe from one that isn't."""
    go_on = Code.of("$[${LEN(${LB_REC})} = 0]?Gosub(<rec>,start,1(moved))", rec=context("rec"))
    out.step("ExecIf", go_on)

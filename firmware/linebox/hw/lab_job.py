"""A test of a line as boardd takes, tells and finishes it (docs/names.md, "Cards and lines")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from linebox.base.messages import sentence
from linebox.base.shapes import Count, Form, Length, Range
from linebox.hw.impedance import NAMES
from linebox.hw.lab import WELL, Learnt, LineVerdict, Measured, Outcome
from linebox.hw.protocols import Key

#: Never an emergency number, which has three digits.
type TestNumber = Annotated[
    str,
    Length(0, 20),
    Form(
        r"([0-9*#]{4,20})?",
        "要拨的号码，至少四位，可以留空",
        "a number of at least four digits, or nothing",
    ),
]


class LabKind(StrEnum):
    """``call``: of one line or telephone; ``learn``: two lines, each calls the other; ``bits``: an
    E1's bit errors."""

    CALL = "call"
    LEARN = "learn"
    BITS = "bits"


class LabStep(StrEnum):
    """``second``: the other line's turn."""

    RUNS = "runs"
    SECOND = "second"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabWish:
    """``key``: a port's, of ``bits`` a span's. ``number``: whom to call, of ``learn`` the other
    line's; ``other``, ``own_number``: of ``learn``. ``seconds``: of ``bits``. ``by``: who wants it.
    """

    kind: LabKind
    key: Key
    number: TestNumber = ""
    other: Annotated[str, Length(0, 200)] = ""
    own_number: TestNumber = ""
    seconds: Annotated[int, Range(2, 3600)] = 10
    by: Annotated[str, Length(0, 100)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bits:
    """``ratio``: errors to bits."""

    seconds: float
    errors: int
    ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LabSaid:
    zh: Annotated[str, Length(0, 1000)]
    en: Annotated[str, Length(0, 1000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTold:
    """What came of one line. ``well`` is for its lamp, ``said`` for people: the verdict first, then
    what else isn't as it should be, each with what to do."""

    key: Key
    verdict: LineVerdict
    well: bool
    said: Annotated[tuple[LabSaid, ...], Count(0, 20)]
    measured: Measured = field(default_factory=Measured)
    learnt: Learnt | None = None
    bits: Bits | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabJob:
    """``fault``: why it ended without a verdict, as it was told people; null: it didn't."""

    id: int
    kind: LabKind
    key: Key
    other: str
    number: Annotated[str, Length(0, 20)]
    at: datetime
    step: LabStep
    by: Annotated[str, Length(0, 100)] = ""
    ended_s: float | None = None
    results: Annotated[tuple[LineTold, ...], Count(0, 2)] = ()
    fault: LabSaid | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabNow:
    """The newest test; None: there was none since boardd's start."""

    job: LabJob | None


def told(key: str, outcome: Outcome, bits: Bits | None = None) -> LineTold:
    fields = _numbers(outcome, bits)
    said = [said_of(f"line-test-{outcome.verdict}", fields)]
    if outcome.verdict is LineVerdict.ANSWERED and outcome.measured.answered_by == "sound":
        said.append(said_of("line-test-by-sound", fields))
    if fitting := outcome.learnt and outcome.learnt.impedance:
        better = fitting.acim != fitting.country
        said.append(said_of(f"line-impedance-{'better' if better else 'country'}", fields))
    said += [said_of(f"line-remark-{remark}", fields) for remark in outcome.remarks]
    return LineTold(
        key=key,
        verdict=outcome.verdict,
        well=outcome.verdict in WELL and not outcome.remarks,
        said=tuple(said),
        measured=outcome.measured,
        learnt=outcome.learnt,
        bits=bits,
    )


def _numbers(outcome: Outcome, bits: Bits | None) -> dict[str, object]:
    """Numbers of the sentences."""
    found, learnt = outcome.measured, outcome.learnt
    fields: dict[str, object] = {}
    if found.dial_tone:
        fields |= {"hz": found.dial_tone.hz, "tone": round(found.dial_tone.dbm0)}
    if found.noise_dbm0 is not None:
        fields["noise"] = round(found.noise_dbm0)
    if found.echo_db is not None:
        fields["echo"] = round(found.echo_db)
    if learnt:
        fields["loss"] = round(learnt.loss_db)
        if fitting := learnt.impedance:
            fields |= {
                "impedance": NAMES[fitting.acim],
                "back": round(fitting.return_loss_db),
                "country": round(fitting.country_db),
            }
    if bits:
        fields |= {"errors": bits.errors, "seconds": round(bits.seconds)}
    return fields


def said_of(code: str, fields: Mapping[str, object]) -> LabSaid:
    zh, en = sentence(code, fields)
    return LabSaid(zh=zh, en=en)

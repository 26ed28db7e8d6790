"""Spoken data: what the dialplan's own logic names equals features/prompts/speech.py, value by value."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from fixtures.dialplan_line import Line
from linebox.features.prompts import speech
from linebox.model.languages import Language

_RANDOM = random.Random(20261122)


def _numbers() -> list[int]:
    edges = [10**n + d for n in range(1, 9) for d in (-1, 0, 1, 2, 10, 12, 20)]
    return [
        *range(0, 130, 1),
        *(200, 202, 210, 212, 305, 1000, 1002, 1010, 1012, 1112, 2000, 2002, 2222, 9999),
        *(
            10_000,
            10_002,
            10_020,
            10_015,
            12_000,
            20_000,
            20_002,
            22_222,
            100_002,
            102_000,
            1_020_304,
        ),
        *(
            100_020_000,
            100_000_002,
            200_020_002,
            222_222_222,
            300_120_010,
            987_654_321,
            999_999_999,
        ),
        *edges,
        *(_RANDOM.randrange(10 ** _RANDOM.randrange(1, 10)) for _ in range(300)),
        *(-1, -2, -215),
    ]


def _telephones() -> list[str]:
    made = [
        "+8613800138000",
        "13800138000",
        "4008001234",
        "8008101111",
        "01065123456",
        "075582012345",
    ]
    made += [
        "02166666666",
        "07551234567",
        "012345678901",
        "10086",
        "110",
        "1",
        "12345678",
        "95588123",
    ]
    lengths = [_RANDOM.randrange(1, 21) for _ in range(80)]
    return made + ["".join(_RANDOM.choices("0123456789", k=n)) for n in lengths]


def _codes() -> list[str]:
    made = [
        "A1",
        "AB1234",
        "1001",
        "SF1234567890",
        "ABCDE",
        "11111",
        "A-1-B",
        "A.B",
        "Z9Y8X7",
        "AAAA1111B",
    ]
    return made + [
        "".join(_RANDOM.choices("ABCXYZ0123", k=_RANDOM.randrange(1, 20))) for _ in range(80)
    ]


def _asked() -> Iterator[tuple[str, Language, str, list[str]]]:
    """Kind, language, argument, and what speech.py says."""
    for language in Language:
        for value in _numbers():
            yield "number", language, str(value), speech.number(value, language)
            yield "counted", language, str(value), speech.number(value, language, counted=True)
        for text in _telephones():
            yield "digits", language, text, speech.digits(text, language)
        for text in _codes():
            yield "code", language, text, speech.code(text, language)
        for n in range(0, 36524, 97):
            day = date(2000, 1, 1) + timedelta(days=n)
            yield "date", language, f"{day:%Y%m%d}", speech.date(day, language)
        for minute in range(0, 1440, 7):
            hour, rest = divmod(minute, 60)
            yield "time", language, f"{hour:02}{rest:02}", speech.time(hour, rest, language)
        amounts = [
            0,
            1,
            2,
            5,
            10,
            12,
            20,
            22,
            99,
            100,
            101,
            110,
            200,
            202,
            220,
            222,
            1205,
            123456,
            100_000_000,
            -1205,
        ]
        amounts += [_RANDOM.randrange(10 ** _RANDOM.randrange(1, 10)) for _ in range(150)]
        for fen in amounts:
            yield "money", language, str(fen), speech.money(fen, language)


@pytest.mark.req("IVR-1")
def test_dialplan_says_what_the_reference_says(line: Line) -> None:
    asked = list(_asked())
    steps = ["[spell]", "exten => s,1,NoOp()"]
    for n, (kind, language, argument, _) in enumerate(asked):
        routine = f"lb-spell-{line.generation.hash},{kind}-{language},1({argument})"
        steps.append(f" same => n,Gosub({routine})")
        steps.append(f" same => n,Set(FILE(/data/spelled,,,al,u)={n} ${{GOSUB_RETVAL}})")
    steps.append(" same => n,Set(FILE(/data/spelled,,,al,u)=end)")
    with (line.rig.folder / "etc/extensions.conf").open("a") as conf:
        conf.write("\n".join(steps) + "\n")
    line.rig.asterisk("dialplan reload")
    line.rig.asterisk("module load res_clioriginate.so")
    line.rig.asterisk("channel originate Local/s@spell application Wait 1")
    spelled = line.rig.data / "spelled"
    line.rig.until(
        "all values spelled",
        lambda: spelled.exists() and spelled.read_text().endswith("end\n"),
        within_s=60,
    )
    said = dict(row.split(" ", 1) for row in spelled.read_text().splitlines() if " " in row)
    wrong = [
        (kind, str(language), argument, said[str(n)], wanted)
        for n, (kind, language, argument, wanted) in enumerate(asked)
        if said[str(n)] != "".join(f"{piece}&" for piece in wanted)
    ]
    assert not wrong[:10], f"{len(wrong)} of {len(asked)}"
    assert len(said) == len(asked) > 3000
    line.quiet()

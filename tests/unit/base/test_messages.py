"""Every error has a sentence in both languages."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from linebox.base import messages

PACKAGE = Path(messages.__file__).parents[1]
RAISED = re.compile(
    r"\b(?:LineboxError|InputError|Unavailable|DeviceError|ConfigError|AmiRefused|Differs|RolledBack"
    r"|Problem|AmiGone)\(\s*\"([a-z][a-z0-9-]+)\"(?!,\s*\")",
)
#: A shape's problem says its field first.
AT_FIELD = re.compile(r"\bProblem\([^,()]+,\s*\"([a-z][a-z0-9-]+)\"")

ALARMS = re.compile(r"INSERT INTO alarms \(code[^)]*\) VALUES \('([a-z-]+)'")


def raised() -> set[str]:
    return {
        code
        for path in PACKAGE.rglob("*.py")
        for form in (RAISED, AT_FIELD)
        for code in form.findall(path.read_text("utf-8"))
    }


@pytest.mark.req("SET-6")
def test_every_code_that_is_raised_is_told_in_both_languages() -> None:
    assert raised() - messages.catalogue().keys() == set()


@pytest.mark.req("DIA-5")
def test_every_alarm_that_is_raised_is_told_in_both_languages() -> None:
    codes = {
        code for path in PACKAGE.rglob("*.py") for code in ALARMS.findall(path.read_text("utf-8"))
    }
    assert {"journal-rejects", "recording-missing"} <= codes
    assert codes - messages.catalogue().keys() == set()


@pytest.mark.req("SET-6")
def test_both_languages_of_a_sentence_say_something() -> None:
    for code, (zh, en) in messages.catalogue().items():
        assert re.search("[\u4e00-\u9fff]", zh), code
        assert re.search("[a-z]", en) and zh != en, code
        for text in (zh, en):
            list(Formatter().parse(text))

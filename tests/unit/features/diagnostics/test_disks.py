"""The disk guard's note becomes alarms."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from linebox.base.messages import sentence
from linebox.features.diagnostics.disks import FULL, RESERVE, short


@pytest.mark.req("DIA-5")
def test_each_line_is_an_alarm_since_the_note_was_written(tmp_path: Path) -> None:
    note = tmp_path / "recording-off"
    note.write_text("/data/journal\n/data/journal/reserve")
    os.utime(note, (1_795_352_400, 1_795_352_400))
    found = short(note)
    assert [(alarm.code, alarm.subject) for alarm in found] == [
        (FULL, "/data/journal"),
        (RESERVE, "/data/journal/reserve"),
    ]
    assert {alarm.since for alarm in found} == {datetime.fromtimestamp(1_795_352_400, UTC)}
    for alarm in found:
        assert all(sentence(alarm.code, {"subject": alarm.subject, "count": alarm.count}))


def test_no_note_no_alarm(tmp_path: Path) -> None:
    assert short(tmp_path / "recording-off") == ()

"""What hostd tells of logs fits the shapes in which webd takes it."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from linebox.base.shapes import parse, render
from linebox.daemons._host_system import _cleaned, _lines, _of_a_call
from linebox.features.diagnostics.system import Logs


def entry(**fields: object) -> str:
    return json.dumps({"__REALTIME_TIMESTAMP": "1763800000000000", "PRIORITY": "4", **fields})


@pytest.mark.req("DIA-1")
@pytest.mark.parametrize(
    "message", ["x" * 50_000, "\x1b[31mred\x1b[0m\ttab", "two\nlines", "坐席 1001", "\u2028\x00"]
)
def test_any_line_of_a_log_is_told(message: str) -> None:
    said = entry(MESSAGE=message, _SYSTEMD_UNIT="linebox-calld.service")
    logs = Logs(items=tuple(_cleaned(line, ()) for line in _lines(said)), cut=False)
    (line,) = parse(Logs, json.loads(json.dumps(render(logs)))).items
    assert (line.unit, line.priority) == ("linebox-calld", 4)
    assert line.text.isprintable()


def test_what_is_no_text_is_left_out_and_systemd_s_words_are_the_unit_s() -> None:
    said = "\n".join(
        (
            entry(MESSAGE=[1, 2, 3], _SYSTEMD_UNIT="asterisk.service"),
            entry(MESSAGE="Started it.", _SYSTEMD_UNIT="init.scope", UNIT="asterisk.service"),
        )
    )
    assert [(line.unit, line.text) for line in _lines(said)] == [("asterisk", "Started it.")]


@pytest.mark.req("DIA-1")
def test_lines_of_a_call_are_found_by_its_words_and_asterisk_s_mark() -> None:
    said = "\n".join(
        entry(MESSAGE=text, _SYSTEMD_UNIT="asterisk.service")
        for text in (
            "[C-0000000a] begins, before anybody names it",
            "[C-0000000b] another call",
            "[C-0000000a] PJSIP/8001-0000000c rings",
            "calld: 1763800000.7 was answered",
            "of nobody",
        )
    )
    found = _of_a_call(list(_lines(said)), ("PJSIP/8001-0000000c", "1763800000.7"))
    assert [line.text.split()[0] for line in found] == ["[C-0000000a]", "[C-0000000a]", "calld:"]


def test_call_is_found_in_a_whole_day_s_log_at_once() -> None:
    line = next(iter(_lines(entry(MESSAGE="1763800000.7 x", _SYSTEMD_UNIT="asterisk.service"))))
    other = replace(line, text="of nobody")
    before = time.process_time()
    assert len(_of_a_call([*[line] * 20_000, *[other] * 20_000], ("1763800000.7",))) == 20_000
    assert time.process_time() - before < 5

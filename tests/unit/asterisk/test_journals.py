"""The readers of CEL and queue_log, on bytes of a real Asterisk and on what can befall them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linebox.asterisk.journals import (
    LONGEST_BYTES,
    CelRecord,
    Read,
    Reject,
    note,
    read_cel,
    read_queue_log,
)

RECORDED = Path(__file__).parents[2] / "fixtures/journal"
CEL = {s: (RECORDED / s / "cel-custom/cel.csv").read_bytes() for s in ("s00000001", "s00000003")}
QUEUE = {s: (RECORDED / s / "queue_log").read_bytes() for s in ("s00000001", "s00000003")}


def in_pieces(read, data: bytes, cuts: list[int]) -> tuple[list, list, int]:
    """Read as a file that grows: up to each cut, going on from where reading stopped."""
    records, rejects, at = [], [], 0
    for end in [*sorted(cuts), len(data)]:
        if end > at:
            got = read(data[at:end], at, finished=False)
            records, rejects, at = records + got.records, rejects + got.rejects, got.position
    got = read(data[at:], at, finished=True)
    return records + got.records, rejects + got.rejects, got.position


@pytest.mark.parametrize(("start", "count"), [("s00000001", 133), ("s00000003", 41)])
def test_every_record_of_a_real_asterisk_is_read(start: str, count: int) -> None:
    got = read_cel(CEL[start], 0, finished=True)
    assert (len(got.records), got.rejects, got.position) == (count, [], len(CEL[start]))


def test_name_with_quotes_commas_and_chinese_is_read_as_sent() -> None:
    names = {r.cid_name for r in read_cel(CEL["s00000001"], 0, finished=True).records}
    assert '林 \\"x\\", y' in names


def test_line_break_in_a_number_forges_no_cel_record() -> None:
    records = read_cel(CEL["s00000003"], 0, finished=True).records
    hostile = next(r for r in records if "\n" in r.cid_num)
    assert hostile.cid_num.startswith("1\n1795351046|s00000003-1.0|g1|agent-1001|CONNECT|")
    assert {r.linkedid for r in records} == {
        f"s00000003-{n}" for n in ("1795351397.0", "1795351398.1", "1795351403.3")
    }


@pytest.mark.parametrize("start", list(CEL))
@given(st.data())
def test_growing_file_gives_the_same_records_whatever_the_pieces(start: str, data) -> None:
    whole = read_cel(CEL[start], 0, finished=True)
    cuts = data.draw(st.lists(st.integers(0, len(CEL[start])), max_size=20))
    assert in_pieces(read_cel, CEL[start], cuts) == (whole.records, [], len(CEL[start]))


@pytest.mark.parametrize("start", list(QUEUE))
@given(st.data())
def test_growing_queue_log_gives_the_same_lines_whatever_the_pieces(start: str, data) -> None:
    whole = read_queue_log(QUEUE[start], 0, finished=True)
    cuts = data.draw(st.lists(st.integers(0, len(QUEUE[start])), max_size=20))
    assert in_pieces(read_queue_log, QUEUE[start], cuts) == (
        whole.records,
        whole.rejects,
        len(QUEUE[start]),
    )


@pytest.mark.req("ACD-7")
@pytest.mark.parametrize("start", list(CEL))
def test_file_cut_at_every_byte_of_any_record_loses_only_that_record(start: str) -> None:
    data = CEL[start]
    whole = read_cel(data, 0, finished=True).records
    for n in (len(whole) - 1, 5):
        begin = whole[n].position
        end = whole[n + 1].position if n + 1 < len(whole) else len(data)
        for cut in range(begin, end):
            waiting = read_cel(data[:cut], 0, finished=False)
            assert (waiting.records, waiting.position) == (whole[:n], begin)
            assert not waiting.rejects
            given_up = read_cel(data[:cut], 0, finished=True)
            torn = [Reject(begin, data[begin:cut], "torn")] if cut > begin else []
            assert given_up == Read(whole[:n], torn, cut)


@pytest.mark.req("ACD-7")
@pytest.mark.parametrize("start", list(CEL))
def test_torn_record_never_eats_its_neighbour(start: str) -> None:
    data = CEL[start]
    whole = read_cel(data, 0, finished=True).records
    for n in (0, 2, 9):
        begin, end = whole[n].position, whole[n + 1].position
        for cut in range(begin + 1, end):
            joined = data[begin:cut] + data[end:]
            records, rejects, position = in_pieces(read_cel, joined, [cut - begin + 40])
            assert [r[1:] for r in records] == [r[1:] for r in whole[n + 1 :]], cut
            assert b"".join(r.data for r in rejects) == data[begin:cut]
            assert position == len(joined)


def test_torn_line_of_queue_log_never_eats_its_neighbour() -> None:
    lines = QUEUE["s00000001"].splitlines(keepends=True)
    for torn, neighbour in [(lines[2], lines[3]), (lines[3], lines[4]), (lines[7], lines[8])]:
        for cut in range(1, len(torn) - 1):
            got = read_queue_log(torn[:cut] + neighbour, 0, finished=True)
            read = [r[1:] for r in got.records]
            assert read == [r[1:] for r in read_queue_log(neighbour, 0, finished=True).records], cut
            assert b"".join(r.data for r in got.rejects) == torn[:cut]


@given(st.binary(max_size=400), st.integers(0, 40))
def test_garbage_before_a_record_is_a_reject_and_the_record_is_read(junk: bytes, n: int) -> None:
    whole = read_cel(CEL["s00000003"], 0, finished=True).records
    data = CEL["s00000003"][whole[n].position :]
    records, rejects, position = in_pieces(read_cel, junk + data, [])
    assert [r[1:] for r in records[-len(whole) + n :]] == [r[1:] for r in whole[n:]]
    assert position == len(junk) + len(data)
    assert sum(len(r.data) for r in rejects) <= len(junk)


@given(st.binary(max_size=2000), st.booleans())
def test_no_bytes_break_the_readers(data: bytes, finished: bool) -> None:
    for read in (read_cel, read_queue_log):
        got = read(data, 7, finished=finished)
        assert 7 <= got.position <= 7 + len(data)
        if finished:
            assert got.position == 7 + len(data)


def test_bytes_without_end_do_not_wait_for_ever() -> None:
    data = b'"CHAN_START","' + b"x" * (3 * LONGEST_BYTES)
    got = read_cel(data + CEL["s00000003"], 0, finished=True)
    assert len(got.records) == 41
    assert b"".join(r.data for r in got.rejects) == data
    line = read_queue_log(b"x" * (2 * LONGEST_BYTES + 5), 0, finished=False)
    assert (len(line.rejects), line.position) == (2, 2 * LONGEST_BYTES)


def cel(
    time: bytes = b"1795351080.170124", name: bytes = b"Lin", event: bytes = b"ANSWER"
) -> bytes:
    fields = [event, time, b"", name, *[b""] * 6, b"s1-1.1", b"s1-1.1", b"", b""]
    return b",".join(b'"' + field + b'"' for field in fields) + b"\n"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (cel(time=b"1795351080"), "time"),
        (cel(time=b"99999999999.000000"), "time"),
        (cel(time=b"-5.000000"), "time"),
        (cel(event=b"nonsense"), "event"),
        (cel().replace(b'"Lin",', b""), "torn"),
    ],
)
def test_absurd_record_is_kept_as_a_reject(data: bytes, reason: str) -> None:
    got = read_cel(cel() + data + cel(), 0, finished=True)
    assert [r.reason for r in got.rejects] == [reason]
    assert got.rejects[0].data == data
    assert len(got.records) == 2


def test_nul_and_bytes_that_are_not_utf8_become_replacement_characters() -> None:
    (record,) = read_cel(cel(name=b"a\x00b\xff\xe6\x9e\x97"), 0, finished=True).records
    assert record.cid_name == "a�b�林"


def test_times_are_exact_to_the_microsecond() -> None:
    (record,) = read_cel(cel(time=b"4102444799.999999"), 0, finished=True).records
    assert record.at.isoformat() == "2099-12-31T23:59:59.999999+00:00"


@pytest.mark.parametrize(
    ("extra", "fields"),
    [
        ('{"extra":"gen=7;did=400;from=1"}', {"gen": "7", "did": "400", "from": "1"}),
        ('{"extra":"agent=;ext="}', {"agent": "", "ext": ""}),
        ('{"extra":"a\\"b=1"}', {}),
        ('{"hangupcause":16}', {}),
        ("", {}),
        ('{"extra":"=;;=x"}', {"": "x"}),
    ],
)
def test_note_reads_only_what_the_dialplan_writes(extra: str, fields: dict[str, str]) -> None:
    assert note(extra) == fields


def test_position_is_that_of_the_file_not_of_the_piece() -> None:
    first: CelRecord = read_cel(cel(), 1000, finished=True).records[0]
    assert first.position == 1000

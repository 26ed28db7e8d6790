"""The two files in which Asterisk writes down what happened, read from bytes (architecture,
section 7).

Both readers take what a file holds from some offset on and tell how far it is read. A record whose
end isn't there yet waits; in a file that nobody writes any more it is a reject. What isn't a
record is a reject up to the next head of one, so that a torn record never eats its neighbour.
Positions are exact byte offsets: reading on from ``Read.position`` gives what reading at one go
would have given.

What stands in a record is not to be trusted: a caller's name and number are as they were sent
(CEL's CHAN_START), and a line break in a number writes a whole false line into queue_log (seen on
Asterisk 22.10). A CEL record can't be forged, since every quote in a field is doubled.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

#: A record is at most this long; more bytes without an end are no record, so they don't wait for
#: one.
LONGEST_BYTES = 65536
#: Longer than any head of a record, so that none is cut in two.
_HEAD_BYTES = 256

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_FIELD = rb'"((?:[^"]++|"")*+)"'
_RECORD = re.compile(_FIELD + (rb"," + _FIELD) * 13 + rb"\r?\n")
#: The beginning of a record, up to where the bytes may simply end.
_UNFINISHED = re.compile(rb'(?:"(?:[^"]++|"")*+",){0,13}+(?:"(?:[^"]++|"")*+"?+)?+\r?+\Z')
_HEAD = re.compile(rb'"[A-Z][A-Z0-9_]{1,63}","[0-9]{1,11}\.[0-9]{6}","')
_EVENT = re.compile(rb"[A-Z][A-Z0-9_]{1,63}")
_TIME = re.compile(rb"([0-9]{1,10})\.([0-9]{6})")

_LINE = re.compile(
    rb"([0-9]{1,10})\|(s[0-9]{8}-[0-9]+\.[0-9]+|[A-Z]*)\|([^|]*)\|([^|]*)\|([A-Z]{3,30})(?:\|(.*))?",
    re.DOTALL,
)
_LINE_HEAD = re.compile(
    rb"[0-9]{10}\|(?:s[0-9]{8}-[0-9]+\.[0-9]+|[A-Z]+)\|[^|\n]*\|[^|\n]*\|[A-Z]{3,30}(?:\||\Z)"
)
#: How many fields follow these events (app_queue.c, ast_queue_log); more say that lines were
#: joined.
_DATA_FIELDS = {
    b"ENTERQUEUE": 3,
    b"CONNECT": 3,
    b"COMPLETEAGENT": 3,
    b"COMPLETECALLER": 3,
    b"ABANDON": 3,
    b"EXITWITHTIMEOUT": 3,
    b"EXITEMPTY": 3,
    b"RINGNOANSWER": 1,
    b"RINGCANCELED": 1,
    b"ADDMEMBER": 1,
    b"REMOVEMEMBER": 1,
    b"PAUSE": 1,
    b"UNPAUSE": 1,
    b"QUEUESTART": 1,
}


class CelRecord(NamedTuple):
    """One record of CEL. ``position`` is the offset of its first byte in its file; ``account``: at
    the beginning of a card's channel its trunk or extension (``names.trunk``), else not ours."""

    position: int
    event: str
    at: datetime
    cid_name: str
    cid_num: str
    ani: str
    dnid: str
    exten: str
    context: str
    channel: str
    uniqueid: str
    linkedid: str
    account: str
    extra: str


class QueueRecord(NamedTuple):
    """One line of queue_log: a hint, never a proof (see above). ``at`` is in whole seconds."""

    position: int
    at: datetime
    callid: str
    queue: str
    agent: str
    event: str
    data: tuple[str, ...]


class Reject(NamedTuple):
    """Bytes that are no record, and why: ``torn``, ``garbage``, ``time``, ``event`` or
    ``too-long``."""

    position: int
    data: bytes
    reason: str


class Read[R](NamedTuple):
    """What was found; ``position`` is the offset of the first byte not yet read."""

    records: list[R]
    rejects: list[Reject]
    position: int


def read_cel(data: bytes, position: int, *, finished: bool) -> Read[CelRecord]:
    """Read CEL written by ``cel_custom``: 14 quoted fields separated by commas, line breaks
    allowed in them.

    ``data`` begins at offset ``position`` of its file. ``finished``: ``data`` goes to the file's
    end and nobody writes there any more, so an unfinished record is a reject instead of waiting.
    """
    records: list[CelRecord] = []
    rejects: list[Reject] = []
    at, end = 0, len(data)
    while at < end:
        if match := _RECORD.match(data, at):
            record = _cel_record(position + at, match)
            if isinstance(record, CelRecord):
                records.append(record)
                at = match.end()
                continue
            head = _HEAD.search(data, at + 1, match.end())
            stop = head.start() if head else match.end()
            rejects.append(Reject(position + at, data[at:stop], record))
        else:
            unfinished = _UNFINISHED.match(data, at)
            head = None if unfinished else _HEAD.search(data, at + 1, at + LONGEST_BYTES)
            if head:
                stop = head.start()
            elif end - at > LONGEST_BYTES:
                stop = at + LONGEST_BYTES - _HEAD_BYTES
            elif finished:
                stop = end
            else:
                break
            reason = "torn" if data[at : at + 1] == b'"' else "garbage"
            rejects.append(Reject(position + at, data[at:stop], reason))
        at = stop
    return Read(records, rejects, position + at)


def _cel_record(position: int, match: re.Match[bytes]) -> CelRecord | str:
    """The record, or why it is none."""
    event, time, _, *rest = match.groups()
    if not _EVENT.fullmatch(event):
        return "event"
    if (at := _moment(time)) is None:
        return "time"
    return CelRecord(position, event.decode(), at, *map(_text, rest))


def _moment(time: bytes) -> datetime | None:
    """Epoch seconds with microseconds, exactly (no float)."""
    if not (match := _TIME.fullmatch(time)):
        return None
    return _EPOCH + timedelta(seconds=int(match[1]), microseconds=int(match[2]))


def _text(field: bytes) -> str:
    """A field's text. What PostgreSQL or UTF-8 can't hold becomes U+FFFD."""
    if b'"' in field:
        field = field.replace(b'""', b'"')
    return _clean(field)


def _clean(field: bytes) -> str:
    text = field.decode("utf-8", "replace")
    return text.replace("\0", "�") if "\0" in text else text


def read_queue_log(data: bytes, position: int, *, finished: bool) -> Read[QueueRecord]:
    """Read queue_log: ``epoch|callid|queue|agent|event|data…``, a line each.

    Arguments as in ``read_cel``. A line that can't be one, or has more fields than its event has,
    is searched for the head of a line that a torn one stuck to.
    """
    records: list[QueueRecord] = []
    rejects: list[Reject] = []
    at = 0
    while (end := data.find(b"\n", at)) >= 0:
        line = data[at:end]
        while line:
            record, reason = _queue_record(position + at, line)
            if record:
                records.append(record)
                break
            head = _LINE_HEAD.search(line, 1)
            cut = head.start() if head else len(line)
            rejects.append(Reject(position + at, line[:cut], reason))
            at, line = at + cut, line[cut:]
        at = end + 1
    while len(data) - at > LONGEST_BYTES:
        rejects.append(Reject(position + at, data[at : at + LONGEST_BYTES], "too-long"))
        at += LONGEST_BYTES
    if finished and at < len(data):
        rejects.append(Reject(position + at, data[at:], "torn"))
        at = len(data)
    return Read(records, rejects, position + at)


def _queue_record(position: int, line: bytes) -> tuple[QueueRecord | None, str]:
    if not (match := _LINE.fullmatch(line.removesuffix(b"\r"))):
        return None, "garbage"
    time, callid, queue, agent, event, rest = match.groups()
    data = () if rest is None else tuple(rest.split(b"|"))
    head = _LINE_HEAD.search(line, 1)
    if head and (head.start() < match.start(5) or len(data) > _DATA_FIELDS.get(event, 12)):
        return None, "torn"
    at = _EPOCH + timedelta(seconds=int(time))
    texts = tuple(map(_clean, data))
    return QueueRecord(
        position, at, callid.decode(), _clean(queue), _clean(agent), event.decode(), texts
    ), ""


def note(extra: str) -> dict[str, str]:
    """What a user event of ours says: ``gen=7;did=4008001234`` (docs/names.md, "User events in
    CEL").

    ``extra`` is CEL's EventExtra, JSON of the form ``{"extra":"…"}`` whose text needs no escapes;
    anything else gives an empty dict.
    """
    if not (extra.startswith('{"extra":"') and extra.endswith('"}')) or "\\" in extra:
        return {}
    pairs = (part.partition("=") for part in extra[10:-2].split(";"))
    return {key: value for key, equals, value in pairs if equals}

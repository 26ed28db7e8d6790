"""What a call's records tell, read in their order: legs, notes, who talked when (``assemble.py``
makes a call of it)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from linebox.asterisk import names
from linebox.asterisk.journals import CelRecord, note
from linebox.features.calls.bridges import Bridges, extra
from linebox.features.calls.model import Event, Message, RecordingNote
from linebox.features.calls.notes import spelled_out

_ENDPOINT = re.compile(r"[A-Za-z]+/(.+)-[0-9a-f]{8}(?:;[12])?")
_CAUSE = re.compile(r'"hangupcause":(\d{1,3})')
_NUMBER = re.compile(r"[0-9+*#]{1,40}")
_FILE = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z_./-]{0,198}")
#: The user events a call's events repeat; log-ins belong to agents, not to calls.
_NOTES = frozenset(
    {
        "LB_ENTRY",
        "LB_ROUTE",
        "LB_LIST",
        "LB_MENU",
        "LB_LOOKUP",
        "LB_REC",
        "LB_QUEUE",
        "LB_CONNECT",
        "LB_RATING",
        "LB_TRANSFER",
        "LB_VM",
        "LB_DENY",
    }
)


@dataclass(slots=True)
class TaleLeg:
    first: CelRecord
    number: str
    agent: str = ""
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    cause: int | None = None
    bridged: bool = False
    lost: bool = False

    @property
    def endpoint(self) -> str:
        return endpoint(self.first)

    @property
    def device(self) -> str:
        """The interface that notes name it by: ``DAHDI/5`` of ``DAHDI/5-1``."""
        return self.first.channel.rpartition("-")[0]

    @property
    def is_trunks(self) -> bool:
        return self.endpoint.startswith("trunk-")


@dataclass(slots=True)
class Tale:
    """What is known while the records are read, in their order.

    ``caller``: the first channel. ``customer``: whose talk counts: the caller, or in a call out the
    trunk's channel, for that one stays when the phone that dialled transfers the call.
    """

    caller: str
    customer: str
    start: CelRecord
    legs: dict[str, TaleLeg] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    linkedids: dict[str, bool] = field(default_factory=dict)
    entry: dict[str, str] = field(default_factory=dict)
    entry_name: str | None = None
    dialled: dict[str, str] = field(default_factory=dict)
    transferred_to: str = ""
    transfers: list[tuple[Event, str, str]] = field(default_factory=list)
    bridges: Bridges = field(default_factory=Bridges)
    routes: list[str] = field(default_factory=list)
    keys: str = ""
    rating: int | None = None
    group_id: int | None = None
    agent: str | None = None
    extension: str | None = None
    joined_at: datetime | None = None
    left_at: datetime | None = None
    waiting: bool = False
    connected_at: datetime | None = None
    connected_leg: str | None = None
    last_leg: str | None = None
    recordings: dict[str, RecordingNote] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)

    def legs_is_trunks(self, uniqueid: str) -> bool:
        return uniqueid in self.legs and self.legs[uniqueid].is_trunks


def endpoint(first: CelRecord) -> str:
    """``PJSIP/8001-0000001a`` → ``8001``; a card's channel by its account code; anything else as it
    is."""
    if first.channel.startswith(names.CARDS) and first.account:
        return first.account
    match = _ENDPOINT.fullmatch(first.channel)
    return match[1] if match else first.channel


def read(tale: Tale, record: CelRecord) -> None:
    at, event = record.at, record.event
    tale.linkedids.setdefault(record.linkedid, False)
    leg = tale.legs.get(record.uniqueid)
    by_caller = record.uniqueid == tale.caller
    if leg is None:
        leg = tale.legs[record.uniqueid] = _new_leg(tale, record)
        fields = {"channel": record.channel} if by_caller else {"number": leg.number}
        tale.events.append(Event(at, "start" if by_caller else "ring", fields))
    match event:
        case "ANSWER":
            leg.answered_at = leg.answered_at or at
            if by_caller:
                tale.events.append(Event(at, "answer", {}))
        case "BRIDGE_ENTER":
            _joined(tale, record, leg)
        case "BRIDGE_EXIT":
            tale.bridges.leave(record.uniqueid, at)
        case "HANGUP":
            leg.ended_at = at
            tale.bridges.leave(record.uniqueid, at)
            cause = _CAUSE.search(record.extra)
            leg.cause = int(cause[1]) if cause else None
            if leg.cause == names.LINE_FREED and leg.is_trunks and names.analog(record.channel):
                trunk = leg.endpoint.removeprefix("trunk-")
                tale.events.append(Event(at, "freed", {"trunk": trunk}))
            if not by_caller:
                fields = {"number": leg.number, "cause": str(leg.cause or "")}
                tale.events.append(Event(at, "leg-end", fields))
        case "LINKEDID_END":
            tale.linkedids[record.linkedid] = True
        case "BLINDTRANSFER":
            tale.transferred_to = as_number(str(extra(record).get("extension", "")))
            told = Event(at, "transfer", {"kind": "blind", "by": "", "to": tale.transferred_to})
            tale.transfers.append((told, record.uniqueid, ""))
            tale.events.append(told)
        case "ATTENDEDTRANSFER":
            about = extra(record)
            target = str(about.get("transfer_target_channel_uniqueid", ""))
            # Nobody has answered yet: all that is known is what was dialled.
            asking = tale.legs.get(str(about.get("channel2_uniqueid", "")))
            dialled = tale.dialled.get(asking.first.linkedid, "") if asking else ""
            told = Event(at, "transfer", {"kind": "attended", "by": "", "to": dialled})
            tale.transfers.append((told, record.uniqueid, target))
            tale.events.append(told)
        case "LB_ENTRY" if tale.entry_name is not None:
            fields = note(record.extra)
            tale.dialled[record.linkedid] = fields.get("did", "")
            leg.agent = leg.agent or fields.get("agent", "")
            tale.events.append(Event(at, "consult", fields))
        case _ if event in _NOTES:
            for name, fields in spelled_out(event, _by_number(tale, note(record.extra))):
                tale.events.append(Event(at, name[3:].lower(), fields))
                _noted(tale, record, name, fields)
        case _:
            pass


def _by_number(tale: Tale, fields: dict[str, str]) -> dict[str, str]:
    """A telephone on a card, which the caller's side knows by its interface, by its number."""
    device = fields.get("ext", "")
    if not device.startswith(names.CARDS):
        return fields
    numbers = [leg.endpoint for leg in tale.legs.values() if leg.device == device]
    return {**fields, "ext": numbers[-1] if numbers else ""}


def _new_leg(tale: Tale, record: CelRecord) -> TaleLeg:
    """A channel's number: the phone's, or on a trunk whom it was to reach."""
    leg = TaleLeg(record, endpoint(record))
    if leg.is_trunks and tale.legs:
        leg.number = (
            tale.transferred_to or tale.dialled.get(record.linkedid) or tale.entry.get("did", "")
        ) or leg.number
        tale.transferred_to = ""
    return leg


def _joined(tale: Tale, record: CelRecord, leg: TaleLeg) -> None:
    """Two or more are together from now on."""
    met = tale.bridges.enter(record)
    if record.uniqueid != tale.caller:
        leg.bridged = True
        tale.connected_leg = tale.connected_leg or record.uniqueid
        tale.last_leg = record.uniqueid
        if leg.is_trunks and tale.connected_at is None and not tale.legs_is_trunks(tale.caller):
            tale.customer = record.uniqueid
    for meeting in met:
        other = meeting.with_(tale.customer)
        if other is None:
            continue
        tale.connected_at = tale.connected_at or record.at
        tale.waiting = False
        tale.events.append(Event(record.at, "talk", {"with": tale.legs[other].number}))


def _noted(tale: Tale, record: CelRecord, name: str, fields: dict[str, str]) -> None:
    at = record.at
    match name:
        case "LB_ENTRY":
            tale.entry, tale.entry_name = fields, record.cid_name
            tale.dialled[record.linkedid] = fields.get("did", "")
            tale.legs[record.uniqueid].agent = fields.get("agent", "")
        case "LB_ROUTE":
            tale.routes.append(fields.get("to", ""))
        case "LB_MENU":
            key = fields.get("key", "none").removeprefix("wrong:")
            if key != "none":
                tale.keys += key[:20]
        case "LB_REC":
            _recorded(tale, at, fields)
        case "LB_QUEUE":
            _queued(tale, at, fields)
        case "LB_CONNECT":
            if fields.get("agent"):
                tale.agent, tale.extension = fields["agent"], fields.get("ext") or None
                _name(tale, record.uniqueid, fields["agent"], tale.extension)
            tale.group_id = whole(fields.get("group"), 9999) or tale.group_id
        case "LB_RATING":
            value = whole(fields.get("value"), 5)
            tale.rating = value or tale.rating
        case "LB_VM":
            _left_message(tale, at, fields)
        case _:
            pass


def _name(tale: Tale, by: str, agent: str, extension: str | None) -> None:
    """Say who it was: noted by the phone's own channel, or by the caller about the last leg
    to that phone. A caller notes it late: another may have taken over meanwhile."""
    if by != tale.caller and by in tale.legs and tale.legs[by].number == extension:
        tale.legs[by].agent = agent
        return
    spoken = [meeting.with_(tale.customer) for meeting in tale.bridges.of(tale.customer)]
    named = [uid for uid in spoken if uid and tale.legs[uid].number == extension]
    if named:
        tale.legs[named[-1]].agent = agent
    elif tale.last_leg:
        tale.legs[tale.last_leg].agent = agent


def _queued(tale: Tale, at: datetime, fields: dict[str, str]) -> None:
    match fields.get("do"):
        case "join":
            tale.joined_at = tale.joined_at or at
            tale.waiting = True
            tale.group_id = whole(fields.get("group"), 9999) or tale.group_id
        case "back":
            tale.waiting = True
        case "leave":
            # Who was transferred waits for somebody as one in a queue does.
            tale.waiting, tale.left_at = fields.get("status") == "transfer", at
            if fields.get("status") == "lost" and tale.last_leg:
                tale.legs[tale.last_leg].lost = True
        case _:
            pass


def _recorded(tale: Tale, at: datetime, fields: dict[str, str]) -> None:
    file = _stem(fields.get("file", ""))
    if file is None:
        return
    known = tale.recordings.get(file)
    if fields.get("do") == "start":
        begun = known.started_at if known else at
        tale.recordings[file] = RecordingNote(file=file, started_at=begun, stopped_at=None)
    elif known:
        tale.recordings[file] = RecordingNote(file=file, started_at=known.started_at, stopped_at=at)


def _left_message(tale: Tale, at: datetime, fields: dict[str, str]) -> None:
    file = _stem(fields.get("file", ""))
    length = fields.get("s", "")
    if file is None or length == "0":
        return
    tale.messages[file] = Message(
        file=file,
        mailbox=whole(fields.get("box"), 99999) or 0,
        left_at=at,
        duration_s=float(length) if re.fullmatch(r"\d{1,5}(\.\d{1,6})?", length) else None,
    )


def _stem(file: str) -> str | None:
    """A path without its ending; ``None`` for one that would lead out of the folder."""
    if not _FILE.fullmatch(file) or ".." in file or "//" in file:
        return None
    for ending in (".raw", ".alaw", ".wav", ".opus"):
        file = file.removesuffix(ending)
    return file


def whole(text: str | None, most: int) -> int | None:
    """A whole number from 0 to ``most``; ``None`` for anything else."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 9:
        return None
    return int(text) if int(text) <= most else None


def as_number(text: str) -> str:
    """An unfiltered number made safe as the dialplan's filter does it: true or ``invalid``, never
    mended."""
    if not text:
        return ""
    return text if _NUMBER.fullmatch(text) else "invalid"

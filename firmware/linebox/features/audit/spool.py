"""What the audit keeps outside the database: entries that wait for it, and the last row's hash.

All in one folder of webd's own. An entry is on the disk before the answer leaves, so a killed webd
or a dead database loses none; once filed it goes. The number that wait is bounded (``MOST``).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from linebox.base.errors import Unavailable
from linebox.base.files import write_whole
from linebox.features.audit.model import Entry, Head

log = logging.getLogger(__name__)

#: Entries that may wait for the database; then changes are refused until it is back.
MOST: Final = 50_000


def to_json(entry: Entry) -> str:
    """An entry as a line."""
    return json.dumps(
        {
            "id": entry.id,
            "at": entry.at.isoformat(),
            "who": entry.who,
            "role": entry.role,
            "address": entry.address,
            "what": entry.what,
            "subject": entry.subject,
            "outcome": entry.outcome,
            "status": entry.status,
            "detail": dict(entry.detail),
        },
        ensure_ascii=False,
    )


def of_json(text: str | bytes) -> Entry:
    """Raises ``ValueError``, ``KeyError``, ``TypeError``, ``AttributeError`` for anything else."""
    said = json.loads(text)
    return Entry(
        id=str(said["id"]),
        at=datetime.fromisoformat(said["at"]).astimezone(UTC),
        who=str(said["who"]),
        role=str(said["role"]),
        address=str(said["address"]),
        what=str(said["what"]),
        subject=str(said["subject"]),
        outcome=str(said["outcome"]),
        status=int(said["status"]),
        detail={str(key): str(one) for key, one in said["detail"].items()},
    )


_BAD: Final = (ValueError, KeyError, TypeError, AttributeError)


class Spool:
    """``begun`` entries wait for their end, ``ended`` ones for the database, in their order."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "audit-waits"
        self._head = folder / "audit-head"
        #: Where root's own tools lay entries, a file each.
        self.inbox = folder / "audit-in"
        self._begun: dict[str, Entry] = {}
        self._ended: dict[str, Entry] = {}
        self._load()

    def __len__(self) -> int:
        return len(self._begun) + len(self._ended)

    @property
    def unfiled(self) -> int:
        """Those that only wait for the database."""
        return len(self._ended)

    def begin(self, entry: Entry) -> None:
        """On the disk before what it tells of is done. Raises ``Unavailable``: ``audit-full``,
        ``disk-refused``."""
        if len(self) >= MOST:
            raise Unavailable("audit-full", count=MOST)
        self._add(replace(entry, outcome="begun"))
        self._begun[entry.id] = entry

    def end(self, entry: Entry) -> None:
        """How it went, also of one that never began here. Raises ``Unavailable``."""
        if entry.id not in self._begun and len(self) >= MOST:
            raise Unavailable("audit-full", count=MOST)
        self._add(entry)
        self._begun.pop(entry.id, None)
        self._ended[entry.id] = entry

    def drop(self, id_: str) -> None:
        """It came to nothing: nothing was changed."""
        if self._begun.pop(id_, None) is not None and not self:
            self._rewrite()

    def waiting(self, most: int = 500) -> list[Entry]:
        """The oldest that can be filed."""
        return list(self._ended.values())[:most]

    def filed(self, entries: Iterable[Entry]) -> None:
        """These are in the database."""
        for one in entries:
            self._ended.pop(one.id, None)
        if not self._ended:
            self._rewrite()

    def take_in(self) -> None:
        """What root's tools laid down waits with the rest."""
        try:
            found = sorted(self.inbox.glob("*.json"))
        except OSError:
            return
        for file in found:
            try:
                self.end(of_json(file.read_bytes()))
                file.unlink()
            except (OSError, *_BAD, Unavailable) as error:
                log.warning("%s isn't taken into the audit: %s", file, error)

    def head(self, key: bytes) -> Head | None:
        """The last row's number and hash; None when the file isn't there or isn't ours."""
        try:
            text = self._head.read_text("ascii")
        except (OSError, ValueError):
            return None
        match = re.fullmatch(r"([1-9][0-9]{0,17}) ([0-9a-f]{64}) ([0-9a-f]{64})\n", text)
        if match is None or not hmac.compare_digest(match[3], _seal(key, match[1], match[2])):
            return None
        return Head(n=int(match[1]), hash=bytes.fromhex(match[2]))

    def set_head(self, key: bytes, head: Head) -> None:
        """Whole or not at all, and on the disk. Raises ``Unavailable("disk-refused")``."""
        n, hashed = str(head.n), head.hash.hex()
        self._write(self._head, f"{n} {hashed} {_seal(key, n, hashed)}\n")

    def _load(self) -> None:
        try:
            lines = self._file.read_bytes().splitlines()
        except OSError:
            return
        for line in lines:
            try:
                entry = of_json(line)
            except _BAD:
                continue  # a power cut's torn last line
            if entry.outcome == "begun":
                self._begun[entry.id] = entry
            else:
                self._begun.pop(entry.id, None)
                self._ended[entry.id] = entry
        for id_, entry in self._begun.items():
            self._ended[id_] = replace(entry, outcome="unknown")
        self._begun.clear()

    def _add(self, entry: Entry) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with self._file.open("a", encoding="utf-8") as file:
                file.write(to_json(entry) + "\n")
        except OSError as error:
            raise Unavailable("disk-refused", reason=str(error)) from error

    def _rewrite(self) -> None:
        """Only what still waits."""
        lines = [to_json(replace(one, outcome="begun")) for one in self._begun.values()]
        lines += [to_json(one) for one in self._ended.values()]
        try:
            self._write(self._file, "".join(line + "\n" for line in lines))
        except Unavailable as error:
            log.warning("the audit's waiting list can't be made shorter: %s", error)

    def _write(self, file: Path, text: str) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(file, text, lasting=bool(text))
        except OSError as error:
            raise Unavailable("disk-refused", reason=str(error)) from error


def _seal(key: bytes, n: str, hashed: str) -> str:
    return hmac.digest(key, f"audit-head:{n}:{hashed}".encode(), hashlib.sha256).hex()


def leave(folder: Path, entry: Entry) -> None:
    """Lay down what one of root's tools did, for webd to take in. Raises ``OSError``."""
    owner, inbox = folder.stat(), folder / "audit-in"
    inbox.mkdir(mode=0o700, exist_ok=True)
    os.chown(inbox, owner.st_uid, owner.st_gid)
    write_whole(
        inbox / f"{entry.id}.json",
        to_json(entry),
        owner=(owner.st_uid, owner.st_gid),
        lasting=False,
    )

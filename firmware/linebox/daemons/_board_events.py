"""boardd's events, numbered from the kernel's start: kept for a while, sent to who listens.

They lie in ``/run`` too, with the words that were told last: a boardd that was killed is followed
by one with the same numbers, which tells what changed meanwhile. None is lost, none is doubled.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from linebox.base.files import write_whole
from linebox.base.shapes import render
from linebox.daemons._board_picture import Change

log = logging.getLogger(__name__)

_KEPT: Final = 2000
#: An empty line, so that who is gone is noticed.
_STILL_EVERY_S: Final = 10.0


class Events:
    """Told by one thread, read by any number of others. ``folder`` lies in ``/run``; None: what is
    told is forgotten with this process."""

    def __init__(self, began_at: datetime, folder: Path | None = None) -> None:
        self._start = {"start": render(began_at), "id": secrets.token_hex(4)}
        self._kept: deque[tuple[int, bytes]] = deque(maxlen=_KEPT)
        self._n = 0
        self._told = threading.Condition()
        #: What each card, span and port was told to be last.
        self.words: Mapping[str, str] = {}
        self._log = folder / "events.jsonl" if folder else None
        self._words = folder / "told.json" if folder else None
        self._logged = 0
        self._go_on()

    def tell(self, changes: Sequence[Change], words: Mapping[str, str] | None = None) -> None:
        """``words``: all of them, when ``changes`` are told."""
        if changes:
            with self._told:
                new = [self._line(self._n + n, one) for n, one in enumerate(changes, 1)]
                self._write(b"".join(line for _, line in new))
                self._kept.extend(new)
                self._n += len(new)
                self._told.notify_all()
        if words is not None and words != self.words:
            self.words = dict(words)
            self._save()

    @property
    def last(self) -> int:
        """The newest one's number."""
        return self._n

    def wait(self, after: int, timeout_s: float) -> None:
        """Until there is another newest one than ``after``."""
        with self._told:
            self._told.wait_for(lambda: self._n != after, timeout_s)

    def lines(self, after: int) -> Iterator[bytes]:
        """The start, each event above ``after`` that is kept, then each as it comes, for ever.

        Who finds a gap in the numbers, or another start, asks for the whole picture.
        """
        yield _line({**self._start, "last": self._n})
        while True:
            with self._told:
                if self._n <= after:
                    self._told.wait(_STILL_EVERY_S)
                waiting = [line for n, line in self._kept if n > after]
                after = self._n
            yield from waiting or (b"\n",)

    @staticmethod
    def _line(n: int, one: Change) -> tuple[int, bytes]:
        told = {
            "n": n,
            "at": render(one.at),
            "what": one.what,
            "key": one.key,
            "was": one.was,
            "is": one.is_,
        }
        return n, _line(told)

    # -- over a start -------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Where a boardd before this one, of the same boot, was killed."""
        if self._log is None or self._words is None:
            return
        try:
            told = json.loads(self._words.read_text("utf-8"))
            self._start = {"start": str(told["start"]), "id": str(told["id"])}
            self._n, words = int(told["n"]), dict(told["words"])
            lines = self._log.read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            self._begin()
            return
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.error("what was told can't be understood, begun anew: %s", error)
            self._begin()
            return
        newest = self._n
        for line in lines:
            try:
                said = json.loads(line)
                n, key, is_ = int(said["n"]), str(said["key"]), str(said["is"])
            except (ValueError, KeyError, TypeError):
                continue  # it was killed while it wrote: nobody has heard of it
            self._kept.append((n, line))
            if n > newest:
                self._n, words[key] = n, is_
        self.words = words
        self._logged = _KEPT  # written anew at the next event, without a torn end
        self._save()

    def _begin(self) -> None:
        if self._log is not None:
            self._log.parent.mkdir(parents=True, exist_ok=True)
            self._log.write_bytes(b"")
        self._save()

    def _write(self, lines: bytes) -> None:
        """Appended; now and then the file is made anew of those that are kept."""
        if self._log is None:
            return
        try:
            if self._logged >= _KEPT:
                write_whole(self._log, b"".join(line for _, line in self._kept), lasting=False)
                self._logged = 0
            with self._log.open("ab", buffering=0) as file:
                file.write(lines)
            self._logged += lines.count(b"\n")
        except OSError as error:
            log.error("events can't be written: %s", error)

    def _save(self) -> None:
        if self._words is None:
            return
        said = {**self._start, "n": self._n, "words": self.words}
        try:
            write_whole(self._words, json.dumps(said, ensure_ascii=False), lasting=False)
        except OSError as error:
            log.error("what was told can't be written: %s", error)


def _line(item: object) -> bytes:
    return json.dumps(item, ensure_ascii=False).encode() + b"\n"

"""boardd's events, numbered from its start: kept for a while, sent to who listens."""

from __future__ import annotations

import json
import secrets
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from linebox.base.shapes import render
from linebox.daemons._board_picture import Change

_KEPT: Final = 2000
#: An empty line, so that who is gone is noticed.
_STILL_EVERY_S: Final = 10.0


class Events:
    """Told by one thread, read by any number of others."""

    def __init__(self, began_at: datetime) -> None:
        self._start = {"start": render(began_at), "id": secrets.token_hex(4)}
        self._kept: deque[tuple[int, bytes]] = deque(maxlen=_KEPT)
        self._n = 0
        self._told = threading.Condition()

    def tell(self, changes: Sequence[Change]) -> None:
        if not changes:
            return
        with self._told:
            for one in changes:
                self._n += 1
                line = {
                    "n": self._n,
                    "at": render(one.at),
                    "what": one.what,
                    "key": one.key,
                    "was": one.was,
                    "is": one.is_,
                }
                self._kept.append((self._n, _line(line)))
            self._told.notify_all()

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


def _line(item: object) -> bytes:
    return json.dumps(item, ensure_ascii=False).encode() + b"\n"

"""Who is kept out: guardd writes a file, calld tells it as alarms; no database between."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from linebox.base.files import write_whole

log = logging.getLogger(__name__)

#: The address guessed SIP passwords, or knocked where scanners look: codes of the alarms.
GUESSING, SCANNING = "sip-guessing", "sip-scanning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Banned:
    """``code`` says why, ``count`` is how many failures or packets there were."""

    address: str
    code: str
    since: datetime
    count: int


def write(path: Path, banned: Iterable[Banned]) -> None:
    """Whole or not at all; the owner's group may read it."""
    rows = [[one.address, one.code, one.since.timestamp(), one.count] for one in banned]
    write_whole(path, json.dumps(rows), lasting=False)


def read(path: Path) -> tuple[Banned, ...]:
    """The oldest first. Reads a file: call it in a thread."""
    try:
        rows = json.loads(path.read_text("utf-8"))
        found = [
            Banned(
                address=str(address),
                code=str(code),
                since=datetime.fromtimestamp(float(since), UTC),
                count=int(count),
            )
            for address, code, since, count in rows
        ]
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError) as error:
        log.warning("%s can't be read: %s", path, error)
        return ()
    return tuple(sorted(found, key=lambda one: one.since))

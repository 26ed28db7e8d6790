"""The owner's second factors: in a file, as the owner's account is: they need no database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from linebox.base.errors import Unavailable
from linebox.base.files import write_whole
from linebox.features.accounts.model import Factor, FactorKind


class OwnersFactors:
    """Read each time, so what root's tool takes away is gone at once."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> tuple[Factor, ...]:
        """Raises ``Unavailable("owners-factors-unread")`` for a file that isn't whole: then nobody
        gets in by the password alone."""
        try:
            return tuple(
                Factor(
                    id=int(one["id"]),
                    kind=FactorKind(one["kind"]),
                    name=str(one["name"]),
                    host=str(one["host"]),
                    secret=str(one["secret"]),
                    count=int(one["count"]),
                    made_at=datetime.fromisoformat(one["made_at"]).astimezone(UTC),
                    used_at=_moment(one["used_at"]),
                )
                for one in json.loads(self._file.read_bytes())["factors"]
            )
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Unavailable("owners-factors-unread", reason=str(error)) from error

    def add(self, factors: Sequence[Factor]) -> None:
        """New ones. Raises ``Unavailable``."""
        there = self.read()
        free = max((one.id for one in there), default=0) + 1
        new = tuple(replace(one, id=free + n) for n, one in enumerate(factors))
        self._write((*there, *new))

    def use(self, factor: Factor, count: int, at: datetime) -> bool:
        """It was used; a recovery code is gone. False: it was before, or isn't there."""
        there = self.read()
        mine = next((one for one in there if one.id == factor.id), None)
        if mine is None:
            return False
        rest = tuple(one for one in there if one.id != factor.id)
        if mine.kind is FactorKind.RECOVERY:
            self._write(rest)
            return True
        if count <= mine.count and not (mine.kind is FactorKind.PASSKEY and count == 0):
            return False
        self._write((*rest, replace(mine, count=count, used_at=at)))
        return True

    def drop(self, ids: Sequence[int]) -> None:
        """These are no more. Raises ``Unavailable``."""
        self._write(tuple(one for one in self.read() if one.id not in ids))

    def _write(self, factors: Sequence[Factor]) -> None:
        text = json.dumps(
            {
                "factors": [
                    {
                        "id": one.id,
                        "kind": one.kind,
                        "name": one.name,
                        "host": one.host,
                        "secret": one.secret,
                        "count": one.count,
                        "made_at": one.made_at.isoformat(),
                        "used_at": one.used_at.isoformat() if one.used_at else None,
                    }
                    for one in sorted(factors, key=lambda one: one.id)
                ]
            }
        )
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._file, text, mode=0o600)
        except OSError as error:
            raise Unavailable("disk-refused", reason=str(error)) from error


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None

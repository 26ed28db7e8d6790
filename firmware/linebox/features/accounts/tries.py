"""Wrong passwords: counted for the address they come from and for the account they are meant for.

Each lock is longer than the last. The counts outlive a restart (``kept``), so that it forgives
nobody (SEC-1).
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final

#: Wrong tries from one address before it waits, and for one account before that does.
TRIES: Final = 5
TRIES_OF_ACCOUNT: Final = 40
_LOCK_S, _LOCK_CAP_S, _FORGET_S = 60.0, 900.0, 3600.0
_MOST: Final = 10_000


@dataclass(slots=True)
class _Count:
    wrong: int = 0
    last_at: float = 0.0
    locked_until: float = 0.0


class Tries:
    """All times are seconds since the epoch."""

    def __init__(self) -> None:
        self._of: dict[str, _Count] = {}

    def wait_s(self, address: str, login: str, now: float) -> int:
        """How long this address must wait before the next try for this account; 0 = it needn't."""
        if _is_loopback(address):
            return 0
        keys = (_place(address), *((f"account {login}",) if login else ()))
        until = max(self._of.get(key, _Count()).locked_until for key in keys)
        return max(0, int(until - now + 0.999))

    def left(self, address: str, now: float) -> int:
        """Wrong tries left before this address is locked; at least 1, as for a lock just over."""
        mine = self._of.get(_place(address), _Count())
        wrong = 0 if now - mine.last_at > _FORGET_S else mine.wrong
        return max(1, TRIES - wrong)

    def wrong(self, address: str, login: str, now: float) -> None:
        """One more wrong try."""
        for key, limit in ((_place(address), TRIES), (f"account {login}", TRIES_OF_ACCOUNT)):
            if key not in self._of and len(self._of) >= _MOST:
                self._of.pop(next(iter(self._of)))
            count = self._of.setdefault(key, _Count())
            if now - count.last_at > _FORGET_S:
                count.wrong = 0
            count.wrong, count.last_at = count.wrong + 1, now
            over = count.wrong - limit
            if over >= 0:
                count.locked_until = now + min(_LOCK_S * 2 ** min(over, 8), _LOCK_CAP_S)

    def right(self, address: str) -> None:
        """A right password: its address begins anew. The account doesn't: whoever guesses at it
        from elsewhere isn't forgiven by its owner's own log-in."""
        self._of.pop(_place(address), None)

    def kept(self) -> dict[str, list[float]]:
        """The counts as JSON data."""
        return {key: [one.wrong, one.last_at, one.locked_until] for key, one in self._of.items()}

    @classmethod
    def of(cls, kept: dict[str, list[float]]) -> Tries:
        """Raises ``ValueError``, ``TypeError``, ``AttributeError`` for anything else."""
        made = cls()
        for key, (wrong, last_at, locked_until) in kept.items():
            made._of[str(key)] = _Count(int(wrong), float(last_at), float(locked_until))
        return made


def _place(address: str) -> str:
    """Whose tries count together: an IPv4 address, or an IPv6 network of one household (/64)."""
    try:
        there = ip_address(address)
    except ValueError:
        return address
    if there.version == 4:
        return str(there)
    if there.ipv4_mapped:
        return str(there.ipv4_mapped)
    return str(ip_network((there, 64), strict=False))


def _is_loopback(address: str) -> bool:
    """The box's own programs and the maker of the box at its console are slowed, never locked."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False

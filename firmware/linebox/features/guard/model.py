"""Counting failed log-ins by address: pure, so that its rule can be read and tried (SEC-2)."""

from __future__ import annotations

import ipaddress
from collections import deque
from dataclasses import dataclass, field

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: So many failures in so many seconds; the ban must come within 10 tries.
FAILURES = 6
WITHIN_S = 600.0
BAN_S = 3600
#: So many packets within ten minutes to ports where nothing of ours listens but scanners look. A
#: telephone set to a wrong port or to TCP tries for ever too: the alarm names that.
KNOCKS = 20
#: Addresses remembered at once; a scan from more than these forgets the oldest.
REMEMBERED = 10_000

#: AMI's names of a wrong password, an unknown name, a wrong answer to the digest's challenge.
EVENTS = frozenset({"InvalidPassword", "InvalidAccountID", "ChallengeResponseFailed"})


def address_of(remote: str) -> Address | None:
    """The address in AMI's ``IPV4/UDP/192.0.2.7/5060``; None when there is none."""
    parts = remote.split("/")
    try:
        address = ipaddress.ip_address(parts[2] if len(parts) >= 3 else remote)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


@dataclass(slots=True)
class Guesses:
    """Failures of the last ``WITHIN_S``, by address."""

    _failures: dict[Address, deque[float]] = field(default_factory=dict)

    def failed(self, address: Address, *, now_s: float, trusted: frozenset[Address]) -> bool:
        """Note a failure at the monotonic time ``now_s``; True when it is to be banned now.

        Loopback and ``trusted`` addresses never are. After a ban counting begins anew.
        """
        if address.is_loopback or address in trusted:
            return False
        times = self._failures.pop(address, None) or deque(maxlen=FAILURES)
        times.append(now_s)
        if len(times) == FAILURES and now_s - times[0] <= WITHIN_S:
            return True
        self._failures[address] = times  # the last of the dict: the newest
        if len(self._failures) > REMEMBERED:
            del self._failures[next(iter(self._failures))]
        return False

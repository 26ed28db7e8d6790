"""What a party does, as the dialplan reads it: ``wait:2-key:1-wait:60`` (extensions.conf)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from linebox.base.errors import InputError

#: Pressed so long after the answer when a key names no moment.
FIRST_KEY_S = 2.0
#: Between keys that name no moment.
NEXT_KEY_S = 1.0
#: Nobody stays longer: the customer hangs up by itself.
MAX_STAY_S = 3600.0
#: SendDTMF(…,250,160) takes this long in all, and this much for each digit.
_SEND_S, _DIGIT_S = 0.1, 0.41
_KEY = re.compile(r"([0-9A-D*#]{1,32})(?:@([0-9]{1,4}(?:\.[0-9]{1,3})?))?")


def parse_keys(keys: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """``["1", "2@7.5"]`` → keys with seconds after the answer, in order.

    Raises ``InputError("exchange-keys")`` for anything else or moments that go back.
    """
    timed: list[tuple[str, float]] = []
    for text in keys:
        match = _KEY.fullmatch(text)
        if match is None:
            raise InputError("exchange-keys", keys=text[:40])
        following = timed[-1][1] + NEXT_KEY_S if timed else FIRST_KEY_S
        timed.append((match[1], float(match[2]) if match[2] else following))
    if any(later[1] < earlier[1] for earlier, later in pairwise(timed)):
        raise InputError("exchange-keys", keys=" ".join(keys)[:40])
    return tuple(timed)


def customer(keys: Sequence[tuple[str, float]], talk_s: float | None) -> str:
    """Keys at their moments, then ``talk_s`` (None: until the other side ends) and away."""
    parts, at_s = [], 0.0
    for key, moment_s in keys:
        parts += [f"wait:{max(0.0, moment_s - at_s):.3f}", f"key:{key}"]
        at_s = max(moment_s, at_s) + _SEND_S + _DIGIT_S * len(key)
    return "-".join([*parts, f"wait:{MAX_STAY_S if talk_s is None else talk_s:.3f}"])


def log_in(agent: str, pin: str) -> str:
    """``*11``: staff number#, PIN# (docs/names.md, "Asterisk"); the PIN is never told to CEL."""
    return f"wait:1-key:{agent}#-wait:1-secret:{pin}#-wait:15"


def feature() -> str:
    """``*12 *13 *14``: listen until the box ends the call."""
    return "wait:15"

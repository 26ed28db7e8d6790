"""What is asked over HTTP, checked once: nothing unchecked reaches Asterisk.

All raise ``InputError``: ``exchange-call``, ``exchange-keys``, ``exchange-agents`` with the field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from linebox.base.errors import InputError
from linebox_exchange import numbers, steps
from linebox_exchange.phones import Behaviour, Phone, Phones

_NUMBER = re.compile(r"[0-9+*#]{1,32}")
_DIGITS = re.compile(r"[0-9]{1,16}")
_SECRET = re.compile(r"[!-~]{1,128}")
_HOST = re.compile(r"[0-9A-Za-z.-]{1,253}")
_LINE = re.compile(r"[a-z0-9]{1,16}(-[0-9]{1,3})?")
_FORBIDDEN_IN_NAME = set('"<>\\,;=|^$`')


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A customer's call. ``talk_s`` counts from the last key (without keys: from the answer), None:
    until the box ends it; ``with_agent_s`` counts from a practice agent's answer and wins;
    ``rating`` is pressed ``rating_after_s`` after that agent's leg ended; ``ring_s``: patience;
    ``line``: by which of the lines that the exchange has beside SIP (``paths.LINES``)."""

    caller: str
    called: str
    name: str
    keys: tuple[tuple[str, float], ...]
    talk_s: float | None
    with_agent_s: float | None
    rating: str
    rating_after_s: float
    ring_s: float
    listen: bool
    line: str = ""


def _refuse(code: str, field: str) -> InputError:
    return InputError(code, field=field)


def _text(body: Mapping[str, object], field: str, default: str, code: str) -> str:
    value = body.get(field)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _refuse(code, field)
    return str(value)


def _seconds(
    body: Mapping[str, object], field: str, default: float | None, code: str
) -> float | None:
    value = body.get(field, default)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 3600:
        raise _refuse(code, field)
    return float(value)


def call(body: object) -> Call:
    """The body of ``POST /calls``."""
    code = "exchange-call"
    if not isinstance(body, dict):
        raise _refuse(code, "body")
    caller, called = _text(body, "from", "", code), _text(body, "to", "", code)
    if caller != "anonymous" and not _NUMBER.fullmatch(caller):
        raise _refuse(code, "from")
    if not _NUMBER.fullmatch(called):
        raise _refuse(code, "to")
    name = _text(body, "name", "", code)
    if len(name) > 80 or not name.isprintable() or _FORBIDDEN_IN_NAME & set(name):
        raise _refuse(code, "name")
    rating = _text(body, "rating", "", code)
    if rating and not re.fullmatch(r"[0-9*#]{1,4}", rating):
        raise _refuse(code, "rating")
    line = _text(body, "line", "", code)
    if line and not _LINE.fullmatch(line):
        raise _refuse(code, "line")
    keys = body.get("keys") or []
    keys = keys.split() if isinstance(keys, str) else keys
    if not isinstance(keys, list) or len(keys) > 32 or not all(isinstance(k, str) for k in keys):
        raise _refuse("exchange-keys", "keys")
    ring_s, rating_after_s = (
        _seconds(body, "ring_s", 60.0, code),
        _seconds(body, "rating_after_s", 2.0, code),
    )
    return Call(
        caller=caller,
        called=called,
        name=name,
        keys=steps.parse_keys(keys),
        talk_s=_seconds(body, "talk_s", None, code),
        with_agent_s=_seconds(body, "with_agent_s", None, code),
        rating=rating,
        rating_after_s=2.0 if rating_after_s is None else rating_after_s,
        ring_s=60.0 if ring_s is None else ring_s,
        listen=body.get("listen") is True,
        line=line,
    )


def phone(body: object, slot: int) -> Phone:
    """One of ``phones`` in ``POST /agents``."""
    code = "exchange-agents"
    if not isinstance(body, dict):
        raise _refuse(code, "phones")
    fields = {name: _text(body, name, "", code) for name in ("ext", "secret", "agent", "pin")}
    for name, pattern, needed in (
        ("ext", _DIGITS, True),
        ("secret", _SECRET, True),
        ("agent", _DIGITS, False),
        ("pin", _DIGITS, False),
    ):
        if (fields[name] or needed) and not pattern.fullmatch(fields[name]):
            raise _refuse(code, name)
    if ";" in fields["secret"]:
        raise _refuse(code, "secret")  # begins a comment in Asterisk's files
    return behaving(
        Phone(
            slot=slot,
            ext=fields["ext"],
            secret=fields["secret"],
            agent=fields["agent"],
            pin=fields["pin"],
        ),
        body,
    )


def behaving(known: Phone, body: Mapping[str, object]) -> Phone:
    """``known`` with the behaviour that ``body`` names; what it leaves out stays."""
    code = "exchange-agents"
    behaviour = _text(body, "behaviour", known.behaviour, code)
    if behaviour not in tuple(Behaviour):
        raise _refuse(code, "behaviour")
    ring_s = _seconds(body, "ring_s", known.ring_s, code)
    return Phone(
        ext=known.ext,
        secret=known.secret,
        slot=known.slot,
        agent=known.agent,
        pin=known.pin,
        behaviour=Behaviour(behaviour),
        ring_s=known.ring_s if ring_s is None else ring_s,
        talk_s=_seconds(body, "talk_s", known.talk_s, code),
    )


def phones(body: object, default_registrar: str) -> Phones:
    """The body of ``POST /agents``: replaces all practice phones."""
    code = "exchange-agents"
    if not isinstance(body, dict) or not isinstance(body.get("phones"), list):
        raise _refuse(code, "phones")
    registrar = _text(body, "registrar", default_registrar, code)
    if not _HOST.fullmatch(registrar):
        raise _refuse(code, "registrar")
    if len(body["phones"]) > numbers.PHONES:
        raise InputError(code, field="phones", limit=numbers.PHONES)
    all_phones = tuple(phone(each, slot) for slot, each in enumerate(body["phones"]))
    if len({each.ext for each in all_phones}) != len(all_phones):
        raise _refuse(code, "ext")
    return Phones(registrar=registrar, phones=all_phones)

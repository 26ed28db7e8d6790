"""Errors as HTTP answers: a state and ``{"code", "fields", "zh", "en"}``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from linebox.base.errors import InputError, LineboxError, Unavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """What happened and what to do, in both languages; ``code`` never changes.

    For ``invalid-input``, ``fields.problems`` is a list of ``{"field", "code", "zh", "en"}``.
    """

    code: str
    fields: Mapping[str, object]
    zh: str
    en: str


_STATES: Mapping[str, int] = {
    "account-disabled": 403,
    "agent-changed": 409,
    "agent-no-groups": 409,
    "agent-not-in": 409,
    "agent-not-in-group": 409,
    "agent-only-group": 409,
    "already-exists": 409,
    "bad-range": 416,
    "block-in-settings": 409,
    "body-too-large": 413,
    "can-not-undo": 409,
    "card-present": 409,
    "changed-by-other": 412,
    "changed-since": 409,
    "database-busy": 503,
    "factor-demanded": 409,
    "follow-up-closed": 409,
    "follow-up-not-closed": 409,
    "follow-up-taken": 409,
    "generation-busy": 409,
    "in-use": 409,
    "learn-needs-number": 409,
    "learn-needs-two": 409,
    "line-in-use": 409,
    "line-test-running": 409,
    "locked": 429,
    "method-not-allowed": 405,
    "no-factor": 409,
    "generation-gone": 404,
    "no-recording": 404,
    "not-allowed": 403,
    "not-found": 404,
    "not-logged-in": 401,
    "not-set-up": 409,
    "not-testable": 409,
    "number-on-card": 409,
    "own-account": 409,
    "owner-password-chosen": 409,
    "passkey-refused": 409,
    "password-must-change": 409,
    "peer-timeout": 504,
    "phone-not-registered": 409,
    "precondition-missing": 428,
    "recording-missing": 404,
    "recording-removed": 404,
    "recording-not-ready": 409,
    "trial-running": 409,
    "take-running": 409,
    "restart-cuts-calls": 409,
    "role-built-in": 409,
    "second-factor": 409,
    "span-in-use": 409,
    "step-over": 409,
    "update-cuts-calls": 409,
    "update-no-slots": 409,
    "update-no-way-back": 409,
    "update-on-trial": 409,
    "update-under-way": 409,
    "wrong-code": 401,
    "wrong-media-type": 415,
    "wrong-origin": 403,
    "wrong-password": 401,
}


def status(error: LineboxError) -> int:
    """The HTTP state of an error: its own, else by its kind."""
    if error.code in _STATES:
        return _STATES[error.code]
    match error:
        case InputError():
            return 422
        case Unavailable():
            return 503
        case _:
            return 500

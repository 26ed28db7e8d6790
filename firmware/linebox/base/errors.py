"""Errors with a stable code, told to people in their language (docs/names.md, "Errors")."""

from __future__ import annotations


class LineboxError(Exception):
    """Something went wrong that has a name.

    ``code`` is stable kebab-case; its sentences in zh and en live in ``base/messages.toml`` and say
    what happened and what to do. ``fields`` fill the sentence and are safe to show: no secrets.
    """

    def __init__(self, code: str, **fields: object) -> None:
        super().__init__(code, fields)
        self.code = code
        self.fields = fields

    def __str__(self) -> str:
        if not self.fields:
            return self.code
        return f"{self.code} ({', '.join(f'{k}={v!r}' for k, v in self.fields.items())})"


class InputError(LineboxError):
    """The caller's fault: asking again the same way fails again (HTTP 4xx)."""


class Unavailable(LineboxError):
    """A peer is gone or slow: the same call may succeed later (HTTP 503)."""


class DeviceError(LineboxError):
    """Hardware answered wrongly or not at all."""


class ConfigError(LineboxError):
    """A file of ours is wrong; ``fields`` hold ``file`` and, where known, ``line``."""

"""Logging for daemons: one line to stderr with a journald priority prefix and fields as words.

journald reads ``<N>`` in front of a line as its priority (sd-daemon(3)), so no library is needed.
"""

from __future__ import annotations

import logging
import sys

_PRIORITY = {
    logging.DEBUG: 7,
    logging.INFO: 6,
    logging.WARNING: 4,
    logging.ERROR: 3,
    logging.CRITICAL: 2,
}


class _JournalFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        prefix = f"<{_PRIORITY.get(record.levelno, 6)}>"
        return "\n".join(prefix + line for line in text.splitlines() or [""])


def setup(level: int = logging.INFO) -> None:
    """Send the root logger to stderr for journald. Never log secrets, PINs or DTMF."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JournalFormatter("%(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)


def masked(number: str) -> str:
    """A telephone number fit for a log: 139****1111; short numbers stay as they are."""
    return f"{number[:3]}****{number[-4:]}" if len(number) >= 9 else number

"""Limits and voices of the exchange: plain figures that several modules share."""

from __future__ import annotations

#: The carrier's trunk to the box, both directions together (extensions.conf, X_TRUNK_CHANNELS).
TRUNK_CHANNELS = 30
#: Practice phones; each has a SIP port of its own, FIRST_PHONE_PORT + slot.
PHONES = 60
FIRST_PHONE_PORT = 5101
#: Voices of customers and of practice phones.
CUSTOMER_VOICES = 30
AGENT_VOICES = PHONES


def customer_tone_hz(voice: int) -> int:
    """The tone under a customer's words: 2120 to 2584 Hz, clear of CED (2100) and of speech."""
    return 2120 + 16 * voice


def agent_tone_hz(slot: int) -> int:
    """The tone under a practice agent's words: 2700 to 2995 Hz."""
    return 2700 + 5 * slot

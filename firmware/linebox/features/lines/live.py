"""Phones and trunks that can be reached (ACD-13): device states, as Asterisk sees them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from linebox.asterisk.ami import Message
from linebox.asterisk.names import CARDS


class Device(StrEnum):
    """A device's state, in AMI's words (``ast_devstate_str``), of which these matter here."""

    IDLE = "NOT_INUSE"
    TALKING = "INUSE"
    BUSY = "BUSY"
    ON_HOLD = "ONHOLD"
    RINGING = "RINGING"
    RINGING_AND_TALKING = "RINGINUSE"
    AWAY = "UNAVAILABLE"
    INVALID = "INVALID"
    UNKNOWN = "UNKNOWN"


#: The same in the words of ``PJSIPShowEndpoints`` (``ast_devstate2str``).
_TOLD = {
    "Not in use": Device.IDLE,
    "In use": Device.TALKING,
    "Busy": Device.BUSY,
    "On Hold": Device.ON_HOLD,
    "Ringing": Device.RINGING,
    "Ring+Inuse": Device.RINGING_AND_TALKING,
    "Unavailable": Device.AWAY,
    "Invalid": Device.INVALID,
}

TALKS = frozenset((Device.TALKING, Device.BUSY, Device.ON_HOLD, Device.RINGING_AND_TALKING))


@dataclass(frozen=True, slots=True)
class Devices:
    """States by interface (``PJSIP/8001``, ``PJSIP/trunk-exchange``)."""

    states: Mapping[str, Device] = field(default_factory=dict)

    def reachable(self, interface: str) -> bool:
        """False for a phone without registration and for a trunk that doesn't answer. A card's
        port, of which Asterisk only tells that it is in use, is reachable."""
        unheard = Device.UNKNOWN if interface.startswith(CARDS) else Device.INVALID
        return self.states.get(interface, unheard) not in (Device.AWAY, Device.INVALID)


def trunk_interface(name: str) -> str:
    return f"PJSIP/trunk-{name}"


def after(devices: Devices, event: Message) -> Devices:
    """The states after ``DeviceStateChange``."""
    if event.name != "DeviceStateChange" or not event["Device"].startswith(("PJSIP/", CARDS)):
        return devices
    state = _state(event["State"])
    if devices.states.get(event["Device"]) is state:
        return devices
    return Devices({**devices.states, event["Device"]: state})


def snapshot(before: Devices, endpoints: Iterable[Message]) -> Devices:
    """The states by ``PJSIPShowEndpoints``, which knows every endpoint, also one never seen; of
    cards' ports as they were told last."""
    of_cards = {at: state for at, state in before.states.items() if at.startswith(CARDS)}
    return Devices(
        of_cards
        | {
            f"PJSIP/{message['ObjectName']}": _TOLD.get(message["DeviceState"], Device.UNKNOWN)
            for message in endpoints
        }
    )


def _state(word: str) -> Device:
    return Device(word) if word in Device else Device.UNKNOWN

"""Runs inside the machine: telephones at the box's FXS ports, played on the far sides of its local spans.

``telephones_bench.py NAME [ARGUMENT...]`` does one thing and prints what came of it as JSON; what it means is
test_telephones.py's to say. Only the standard library, numpy and linebox.hw.sim.exchange.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable

sys.path.insert(0, "/usr/lib/linebox/python")

import numpy as np

from linebox.hw.sim.exchange import sound
from linebox.hw.sim.exchange.channel import BLOCK, Channel, Event, Hook

type Array = np.ndarray[tuple[int, ...], np.dtype[np.float64 | np.int64]]

#: Longer than a dialled pulse, shorter than the port's ``flash_ms`` (600).
FLASH_S = 0.4
_RINGS_S, _TALKS_S = 90.0, 90.0


def asterisk(command: str, at: str = "/run/asterisk/asterisk.conf") -> str:
    done = subprocess.run(
        ["asterisk", "-C", at, "-rx", command], capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def until(what: str, probe: Callable[[], object], within_s: float) -> None:
    end = time.monotonic() + within_s
    while not probe():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.1)


def _as_mu_law() -> Array:
    """Amplitude of each byte (G.711)."""
    code = ~np.arange(256) & 0xFF
    size = (((code & 0xF) << 3) + 0x84 << (code >> 4 & 7)) - 0x84
    return np.where(code & 0x80, -size, size)


def _nearest(theirs: Array, ours: Array) -> bytes:
    return bytes(int(abs(ours - one).argmin()) for one in theirs)


#: DAHDI's local spans are in μ-law, the exchange's sound is in A-law: for bytes.translate.
_A, _MU = sound.decode(bytes(range(256))), _as_mu_law()
TO_LINE, FROM_LINE = _nearest(_A, _MU), _nearest(_MU, _A)


class Telephone(Channel):
    """One on DAHDI's channel ``number``, which the exchange's Asterisk has let go of."""

    def lift(self) -> None:
        self.hook(Hook.OFF)

    def hang_up(self) -> None:
        self.hook(Hook.ON)

    def flash(self) -> None:
        self.hook(Hook.ON)
        time.sleep(FLASH_S)
        self.hook(Hook.OFF)

    def listen(self, seconds: float) -> bytes:
        """What it hears from now on."""
        self.flush()
        heard, end = b"", time.monotonic() + seconds
        while (rest := end - time.monotonic()) > 0:
            self.wait(rest, to_read=True)
            self.event()
            heard += self.read().translate(FROM_LINE)
        return heard

    def dial(self, keys: str) -> None:
        """Returns when the last key is over."""
        silence = bytes([sound.SILENCE]).translate(TO_LINE)
        left = sound.dtmf(keys, on_s=0.12, off_s=0.12).translate(TO_LINE)
        while left:
            self.wait(0.2, to_write=True)
            self.event()
            if self.write(left[:BLOCK].ljust(BLOCK, silence)):
                left = left[BLOCK:]
        until("its keys are over", self.played, 30)

    def rung(self) -> bool:
        """Once: DAHDI tells the end of a ring as it tells a phone that is lifted."""
        return self.event() is Event.OFF_HOOK


def levels(heard: bytes, *hz: int) -> dict[str, float]:
    """Amplitude of each tone (of 32124), over all that was heard."""
    wave = sound.decode(heard)
    at = np.arange(len(wave)) / sound.RATE
    return {
        str(one): round(float(abs(np.exp(-2j * np.pi * one * at) @ wave)) * 2 / max(len(wave), 1))
        for one in hz
    }


def release(first: str, last: str) -> object:
    """The exchange's Asterisk gives these channels up; it has them again when it is restarted."""
    at = "/run/linebox-exchange/asterisk/asterisk.conf"
    return {"said": asterisk(f"dahdi destroy channels {first} {last}", at)}


def tone(number: str) -> object:
    """The dial tone's parts: 450 Hz always, 425 Hz beside it when messages wait (DAHDI's zone for China)."""
    with Telephone(int(number)) as phone:
        phone.lift()
        time.sleep(1)
        heard = phone.listen(2)
        phone.hang_up()
    return levels(heard, 450, 425)


def spill(number: str, within_s: str) -> object:
    """Seconds until the telephone, on hook, hears FSK of Bell 202; null: it never did."""
    began = time.monotonic()
    with Telephone(int(number)) as phone:
        while time.monotonic() - began < float(within_s):
            found = levels(phone.listen(0.25), 1200, 2200, 450)
            if min(found["1200"], found["2200"]) > 300 > found["450"]:
                return {"heard_s": round(time.monotonic() - began, 1), "levels": found}
    return {"heard_s": None}


def _talks(own: str) -> list[str]:
    """The channels in one bridge with a call on the box's channel ``own``."""
    rows = [row.split("!") for row in asterisk("core show channels concise").splitlines()]
    bridged = {row[0]: row[-2] for row in rows if len(row) > 13 and row[-2]}
    there = {bridge for name, bridge in bridged.items() if name.startswith(f"DAHDI/{own}-")}
    return [
        name
        for name, bridge in bridged.items()
        if bridge in there and not name.startswith(f"DAHDI/{own}-")
    ]


def transfer(near: str, far: str, own: str, other: str, extension: str, number: str) -> object:
    """The telephone on ``near`` (the box's channel ``own``) calls ``number``, flashes, asks ``extension`` (``far``,
    the box's ``other``) and hangs up. What each step came to; ``left``: outside talks to the other telephone."""
    told: dict[str, object] = {}
    with Telephone(int(near)) as first, Telephone(int(far)) as second:
        first.lift()
        time.sleep(1.5)
        first.dial(number)
        until("outside answers", lambda: _talks(own), _TALKS_S)
        [outside] = _talks(own)
        first.flash()
        told["dial_tone"] = levels(first.listen(1.5), 450)
        while second.event():
            pass
        first.dial(extension)
        until("the other rings", second.rung, _RINGS_S)
        second.lift()
        until(
            "they talk",
            lambda: any(one.startswith(f"DAHDI/{other}-") for one in _talks(own)),
            _TALKS_S,
        )
        first.hang_up()
        until("handed over", lambda: _talks(other) == [outside], _TALKS_S)
        told["left"] = True
        time.sleep(2)
        second.hang_up()
        until("all over", lambda: "!" not in asterisk("core show channels concise"), 60)
    return told


if __name__ == "__main__":
    acts = {"release": release, "tone": tone, "spill": spill, "transfer": transfer}
    try:
        came: object = acts[sys.argv[1]](*sys.argv[2:])
    except (OSError, TimeoutError) as error:
        came = {"error": repr(error), "channels": asterisk("core show channels concise")}
    print(json.dumps(came))

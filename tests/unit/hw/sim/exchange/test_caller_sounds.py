"""What the simulated exchange plays is what a telephone understands."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from linebox.hw.sim.exchange import sound
from linebox.hw.sim.exchange.callerid import FSK, Scheme, burst, message
from linebox.hw.sim.exchange.digits import Digits

AT = datetime(2026, 11, 23, 8, 5, tzinfo=UTC)


def heard(keys: bytes, block: int = 160) -> str:
    digits = Digits()
    return "".join(digits.feed(keys[at : at + block]) for at in range(0, len(keys), block))


def demodulated(burst: bytes, mark_hz: int, space_hz: int) -> bytes:
    """The bytes of a burst, by correlation over each bit from the start bits on."""
    wave = sound.decode(burst)
    width = sound.RATE / 1200

    def bit(at: float) -> int:
        first, last = round(at), round(at + width)
        time = np.arange(first, last) / sound.RATE
        part = wave[first:last]
        mark, space = (
            abs(np.sum(part * np.exp(-2j * np.pi * hz * time))) for hz in (mark_hz, space_hz)
        )
        return int(mark > space)

    at, found = (300 + 180) * width, bytearray()
    while at + 10 * width < len(wave) - 20 * width + width:
        assert bit(at) == 0, "a start bit"
        found.append(sum(bit(at + (place + 1) * width) << place for place in range(8)))
        assert bit(at + 9 * width) == 1, "a stop bit"
        at += 10 * width
    return bytes(found)


@pytest.mark.req("DIA-6")
def test_a_law_is_the_nearest_step_and_comes_back() -> None:
    assert sound.encode(np.array([0.0])) == bytes([sound.SILENCE])
    every = bytes(range(256))
    assert sound.encode(sound.decode(every)) == every
    wave = np.linspace(-2000, 2000, 4001)
    assert np.max(np.abs(sound.decode(sound.encode(wave)) - wave)) <= 32


@pytest.mark.req("DIA-6")
@pytest.mark.parametrize("on_s", [0.06, 0.07, 0.1])
def test_keys_are_heard_as_they_were_played(on_s: float) -> None:
    keys = "0123456789*#ABCD"
    played = sound.silence(0.21) + sound.dtmf(keys, on_s=on_s, off_s=on_s) + sound.silence(0.1)
    assert heard(played) == keys
    assert heard(played, block=1024) == keys


@pytest.mark.req("DIA-6")
def test_tones_and_speechlike_noise_are_no_keys() -> None:
    noise = np.random.default_rng(1).normal(0, 4000, 3 * sound.RATE)
    assert heard(sound.encode(noise)) == ""
    assert heard(sound.tone(2.0, (450, -10))) == ""
    assert heard(sound.cadence(sound.BUSY) * 4) == ""


@pytest.mark.req("TEL-2")
@pytest.mark.parametrize("single", [False, True])
def test_a_message_adds_up_to_nothing(single: bool) -> None:
    whole = message("13800138000", None if single else "LI", AT, single=single)
    assert sum(whole) % 256 == 0
    assert whole[1] == len(whole) - 3
    assert b"11230805" in whole and b"13800138000" in whole


@pytest.mark.req("TEL-2")
def test_a_withheld_number_is_said_to_be_private() -> None:
    assert message(None, None, AT, single=False).endswith(
        b"\x04\x01P" + message(None, None, AT, single=False)[-1:]
    )


@pytest.mark.req("TEL-2")
@pytest.mark.parametrize(
    ("scheme", "mark_hz", "space_hz"),
    [(Scheme.FSK, 1200, 2200), (Scheme.FSK_SDMF, 1200, 2200), (Scheme.FSK_V23, 1300, 2100)],
)
def test_a_burst_is_read_bit_by_bit(scheme: Scheme, mark_hz: int, space_hz: int) -> None:
    assert scheme in FSK
    single = scheme is Scheme.FSK_SDMF
    read = demodulated(burst(scheme, "01066668888", None, AT), mark_hz, space_hz)
    assert read == message("01066668888", None, AT, single=single)


@pytest.mark.req("TEL-2")
def test_keys_of_a_number_stand_between_d_and_c() -> None:
    assert heard(burst(Scheme.DTMF_BEFORE, "13800138000", None, AT)) == "D13800138000C"
    assert burst(Scheme.NONE, "13800138000", None, AT) == b""

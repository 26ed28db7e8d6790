"""The head that makes a raw recording a WAV file (RIFF, "WAVEFORMATEX" without extension)."""

from __future__ import annotations

import struct

_RATE_HZ, _CHANNELS, _BYTES = 8000, 2, 2


def head(size_bytes: int) -> bytes:
    """44 bytes to stand before ``size_bytes`` of 16-bit little-endian 8 kHz stereo."""
    frame = _CHANNELS * _BYTES
    kind = struct.pack("<HHIIHH", 1, _CHANNELS, _RATE_HZ, _RATE_HZ * frame, frame, _BYTES * 8)
    size = min(size_bytes, 0xFFFFFFFF - 36)
    return (
        b"RIFF"
        + struct.pack("<I", 36 + size)
        + b"WAVEfmt "
        + struct.pack("<I", len(kind))
        + kind
        + b"data"
        + struct.pack("<I", size)
    )

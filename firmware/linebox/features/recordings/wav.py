"""Heads that make what the disk holds without one a WAV file (RIFF, "WAVEFORMATEX")."""

from __future__ import annotations

import struct

_RATE_HZ, _CHANNELS, _BYTES = 8000, 2, 2


def head(size_bytes: int) -> bytes:
    """44 bytes to stand before ``size_bytes`` of 16-bit little-endian 8 kHz stereo."""
    frame = _CHANNELS * _BYTES
    kind = struct.pack("<HHIIHH", 1, _CHANNELS, _RATE_HZ, _RATE_HZ * frame, frame, _BYTES * 8)
    return _riff(_chunk(b"fmt ", kind), size_bytes)


def head_alaw(size_bytes: int) -> bytes:
    """58 bytes to stand before ``size_bytes`` of 8 kHz A-law of one channel."""
    kind = struct.pack("<HHIIHHH", 6, 1, _RATE_HZ, _RATE_HZ, 1, 8, 0)
    return _riff(_chunk(b"fmt ", kind) + _chunk(b"fact", struct.pack("<I", size_bytes)), size_bytes)


def _riff(chunks: bytes, size_bytes: int) -> bytes:
    size = min(size_bytes, 0xFFFFFFFF - 12 - len(chunks))
    body = b"WAVE" + chunks + b"data" + struct.pack("<I", size)
    return b"RIFF" + struct.pack("<I", len(body) + size) + body


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body

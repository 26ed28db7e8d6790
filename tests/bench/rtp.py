"""Gaps in RTP streams of a capture, read without a library: a pcap is a header and packets."""

from __future__ import annotations

import struct
from pathlib import Path

_LINK_SLL, _LINK_SLL2, _ETHERNET = 113, 276, 1
_IP_AT = {_ETHERNET: 14, _LINK_SLL: 16, _LINK_SLL2: 20}


def late_frames(capture: Path, *, over_s: float) -> tuple[int, int]:
    """(frames, gaps): all RTP packets, and how often the next of a stream came later than ``over_s``.

    A stream is a destination port and an SSRC; a gap after a marker bit (a new talk spurt) doesn't count.
    """
    data = capture.read_bytes()
    order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    nano = data[:4] in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d")
    ip_at = _IP_AT[struct.unpack_from(order + "I", data, 20)[0]]
    last: dict[tuple[int, int], float] = {}
    at, frames, gaps = 24, 0, 0
    while at + 16 <= len(data):
        seconds, fraction, size, _ = struct.unpack_from(order + "IIII", data, at)
        packet = data[at + 16 : at + 16 + size]
        at += 16 + size
        moment = seconds + fraction / (1e9 if nano else 1e6)
        udp_at = ip_at + (packet[ip_at] & 0x0F) * 4
        if len(packet) < udp_at + 20 or packet[udp_at + 8] >> 6 != 2:
            continue
        port = struct.unpack_from(">H", packet, udp_at + 2)[0]
        kind, ssrc = packet[udp_at + 9], struct.unpack_from(">I", packet, udp_at + 16)[0]
        if kind & 0x7F != 8:  # A-law; keys and comfort noise have rhythms of their own
            continue
        frames += 1
        key = (port, ssrc)
        if key in last and not kind & 0x80 and moment - last[key] > over_s:
            gaps += 1
        last[key] = moment
    return frames, gaps

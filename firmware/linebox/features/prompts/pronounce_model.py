"""Makes the voice model tell how long each symbol lasts (run once, by ``image/voice``).

Kokoro-82M says a Mandarin syllable that stands alone without its tone; at the end of a carrier
phrase it has it. To cut it out there, one must know where it begins: the model reckons that itself
(frames of 25 ms for each token), and this adds it to the model's outputs.

``python3 -m linebox.features.prompts.pronounce_model IN.onnx OUT.onnx``. The file is edited as
protocol buffers (onnx.proto3): ModelProto.graph gets one more ``output``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

DURATIONS: Final = "/encoder/Clip_output_0"
"""Frames per token, float [1, n]."""
GRAPH: Final = 7
OUTPUT: Final = 12


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def fields(data: memoryview) -> Iterator[tuple[int, memoryview, memoryview | None]]:
    """Number, the field's own bytes, and its content if it has a length. ValueError if torn."""
    at = 0
    while at < len(data):
        start = at
        tag, at = read_varint(data, at)
        content = None
        match tag & 7:
            case 0:
                _, at = read_varint(data, at)
            case 1:
                at += 8
            case 2:
                length, at = read_varint(data, at)
                content = data[at : at + length]
                at += length
            case 5:
                at += 4
            case _:
                raise ValueError(f"not an ONNX file: field type {tag & 7}")
        if at > len(data):
            raise ValueError("not an ONNX file: ends within a field")
        yield tag >> 3, data[start:at], content


def block(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def telling(model: bytes) -> bytes:
    """Raises ValueError if the model isn't the one this is made for."""
    if DURATIONS.encode() not in model:
        raise ValueError(f"the model has no {DURATIONS}")
    out: list[bytes | memoryview] = []
    for number, whole, content in fields(memoryview(model)):
        if number == GRAPH and content is not None:
            output = block(OUTPUT, block(1, DURATIONS.encode()))
            out += [varint(GRAPH << 3 | 2), varint(len(content) + len(output)), content, output]
        else:
            out.append(whole)
    return b"".join(out)


def main() -> int:
    source, target = map(Path, sys.argv[1:3])
    target.write_bytes(telling(source.read_bytes()))
    return 0


if __name__ == "__main__":
    sys.exit(main())

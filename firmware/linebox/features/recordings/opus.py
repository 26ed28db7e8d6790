"""From Asterisk's raw recordings to Opus, by opus-tools, at the lowest priority."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
from asyncio.subprocess import DEVNULL, PIPE
from dataclasses import dataclass
from pathlib import Path

from linebox.base.errors import LineboxError
from linebox.base.files import put_in_place
from linebox.features.recordings.peaks import Meter, Peaks

#: MixMonitor(x.raw,D): 8000 Hz, 16 bits, two channels.
RAW_BYTES_PER_S = 8000 * 2 * 2
#: The two lengths may differ by one frame (60 ms).
_FRAME_BYTES = RAW_BYTES_PER_S * 60 // 1000
#: ``--speech``: without it a side that is silent hears the other at −23 dB, with it at −56 dB
#: (measured).
_ENCODE = (
    *("opusenc", "--quiet", "--raw", "--raw-rate", "8000", "--raw-chan", "2", "--raw-bits", "16"),
    *("--speech", "--bitrate", "24", "--comp", "5", "--framesize", "60"),
)
_DECODE = ("opusdec", "--quiet", "--rate", "8000", "--force-stereo")
#: The tool dies with us: else it would go on after a kill -9, and another run would do the same
#: work.
_LOWEST = ("setpriv", "--pdeathsig", "KILL", "nice", "-n", "19")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opus:
    """What is known of a converted file; ``sha256`` in hex."""

    duration_s: float
    size_bytes: int
    sha256: str
    peaks: Peaks


async def encode(raw: Path, opus: Path) -> Opus:
    """Write ``opus`` from ``raw`` and prove that it decodes to the same length.

    ``opus`` appears under its name only when it is whole and on the disk; its two sides stay apart.
    Raises ``LineboxError``: ``opus-failed`` (the tool), ``opus-length`` (it isn't all there).
    """
    part = opus.with_name(f".{opus.name}.{secrets.token_hex(4)}.part")
    length = await asyncio.to_thread(_size, raw) // 4 * 4
    try:
        await _run(*_ENCODE, str(raw), str(part), limit_s=60 + length / RAW_BYTES_PER_S)
        made = await check(part)
        if abs(made.duration_s * RAW_BYTES_PER_S - length) > _FRAME_BYTES:
            raise LineboxError("opus-length", raw=length / RAW_BYTES_PER_S, opus=made.duration_s)
        await asyncio.to_thread(put_in_place, part, opus)
    finally:
        part.unlink(missing_ok=True)
    return made


async def check(opus: Path) -> Opus:
    """Decode a file to its end, and see how loud it is. Raises ``LineboxError("opus-failed")``."""
    process = await asyncio.create_subprocess_exec(
        *_LOWEST, *_DECODE, str(opus), "-", stdin=DEVNULL, stdout=PIPE, stderr=PIPE
    )
    assert process.stdout is not None
    meter, length, size = Meter(), 0, await asyncio.to_thread(_size, opus)
    try:
        async with asyncio.timeout(60 + size / 3000):
            while data := await process.stdout.read(1 << 16):
                length += len(data)
                meter.feed(data)
            _, said = await process.communicate()
    finally:
        await _ended(process)
    if process.returncode or not length:
        raise LineboxError("opus-failed", what="decode", said=said.decode(errors="replace")[-200:])
    digest = await asyncio.to_thread(_digest, opus)
    return Opus(
        duration_s=length / RAW_BYTES_PER_S, size_bytes=size, sha256=digest, peaks=meter.read()
    )


async def _run(*command: str, limit_s: float) -> None:
    process = await asyncio.create_subprocess_exec(
        *_LOWEST, *command, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
    )
    try:
        async with asyncio.timeout(limit_s):
            _, said = await process.communicate()
    finally:
        await _ended(process)
    if process.returncode:
        raise LineboxError(
            "opus-failed", what=command[0], said=said.decode(errors="replace")[-200:]
        )


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Leave no process behind, whatever happened."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _size(file: Path) -> int:
    return file.stat().st_size


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

"""Callers and phones by SIPp for the benches, on addresses of their own on the boxes' bridge."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fixtures.boxes import host

SCENARIOS = Path(__file__).parent / "sipp"
CALLERS, PHONES = 2, 3  # last bytes of the addresses: the trunk under test, the agents' phones


@contextmanager
def addresses(net: str) -> Iterator[None]:
    """Two more addresses on the bridge; a trunk is known by its address, so phones need another."""
    bridge = next(
        words[1]
        for line in host("ip", "-o", "-4", "address", "show").stdout.splitlines()
        if f" {net}.1/" in line
        for words in [line.split()]
    )
    for last in (CALLERS, PHONES):
        host("ip", "address", "replace", f"{net}.{last}/24", "dev", bridge)
    try:
        yield
    finally:
        for last in (CALLERS, PHONES):
            host("ip", "address", "del", f"{net}.{last}/24", "dev", bridge, check=False)


def register(
    net: str, box: str, extension: str, secret: str, port: int, *, expires_s: int = 3600
) -> None:
    """REGISTER ``extension`` at ``box`` with a contact at the phones' SIPp (RFC 3261 10, 22.4)."""
    address = f"{net}.{PHONES}"
    call_id, tag = uuid.uuid4().hex, uuid.uuid4().hex[:8]

    def message(cseq: int, authorization: str) -> bytes:
        return (
            f"REGISTER sip:{box} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {address}:{own};branch=z9hG4bK{uuid.uuid4().hex}\r\n"
            f"From: <sip:{extension}@{box}>;tag={tag}\r\nTo: <sip:{extension}@{box}>\r\n"
            f"Call-ID: {call_id}\r\nCSeq: {cseq} REGISTER\r\nMax-Forwards: 70\r\n"
            f"Contact: <sip:{extension}@{address}:{port}>;expires={expires_s}\r\n{authorization}Content-Length: 0\r\n\r\n"
        ).encode()

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((address, 0))
        own = sock.getsockname()[1]
        sock.settimeout(1)
        authorization = ""
        for cseq in (1, 2):
            answer = _asked(sock, message(cseq, authorization), (box, 5060))
            if answer.startswith("SIP/2.0 200"):
                return
            fields = dict(re.findall(r'(\w+)="([^"]*)"', answer))
            if not answer.startswith("SIP/2.0 401") or not fields:
                break
            authorization = _digest(extension, secret, f"sip:{box}", fields)
    raise AssertionError(f"{extension} not registered: {answer.partition(chr(13))[0]!r}")


def _asked(sock: socket.socket, request: bytes, peer: tuple[str, int]) -> str:
    """The answer to a request, sent again each second; "" after five."""
    for _ in range(5):
        sock.sendto(request, peer)
        try:
            return sock.recv(65535).decode(errors="replace")
        except TimeoutError:
            continue
    return ""


def _digest(user: str, secret: str, uri: str, asked: dict[str, str]) -> str:
    def md5(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    first = md5(f"{user}:{asked['realm']}:{secret}")
    response = md5(f"{first}:{asked['nonce']}:00000001:beef:auth:{md5(f'REGISTER:{uri}')}")
    return (
        f'Authorization: Digest username="{user}", realm="{asked["realm"]}", nonce="{asked["nonce"]}", uri="{uri}",'
        f' response="{response}", algorithm=MD5, qop=auth, nc=00000001, cnonce="beef"'
        + (f', opaque="{asked["opaque"]}"' if "opaque" in asked else "")
        + "\r\n"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When the caller presses keys, in ms: 1 after the answer, then the rating after the 1."""

    key1_ms: int
    rate_ms: int
    talk_ms: int


def _filled(name: str, folder: Path, **values: object) -> Path:
    text = (SCENARIOS / name).read_text()
    for key, value in values.items():
        text = text.replace(f"@{key}@", str(value))
    path = folder / name
    path.write_text(text)
    return path


def stream(file: Path) -> str:
    """The step of a scenario that sends an A-law file as RTP, over and over."""
    return f'<nop><action><exec rtp_stream="{file},-1,8,PCMA/8000"/></action></nop>'


def speech(folder: Path, seconds: int = 10) -> Path:
    """A-law sound to talk with: noise in the rhythm of syllables, enough to be recorded."""
    path = folder / "speech.alaw"
    subprocess.run(
        ["sox", "-n", "-r", "8000", "-c", "1", "-e", "a-law", "-t", "al", path, "synth", str(seconds), "pinknoise", "tremolo", "4", "80"],
        check=True,
    )  # fmt: skip
    return path


class Load:
    """SIPp processes of one bench; all end with the context."""

    def __init__(self, net: str, box: str) -> None:
        self.net, self.box = net, box
        self.folder = Path(tempfile.mkdtemp(prefix="lb-load-"))
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Load:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._running:
            process.kill()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def phones(
        self,
        timing: Timing,
        *,
        port: int = 6000,
        media: int = 20000,
        audio: str = "",
        echo: bool = False,
    ) -> int:
        """One SIPp that answers every INVITE to ``port``; returns the port. ``echo``: it sends back
        whatever sound it gets, and no other."""
        scenario = _filled("agent.xml", self.folder, TALK_MS=timing.talk_ms, AUDIO=audio)
        self._start(
            "phones", scenario, PHONES, port, media, "-aa", *(["-rtp_echo"] if echo else [])
        )
        return port

    def _command(self, scenario: Path, last: int, port: int, media: int, *more: str) -> list[str]:
        address = f"{self.net}.{last}"
        return [
            "sipp", f"{self.box}:5060", "-sf", str(scenario), "-i", address, "-mi", address, "-p", str(port), "-mp", str(media),
            "-nostdin", "-trace_err", "-error_file", str(self.folder / f"{scenario.stem}.err"), *more,
        ]  # fmt: skip

    def _start(
        self, name: str, scenario: Path, last: int, port: int, media: int, *more: str
    ) -> None:
        log = (self.folder / f"{name}.log").open("wb")
        process = subprocess.Popen(
            self._command(scenario, last, port, media, *more), stdout=log, stderr=log, cwd=self.folder,
            env={**os.environ, "TERM": "dumb"},
        )  # fmt: skip
        self._running.append(process)

    def callers(
        self,
        timing: Timing,
        *,
        did: str,
        calls: int,
        per_s: float,
        at_once: int = 200,
        audio: str = "",
    ) -> tuple[int, int]:
        """Place calls and wait for all to end; (complete, failed) as SIPp counts them."""
        scenario = _filled(
            "caller.xml", self.folder, DID=did, KEY1_MS=timing.key1_ms, RATE_MS=timing.rate_ms, AUDIO=audio,
        )  # fmt: skip
        stat = self.folder / "callers.csv"
        stat.unlink(missing_ok=True)
        rate = ("-r", str(int(per_s))) if per_s >= 1 else ("-r", "1", "-rp", str(int(1000 / per_s)))
        subprocess.run(
            self._command(
                scenario, CALLERS, 5070, 30000, *rate, "-m", str(calls), "-l", str(at_once), "-trace_stat", "-stf", str(stat), "-fd", "1",
                "-timeout", "240s",
            ),
            capture_output=True, cwd=self.folder, env={**os.environ, "TERM": "dumb"}, timeout=300, check=False,
        )  # fmt: skip
        lines = stat.read_text().splitlines()
        last = dict(zip(lines[0].split(";"), lines[-1].split(";"), strict=False))
        complete, failed = int(last["SuccessfulCall(C)"]), int(last["FailedCall(C)"])
        if failed:
            errors = self.folder / "caller.err"
            print(
                errors.read_text()[:2000] if errors.exists() else "no word of SIPp's",
                file=sys.stderr,
            )
        return complete, failed

"""What a call costs on the box against the same Asterisk with a bare dialplan (issue 2, section 6).

Rounds alternate between the two, each of the same calls by the same SIPp; all CPU time of all
processes of the container counts, read from its control group.
"""

from __future__ import annotations

import socket
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench import bare, cel_bench
from bench.load import CALLERS, PHONES, Load, Timing, addresses, register, speech, stream
from bench.rows import Row
from bench.rtp import late_frames
from fixtures.boxes import Box, box, until
from fixtures.sip_raw import RawCaller
from fixtures.site import DID

AGENTS = 70
FIRST_AGENT = 2100
#: Keys and talk of section 3: the greeting, key 1, 5 s of talk, the rating.
TALK_MS = 5000
ROUNDS, CALLS, PER_S = 3, 100, 4.0
#: After a round's last call: by then it must be filed, or what it costs isn't all counted.
FILED_S = 6.0
#: Calls before the first round, not counted: prompts read once, connections opened.
WARM_UP = 20


def used_s(one: Box) -> float:
    """CPU seconds of every process the container has had."""
    text = (one.root / "sys/fs/cgroup/cpu.stat").read_text()
    return int(text.split("usage_usec ")[1].split()[0]) / 1e6


def used_by_unit_s(one: Box) -> dict[str, float]:
    """The same by systemd unit."""
    return {
        folder.name: int((folder / "cpu.stat").read_text().split("usage_usec ")[1].split()[0]) / 1e6
        for folder in (one.root / "sys/fs/cgroup/system.slice").iterdir()
        if folder.name.endswith(".service")
    }


def agents(one: Box, net: str, port: int) -> None:
    """70 agents at SIPp phones in group 1, and the load's trunk; applied as a generation."""
    values = ",".join(f"('{8100 + n}', 'x', '{n:032x}')" for n in range(AGENTS))
    people = ",".join(f"('{2100 + n}', '坐席', '{n:016x}', '{n:040x}')" for n in range(AGENTS))
    joins = ",".join(f"(1, '{2100 + n}', 0)" for n in range(AGENTS))
    sql = (
        "BEGIN; DELETE FROM group_agents WHERE group_id = 1;"
        f"INSERT INTO extensions (number, name, secret) VALUES {values} ON CONFLICT DO NOTHING;"
        f"INSERT INTO agents (number, name, pin_salt, pin_hash) VALUES {people} ON CONFLICT DO NOTHING;"
        f"INSERT INTO group_agents (group_id, agent, penalty) VALUES {joins} ON CONFLICT DO NOTHING;"
        f"INSERT INTO trunks (name, host, max_calls) SELECT 'load', '{net}.{CALLERS}', 500 WHERE NOT EXISTS (SELECT FROM trunks WHERE name = 'load');"
        "UPDATE groups SET wrapup_s = 0 WHERE id = 1; COMMIT"
    )
    one.sh("psql", "-qU", "postgres", "-v", "ON_ERROR_STOP=1", "linebox", stdin=sql)
    one.sh("linebox", "apply", timeout_s=120)
    for n in range(AGENTS):
        register(net, one.address, str(8100 + n), f"{n:032x}", port)
        one.asterisk(f"database put lb-who {8100 + n} {2100 + n}")
        one.asterisk(
            f"queue add member PJSIP/{8100 + n} to g1 penalty 0 as agent-{2100 + n} state_interface PJSIP/{8100 + n}"
        )


def seconds(one: Box, *sounds: str) -> float:
    """How long these built-in sounds last together (A-law: 8000 bytes a second)."""
    return (
        sum((one.root / f"usr/share/linebox/sounds/zh/{s}.alaw").stat().st_size for s in sounds)
        / 8000
    )


def start_bare(plain: Box, ours: Box, net: str) -> None:
    """The bare Asterisk beside the box: its trunk, its phones, its queue, its words."""
    phones = {str(8100 + n): f"{8100 + n}@{net}.{PHONES}:6001" for n in range(AGENTS)}
    bare.write(plain, like=ours, contacts={"trunk-load": f"{net}.{CALLERS}:5070", **phones})
    plain.up()
    bare.start(plain)
    said = (ours.data / f"astdata/sounds/zh_{FIRST_AGENT}/lb/staff.alaw").read_bytes()
    (plain.data / "astdata/sounds/zh/bench-staff.alaw").write_bytes(said)


@contextmanager
def site() -> Iterator[tuple[Box, Box, str]]:
    """A fresh box, and a fresh container for the bare Asterisk on the same bridge."""
    ours, plain = box(), bare.bare_box()
    for one in (ours, plain):
        one.down()
        one.reset()
    ours.up()
    net = ours.address.rpartition(".")[0]
    until("the box answers", ours.booted, within_s=90)
    until(
        "the box's settings are there",
        lambda: ours.value("SELECT count(*) FROM generations WHERE state = 'current'"),
        within_s=60,
    )
    try:
        with addresses(net):
            yield ours, plain, net
    finally:
        for one in (ours, plain):
            one.down()


def settled(ours: Box) -> None:
    """Nothing left to file: what a call costs later counts as well."""
    until(
        "all filed",
        lambda: (
            ours.value("SELECT count(*) FROM calls WHERE result = 'open'") == 0
            and ours.channels() == 0
        ),
        within_s=120,
        every_s=1,
    )
    time.sleep(3)


@dataclass(frozen=True, slots=True)
class Spent:
    """CPU of a call in ms: each round's, box and bare; and the box's of all rounds by systemd unit."""

    box: list[float]
    bare: list[float]
    units: dict[str, float]

    @property
    def ratio(self) -> float:
        return statistics.median(self.box) / statistics.median(self.bare)

    def unit_rows(self, prefix: str) -> list[Row]:
        """What every unit had that counts, the greatest first."""
        return [
            Row(name=f"{prefix}-{unit.removesuffix('.service')}-ms", value=ms, unit="ms/call")
            for unit, ms in sorted(self.units.items(), key=lambda pair: -pair[1])
            if ms > 0.2
        ]


def timing(ours: Box, *, talk_ms: int = TALK_MS) -> Timing:
    """Key 1 once the greeting has been heard, the rating once the agent has hung up."""
    welcome_ms = int(seconds(ours, "lb/welcome") * 1000)
    return Timing(key1_ms=welcome_ms + 800, rate_ms=talk_ms + 4500, talk_ms=talk_ms)


def spend(ours: Box, plain: Box, net: str, *, rounds: int = ROUNDS) -> Spent:
    """Rounds of the same calls, alternated; ``agents`` and ``start_bare`` were called."""
    when = timing(ours)
    spent: dict[str, list[float]] = {"box": [], "bare": []}
    by_unit: dict[str, float] = {}
    rated = "SELECT count(*) FROM calls WHERE rating = 5"
    with Load(net, ours.address) as load, Load(net, plain.address) as bare_load:
        load.phones(when, port=6000)
        bare_load.phones(when, port=6001, media=24000)
        filed = ours.value(rated) + WARM_UP
        for run in (bare_load, load):
            run.callers(when, did=DID, calls=WARM_UP, per_s=PER_S)
        settled(ours)
        for _ in range(rounds):
            for name, one, run in (("bare", plain, bare_load), ("box", ours, load)):
                before, units = used_s(one), used_by_unit_s(one)
                complete, failed = run.callers(when, did=DID, calls=CALLS, per_s=PER_S)
                time.sleep(FILED_S)  # both rest for as long, and looking costs neither
                used, used_by = used_s(one) - before, used_by_unit_s(one)
                assert failed == 0 and complete == CALLS, (name, complete, failed)
                spent[name].append(used / CALLS * 1000)
                if one is ours:
                    filed += CALLS
                    assert ours.value(rated) == filed
                    for unit, seconds_used in used_by.items():
                        had = (seconds_used - units.get(unit, 0)) / CALLS / rounds * 1000
                        by_unit[unit] = by_unit.get(unit, 0) + had
    return Spent(spent["box"], spent["bare"], by_unit)


def cpu_ratio(ours: Box, plain: Box, net: str) -> list[Row]:
    """CPU of a call, box against bare, alternated."""
    agents(ours, net, 6000)
    start_bare(plain, ours, net)
    spent = spend(ours, plain, net)
    what = f"{ROUNDS} rounds of {CALLS} calls; Opus is made later"
    return [
        Row(name="call-cpu-ratio", value=spent.ratio, unit="×bare", limit=1.4, note=what),
        *(
            Row(name=name, value=statistics.median(each), unit="ms/call", note=rounded(each))
            for name, each in (("call-cpu-box-ms", spent.box), ("call-cpu-bare-ms", spent.bare))
        ),
        *spent.unit_rows("call-cpu"),
    ]


def rounded(values: list[float]) -> str:
    return str([round(value, 1) for value in values])


def late(ours: Box, plain: Box, net: str) -> list[Row]:
    """60 recorded calls at once for 60 s with sound both ways: gaps over 40 ms in what each Asterisk sends."""
    when = timing(ours, talk_ms=60000)
    found: dict[str, float] = {}
    for name, one, port, media in (("bare", plain, 6001, 24000), ("box", ours, 6000, 20000)):
        with Load(net, one.address) as load:
            sound = stream(speech(load.folder))
            load.phones(when, port=port, media=media, audio=sound)
            capture = load.folder / "rtp.pcap"
            tcpdump = subprocess.Popen(
                ["tcpdump", "-qni", "any", "-s", "60", "-w", capture, f"udp and src {one.address} and dst {net}.{CALLERS} and portrange 30000-32000"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            complete, failed = load.callers(when, did=DID, calls=60, per_s=6, audio=sound)
            tcpdump.terminate()
            tcpdump.wait()
            assert failed == 0 and complete == 60, (name, complete, failed)
            frames, gaps = late_frames(capture, over_s=0.040)
            found[name] = gaps / frames * 1e6
            found[name + "-gaps"] = gaps
    ratio = (found["box"] + 1) / (found["bare"] + 1)
    note = f"gaps over 40 ms: box {found['box-gaps']:.0f}, bare {found['bare-gaps']:.0f} (per million +1)"
    return [Row(name="late-frames-ratio", value=ratio, unit="×bare", limit=1.1, note=note)]


def memory(ours: Box) -> list[Row]:
    """PSS of every Python process of the box, after the calls of the benches before."""
    rows, total = [], 0.0
    calls = ours.value("SELECT count(*) FROM calls")
    for folder in Path(f"/proc/{ours.pid}/root/proc").iterdir():
        with suppress(OSError):
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if b"linebox.daemons" in b" ".join(words[1:3]):
                text = (folder / "smaps_rollup").read_text()
                mb = (
                    int(
                        next(
                            line.split()[1] for line in text.splitlines() if line.startswith("Pss:")
                        )
                    )
                    / 1024
                )
                rows.append(
                    Row(
                        name=f"memory-{words[2].decode().rpartition('.')[2]}-mb",
                        value=mb,
                        unit="MB",
                    )
                )
                total += mb
    return [
        Row(
            name="memory-python-mb", value=total, unit="MB", limit=350, note=f"after {calls} calls"
        ),
        *rows,
    ]


def start_to_first_call(ours: Box, net: str) -> list[Row]:
    """From the container's start to a call answered, on a box that was set up before."""
    ours.down()
    caller = f"{net}.{CALLERS}"
    answered: list[float] = []

    def call() -> None:
        while not _answers(caller, ours.address):
            time.sleep(0.05)
        raw = RawCaller(ours.address, local=caller)
        if raw.call(DID, talk_s=0.2, answer_s=20).answered:
            answered.append(time.monotonic())
        raw.close()

    thread = threading.Thread(target=call)
    began = time.monotonic()
    thread.start()
    ours.up()
    thread.join(60)
    assert answered, "no call was answered"
    return [Row(name="start-to-first-call-s", value=answered[0] - 0.2 - began, unit="s", limit=10)]


def _answers(local: str, address: str) -> bool:
    """Whether SIP is answered at all."""
    request = (
        f"OPTIONS sip:{address} SIP/2.0\r\nVia: SIP/2.0/UDP {local}:5099;branch=z9hG4bK{time.time_ns()}\r\n"
        f"From: <sip:x@{local}>;tag=1\r\nTo: <sip:{address}>\r\nCall-ID: {time.time_ns()}\r\nCSeq: 1 OPTIONS\r\n"
        "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    ).encode()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((local, 5099))
        sock.settimeout(0.1)
        try:
            sock.sendto(request, (address, 5060))
            return bool(sock.recv(2000))
        except OSError:
            return False


def rows() -> Iterator[Row]:
    """Every figure of calls, each as soon as it is known."""
    with site() as (ours, plain, net):
        yield from cpu_ratio(ours, plain, net)
        yield from memory(ours)
        yield from late(ours, plain, net)
        yield from cel_bench.measure(ours)
        yield from start_to_first_call(ours, net)

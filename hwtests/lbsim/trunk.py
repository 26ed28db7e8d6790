"""An E1: calls, alarms, counters, loops, its bytes."""

from __future__ import annotations

import fcntl
import os
import re
import struct
import time
from contextlib import suppress
from pathlib import Path

from lines import DRIVER, LOG, RUN, SYS, asterisk, busy, configure, run, span, until


def audio() -> object:
    """Bytes written at one end, as read at the other: an E1's channel through, clear."""
    (_, b), (_, x) = span("LBE1/BOX/0"), span("LBE1/EXCH/0")
    asterisk("module unload chan_dahdi.so")
    sent = bytes((i * 7 + (i >> 8) * 13) & 0xFF for i in range(16000))
    heard = bytearray()
    ends = []
    for channel in (b, x):
        file = os.open("/dev/dahdi/channel", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(file, 0x4004DA26, struct.pack("i", channel))
        fcntl.ioctl(file, 0x4018DA1B, struct.pack("6i", 0, 0, 32, 1024, 0, 0))  # DAHDI_SET_BUFINFO
        ends.append(file)
    at, end = 0, time.monotonic() + 30
    while len(heard) < 30000 and time.monotonic() < end:
        with suppress(OSError):  # no room, or an event waits
            at += os.write(ends[0], sent[at : at + 1024]) if at < len(sent) else 0
        try:
            heard += os.read(ends[1], 1024)
        except OSError:
            time.sleep(0.005)
    for file in ends:
        os.close(file)
    asterisk("module load chan_dahdi.so")
    return {"sent": len(sent), "whole": sent in bytes(heard)}


#: struct dahdi_spaninfo, user.h (packed): where its numbers are
SPANINFO_BYTES, NUMBERS = (
    314,
    {
        "alarms": 64,
        "bpv": 76,
        "crc4": 80,
        "ebit": 84,
        "fas": 88,
        "be": 100,
        "prbs": 104,
        "syncsrc": 116,
    },
)
#: user.h, DAHDI_ALARM_*
ALARMS = {
    1: "recover",
    2: "loopback",
    4: "yellow",
    8: "red",
    16: "blue",
    32: "notopen",
    256: "los",
    512: "lfa",
    1024: "lmfa",
}
MAINT = {
    "none": 0,
    "local": 1,
    "network": 2,
    "fas": 6,
    "crc4": 8,
    "bpv": 11,
    "prbs": 12,
    "be": 10,
    "reset": 14,
}


def control(command: int, buffer: bytearray) -> bytearray:
    file = os.open("/dev/dahdi/ctl", os.O_RDWR)
    try:
        fcntl.ioctl(file, command, buffer)
    finally:
        os.close(file)
    return buffer


def stat(name: str) -> dict[str, int]:
    buffer = control(
        0xC13ADA0A, bytearray(struct.pack("i", span(name)[0]).ljust(SPANINFO_BYTES, b"\0"))
    )
    return {what: struct.unpack_from("i", buffer, at)[0] for what, at in NUMBERS.items()}


def alarms(name: str) -> list[str]:
    bits = stat(name)["alarms"]
    return [word for bit, word in ALARMS.items() if bits & bit]


def maint(name: str, what: str) -> None:
    control(0x4008DA0B, bytearray(struct.pack("2i", span(name)[0], MAINT[what])))


BOX, EXCHANGE = "LBE1/BOX/0", "LBE1/EXCH/0"


def e1() -> object:
    """A PRI call each way through the trunk."""
    told: dict[str, object] = {
        "up_s": until(lambda: asterisk("pri show spans").count("Up, Active") == 2, 60, 1)
    }
    for group in ("1", "2"):
        number = f"{group}{time.time_ns() % 10**7:07d}"
        asterisk(f"channel originate DAHDI/g{group}/{number} extension s@wait")
        told[f"call_{group}_s"] = until(
            lambda number=number: f"E1 to=[{number}]" in LOG.read_text(), 30, 0.5
        )
        told[f"talks_{group}"] = until(lambda: busy() >= 2, 10)
        asterisk("channel request hangup all")
        told[f"left_{group}"] = until(lambda: busy() == 0, 20)
    return told


def e1_alarms() -> object:
    """Each alarm from its fault, what the other side says then, and its end."""
    told = {}
    trunk = SYS / "e1-1"
    for fault in ("los", "lfa", "ais", "rai"):
        (trunk / "box_fault").write_text(fault)
        rose = until(lambda: {"red", "blue", "yellow"} & set(alarms(BOX)), 10, 0.02)
        until(lambda fault=fault: fault == "rai" or alarms(EXCHANGE), 5, 0.02)
        here, there = alarms(BOX), alarms(EXCHANGE)
        (trunk / "box_fault").write_text("none")
        told[fault] = {
            "rose_s": rose,
            "box": here,
            "exchange": there,
            "gone_s": until(lambda: not alarms(BOX) and not alarms(EXCHANGE), 15, 0.02),
        }
    (DRIVER / "unbind").write_text("lbsim-e1-exchange")
    told["pulled"] = {"rose_s": until(lambda: "los" in alarms(BOX), 10, 0.02)}
    asterisk("module unload chan_dahdi.so")
    (DRIVER / "bind").write_text("lbsim-e1-exchange")
    run("udevadm", "settle")
    configure()
    told["pulled"]["gone_s"] = until(lambda: not alarms(BOX), 15, 0.02)
    asterisk("module load chan_dahdi.so")
    return told


def e1_counters() -> object:
    """Errors counted, sent, reset; slips; loops; the bit error test."""
    trunk = SYS / "e1-1"
    told: dict[str, object] = {}
    for name in (BOX, EXCHANGE):
        maint(name, "reset")
    for what, number in (("bpv", 1), ("crc4", 2), ("ebit", 3), ("fas", 4), ("slips", 5)):
        (trunk / "count").write_text(f"box {what} {number}")
    told["box"] = {
        what: value for what, value in stat(BOX).items() if what in ("bpv", "crc4", "ebit", "fas")
    }
    told["slips"] = slips()
    maint(BOX, "reset")
    told["reset"] = [stat(BOX)[what] for what in ("bpv", "crc4", "ebit", "fas")]
    for what in ("bpv", "crc4", "fas"):
        maint(BOX, what)
    time.sleep(0.3)
    told["defects"] = {
        "exchange": [stat(EXCHANGE)[what] for what in ("bpv", "crc4", "fas")],
        "box_ebit": stat(BOX)["ebit"],
    }
    told["source"] = [stat(BOX)["syncsrc"] == span(BOX)[0], stat(EXCHANGE)["syncsrc"]]
    maint(EXCHANGE, "network")
    maint(BOX, "prbs")
    time.sleep(0.3)
    told["looped"] = {"exchange": alarms(EXCHANGE), "box": alarms(BOX), "prbs": stat(BOX)["prbs"]}
    maint(BOX, "be")
    time.sleep(0.3)
    told["bit_errors"] = stat(BOX)["be"]
    for name in (BOX, EXCHANGE):
        maint(name, "none")
    maint(BOX, "local")
    time.sleep(0.3)
    told["local"] = alarms(BOX)
    maint(BOX, "none")
    told["cleared_s"] = until(lambda: not alarms(BOX) and not alarms(EXCHANGE), 15, 0.02)
    text = (RUN / "system.conf").read_text()
    (RUN / "free.conf").write_text(text.replace(",1,0,ccs", ",0,0,ccs"))
    run("dahdi_cfg", "-c", f"{RUN}/free.conf")
    (trunk / "drift").write_text("1000")
    before = slips()
    time.sleep(3)
    told["drifted"] = slips() - before
    configure()
    before = slips()
    time.sleep(1)
    told["locked"] = slips() - before
    (trunk / "drift").write_text("0")
    return told


def slips() -> int:
    match = re.search(r"Timing slips: (\d+)", Path(f"/proc/dahdi/{span(BOX)[0]}").read_text())
    return int(match[1]) if match else 0

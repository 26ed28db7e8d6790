"""A wire without battery, cut, swapped; its port tuned; its card pulled out."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import struct
import threading
import time
from pathlib import Path

from lines import (
    DRIVER,
    LINE_OF,
    LINES,
    SYS,
    ask,
    asterisk,
    busy,
    channels,
    configure,
    run,
    span,
    until,
    wire,
)


def battery() -> object:
    """Line 2 loses its battery, idle and in a call, and a break of 300 ms ends a call without an alarm."""
    power = SYS / "wire2/battery"
    told: dict[str, object] = {}
    power.write_text("0")
    told["alarm_s"] = until(lambda: wire(2, "alarm") == "red", 10, 0.02)
    told["asterisk_red_s"] = until(lambda: channels().get("2") == "Red Alarm", 20)
    told["voltage"] = int(wire(2, "voltage"))
    power.write_text("1")
    told["back_s"] = until(lambda: wire(2, "alarm") == "none", 10, 0.02)
    told["asterisk_back_s"] = until(lambda: channels().get("2") == "No Alarm", 20)
    for break_s in (0.3, 2.0):
        thread = talking(2)
        power.write_text("0")
        began = time.monotonic()
        free = until(lambda: wire(2, "box") == "onhook", 10, 0.01)
        time.sleep(max(break_s - (time.monotonic() - began), 0))
        alarm = wire(2, "alarm")
        power.write_text("1")
        thread.join()
        told[f"break_{break_s}"] = {"onhook_s": free, "alarm": alarm}
        until(lambda: wire(2, "alarm") == "none", 10)
    told["channels"] = channels()
    return told


def talking(line: int) -> threading.Thread:
    """A call to the box on a line that goes on for a while; returns once the box has answered."""
    scheme = next(name for name, own in LINE_OF.items() if own == line)
    thread = threading.Thread(
        target=ask,
        args=(
            {
                "do": "call",
                "line": line,
                "number": "13900139000",
                "scheme": scheme,
                "talk_s": 60.0,
                "ending": "battery",
            },
        ),
    )
    time.sleep(2.5)
    thread.start()
    until(lambda: wire(line, "box") == "offhook", 40, 0.05)
    time.sleep(1.5)
    return thread


def faults() -> object:
    """What a wire can do besides: voltages, wires swapped, cut and short, the FXO's impedance."""
    told: dict[str, object] = {"idle": int(wire(4, "voltage"))}
    at = SYS / "wire4"
    (at / "swapped").write_text("1")
    told["swapped"] = (wire(4, "polarity"), int(wire(4, "voltage")))
    (at / "swapped").write_text("0")
    (at / "fault").write_text("cut")
    told["cut"] = until(lambda: wire(4, "alarm") == "red", 10, 0.02)
    (at / "fault").write_text("none")
    until(lambda: wire(4, "alarm") == "none", 10)
    refused = {}
    for name, text in (
        ("battery", "2"),
        ("battery", "x"),
        ("swapped", ""),
        ("fault", "broken"),
        ("loss", "401"),
        ("loss", "-1"),
        ("noise", "-5"),
        ("noise", "-71"),
        ("balance", "16"),
    ):
        refused[f"{name}={text}"] = refusal(at / name, text)
    for name, text in (
        ("box_fault", "x"),
        ("drift", "1001"),
        ("count", "box crc4"),
        ("count", "box crc4 0"),
        ("count", "nobody crc4 1"),
        ("count", "box rain 1"),
        ("count", "box crc4 1 2"),
    ):
        refused[f"{name}={text}"] = refusal(SYS / "e1-1" / name, text)
    told["refused"] = refused
    return told


def refusal(path: Path, text: str) -> str:
    try:
        file = os.open(path, os.O_WRONLY)
        try:
            os.write(file, text.encode() + b"\n")
        finally:
            os.close(file)
    except OSError as error:
        return type(error).__name__ if error.errno is None else os.strerror(error.errno)
    return "taken"


def tune() -> object:
    """Impedance, gain and voltages by ioctl on a port that nobody has open: Asterisk gives line 4 up for it."""
    box = span("LBSIM/BOX/0")[1] + 3

    told: dict[str, object] = {}

    def given_up() -> bool:  # not while a call is on it
        told["said"] = asterisk(f"dahdi destroy channels {box}")
        left = channels()  # none at all: Asterisk didn't answer
        return "4" not in left and len(left) == LINES - 1

    told["given_up_s"] = until(given_up, 40, 1)
    if told["given_up_s"] is None:
        return {**told, "shown": asterisk("dahdi show channels"), "calls": busy()}
    file = os.open("/dev/dahdi/channel", os.O_RDWR)
    try:
        told["free_s"] = until(lambda: specified(file, box), 5)
        told["mv"] = struct.unpack("3i", fcntl.ioctl(file, 0x800CDA3C, bytes(12)))[
            0
        ]  # WCTDM_GET_STATS
        fcntl.ioctl(file, 0x4009DA3F, bytes([3, 1, 2, 3, 4, 5, 6, 7, 8]))  # WCTDM_SET_ECHOTUNE
        told["tune"] = wire(4, "tune")
        try:
            fcntl.ioctl(file, 0x4009DA3F, bytes([16] + [0] * 8))
        except OSError as error:
            told["bad_tune"] = os.strerror(error.errno or 0)
        fcntl.ioctl(file, 0x4009DA3F, bytes([15] + [0] * 8))
    finally:
        os.close(file)
    asterisk(f"dahdi create channels {box}")
    told["channels"] = channels()
    return told


def specified(file: int, channel: int) -> bool:
    """Asterisk's monitor keeps a channel it gave up while it waits for events: up to a second."""
    try:
        fcntl.ioctl(file, 0x4004DA26, struct.pack("i", channel))  # DAHDI_SPECIFY
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        return False
    return True


def pull(in_call: str) -> object:
    """The box's card pulled out, idle or with line 1 in a call, and put back."""
    box = span("LBSIM/BOX/0")[1]
    told: dict[str, object] = {}
    thread = talking(1) if in_call == "call" else None
    told["calls_before"] = busy()
    began = time.monotonic()
    (DRIVER / "unbind").write_text("lbsim-box")
    told["unbind_s"] = round(time.monotonic() - began, 2)
    told["calls_over_s"] = until(lambda: busy() == 0, 20)
    if thread is not None:
        thread.join()
    told["out"] = (wire(1, "box"), wire(1, "exchange"))
    asterisk(f"dahdi destroy channels {box} {box + LINES - 1}")
    told["destroyed"] = until(
        lambda: not re.search(rf"^\s*{box}\s", asterisk("dahdi show channels"), re.M), 20
    )
    (DRIVER / "bind").write_text("lbsim-box")
    run("udevadm", "settle")
    configure()
    asterisk(f"dahdi create channels {box} {box + LINES - 1}")
    told["channels"] = channels()
    time.sleep(2)
    answer = ask(
        {"do": "call", "line": 1, "number": f"1380000{begun():04d}", "scheme": "fsk", "talk_s": 1.0}
    )
    told["call"] = answer.get("told")
    return told


def begun() -> int:
    return time.time_ns() // 10**9 % 10000


def pull_exchange() -> object:
    """The exchange's card pulled out: the box's lines lose their battery; back, they work again."""
    (DRIVER / "unbind").write_text("lbsim-exchange")
    told: dict[str, object] = {"red_s": until(lambda: wire(1, "alarm") == "red", 10, 0.02)}
    told["lines"] = ask({"do": "lines"})["told"]
    (DRIVER / "bind").write_text("lbsim-exchange")
    run("udevadm", "settle")
    configure()
    told["back_s"] = until(lambda: wire(1, "alarm") == "none", 10, 0.02)
    told["plugged_s"] = until(plugged, 20)
    return told


def plugged() -> bool:
    lines = ask({"do": "lines"})["told"]
    return isinstance(lines, list) and all(line["plugged"] for line in lines)
